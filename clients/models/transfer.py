"""Books that changed hands, so that they can be given back."""

from django.db import models
from django.db.models.functions import Now

from clients.models.client import Client
from firms.models import Job, User
from firms.wall import FirmModel


class Transfer(FirmModel):
    """Clients who went from one book to another in one action, so that it can be taken back."""

    by = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    job = models.ForeignKey(Job, models.SET_NULL, db_constraint=False, db_index=False, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    undone_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.created_at}: {self.by}"


class TransferredClient(FirmModel):
    """One client of a transfer: from whom to whom, and what its companions were (moving.py), for undo."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, db_constraint=False, db_index=False, related_name="clients")
    client = models.ForeignKey(Client, models.CASCADE, db_constraint=False, db_index=False, related_name="+")
    from_adviser = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    to_adviser = models.ForeignKey(User, models.PROTECT, db_constraint=False, db_index=False, related_name="+")
    # {companion's key: what it needs to be put back}
    before = models.JSONField(default=dict)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("firm", "transfer", "client"), name="clients_transferred_once"),)
        indexes = (models.Index(fields=("firm", "client"), name="clients_transferred_of"),)

    def __str__(self) -> str:
        return f"{self.client}: {self.from_adviser} → {self.to_adviser}"
