"""Celery leaves of this room."""

from celery import shared_task
from django.utils.translation import gettext_lazy as _

from firms.background import SignedTask
from firms.tasks import for_each_firm
from messaging import digests, mailing, outbox


@shared_task(base=SignedTask, counts_deaths=False, label=_("Sending e-mails"))
def send_outbox(*, firm_id: int) -> None:
    # Not a FirmTask: nothing is sent inside a transaction.
    outbox.send_due(firm_id=firm_id)


@shared_task
def tick_outbox() -> None:
    """Beat's message: what a lost hint left behind is sent within a minute."""
    for_each_firm(send_outbox)


@shared_task(base=SignedTask, expires=60, label=_("Daily digests"))
def make_digests(*, firm_id: int) -> None:
    """Not one transaction: a large firm's readers are told in chunks."""
    digests.make_digests(firm_id=firm_id)


@shared_task(base=SignedTask, expires=60, label=_("E-mails at once"))
def mail_notices(*, firm_id: int) -> None:
    mailing.mail_due_notices(firm_id=firm_id)


@shared_task
def tick_digests() -> None:
    """Beat's question, each tick: whose hour has come, and whose quiet hours are over?"""
    for_each_firm(make_digests)
    for_each_firm(mail_notices)
