"""Referrals, recorded one by one: whom a client introduced, when, and what came of it. They are counted in attributes/counted.py."""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client, Referral
from clients.queries import check_book, visible_to
from firms.models import User
from firms.row_versions import check_removal, check_version, hold_row


@dataclass(frozen=True, kw_only=True)
class ReferralDraft:
    """`referred` is the file of the person introduced, once there is one; its name serves where none is given."""

    made_on: date
    name: str = ""
    referred: Client | None = None
    led_to_meeting: bool = False
    converted: bool = False
    quality: int | None = None
    note: str = ""


# What a colleague is told of one that was changed meanwhile: the file it is about may be of a book that they do not see.
_SAID = ("name", "made_on", "led_to_meeting", "converted", "quality", "note")


@transaction.atomic
def record_referral(*, client: Client, by: User, draft: ReferralDraft) -> Referral:
    """Note that a client introduced someone. Raises NotInYourBook, ValidationError."""
    check_book(client, by=by)
    referral = Referral(firm_id=client.firm_id, client=client)
    _fill(referral, draft, by=by)
    referral.save()
    return referral


@transaction.atomic
def change_referral(*, referral: Referral, by: User, version: str, draft: ReferralDraft) -> Referral:
    """Say what came of a referral, as it was read at `version`, or correct it. Raises RowChanged, NotInYourBook, ValidationError."""
    check_book(referral.client, by=by)
    held = hold_row(referral)
    _fill(referral, draft, by=by)
    check_version(held, version=version, said={name: getattr(referral, name) for name in _SAID}, firm=by.firm)
    referral.save()
    return referral


@transaction.atomic
def remove_referral(*, referral: Referral, by: User, version: str) -> None:
    """Take a referral back, as it was read at `version`; it stays in the history. Raises RowChanged, NotInYourBook."""
    check_book(referral.client, by=by)
    check_removal(hold_row(referral), version=version, told_by=_SAID, firm=by.firm)
    referral.delete()


def _fill(referral: Referral, draft: ReferralDraft, *, by: User) -> None:
    kept = referral.referred_id
    for name, value in vars(draft).items():
        setattr(referral, name, value)
    referral.by = by
    if draft.referred is not None and not draft.name.strip():
        referral.name = draft.referred.name
    faults: dict[str, str] = {}
    if draft.made_on > timezone.localdate():
        faults["made_on"] = _("This date is in the future.")
    if not referral.name.strip():
        faults["name"] = _("Say whom: a name, or a file.")
    if draft.referred is not None and draft.referred.pk != kept:
        if draft.referred.pk == referral.client_id:
            faults["referred"] = _("Nobody refers themselves.")
        elif not visible_to(by).filter(pk=draft.referred.pk).exists():
            faults["referred"] = _("This file is outside the books you work in.")
    if faults:
        raise ValidationError(faults)
    referral.full_clean(exclude=["firm", "client", "referred", "by"], validate_constraints=False)
