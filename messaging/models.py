"""What leaves the building, what waits in it for its reader, and how each reader wants to be told."""

from datetime import time

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from firms.models import User
from firms.wall import FirmModel


class Notice(FirmModel):
    """An in-app notice to one user. The dedupe key makes it arrive exactly once."""

    user = models.ForeignKey(User, models.CASCADE, db_constraint=False, related_name="+")
    # Which sentence to show (messaging/notices.py) and the values in it: notices are worded when read, in the reader's language.
    kind = models.CharField(max_length=40)
    values = models.JSONField(default=dict)
    url = models.CharField(max_length=300, blank=True)
    dedupe_key = models.CharField(max_length=200)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    # Still unread at this moment, it is e-mailed as well; empty: it only waits in the product.
    mail_at = models.DateTimeField(null=True, editable=False)
    mailed_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-pk",)
        constraints = (models.UniqueConstraint(fields=("firm", "dedupe_key"), name="messaging_notice_once"),)
        indexes = (
            models.Index(fields=("firm", "user"), condition=models.Q(read_at=None), name="messaging_notice_unread"),
            models.Index(
                fields=("firm", "mail_at"), condition=models.Q(mail_at__isnull=False, mailed_at=None, read_at=None), name="messaging_notice_to_mail"
            ),
        )

    def __str__(self) -> str:
        return self.dedupe_key


class OutboxMessage(FirmModel):
    """An e-mail decided in a transaction and sent after it, once."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        HELD = "held", _("Held")
        FAILED = "failed", pgettext_lazy("an e-mail", "Failed")
        DISCARDED = "discarded", _("Discarded")

    to = models.EmailField()
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    # An invitation, as another form of the message (text/calendar).
    calendar = models.TextField(blank=True, default="", db_default="")
    # Beside those that every e-mail has: how to unsubscribe, for instance.
    headers = models.JSONField(default=dict, db_default={})
    # What is uncertain after a crash is held when a client reads it, sent again when a colleague does.
    to_client = models.BooleanField(default=False)
    dedupe_key = models.CharField(max_length=200)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, editable=False)
    # The database session of who is sending it, which holds a lock of this number while it lives (outbox.py).
    sender = models.IntegerField(null=True, editable=False)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    # Who sent a held or failed message again, or discarded it.
    decided_by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("pk",)
        constraints = (models.UniqueConstraint(fields=("firm", "dedupe_key"), name="messaging_outbox_once"),)
        indexes = (
            models.Index(fields=("firm", "id"), condition=models.Q(status__in=["waiting", "sending"]), name="messaging_outbox_due"),
            models.Index(fields=("firm", "id"), condition=models.Q(status__in=["held", "failed"]), name="messaging_outbox_undecided"),
        )

    def __str__(self) -> str:
        return f"{self.to}: {self.subject}"


class Preferences(FirmModel):
    """When and how a person is told. Who has no row is told as the defaults say; hours are those of the person's time zone."""

    user = models.OneToOneField(User, models.CASCADE, db_constraint=False, related_name="preferences")
    digest_by_email = models.BooleanField(default=True)
    digest_at = models.TimeField(default=time(7))
    on_days_off = models.BooleanField(default=False)
    # No e-mail leaves at once between these two; both empty, or the same: at any hour.
    quiet_from = models.TimeField(null=True, blank=True, default=time(20))
    quiet_until = models.TimeField(null=True, blank=True, default=time(7))
    # Kinds of notices (notices.py) that this person does not want by e-mail at once.
    muted_kinds = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.digest_at}"


class Digest(FirmModel):
    """What a person had to know was put together for one of their days: the row is what makes that happen once."""

    user = models.ForeignKey(User, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    day = models.DateField()
    made_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "user", "day"), name="messaging_digest_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.day}"
