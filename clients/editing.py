"""Changing the client file: each function is one decision, refused by name, with nothing written when refused.

Field values are validated by the model (ValidationError). What changes who is owed what asks the planner to look again.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from clients import amounts
from clients.attributes import OwnAttribute, catalogue_of
from clients.attributes.own import PREFIX
from clients.attributes.products import PRODUCTS
from clients.follow_ups import hand_over_follow_ups
from clients.models import Amount, Client, Person, Status
from clients.moving import follow
from clients.queries import NotInYourBook, Refused, book_adviser_ids, check_book, leads_clients
from firms.background import request_placing, request_planning
from firms.models import User
from firms.row_versions import RowVersion

Values = Mapping[str, Any]
CLIENT_FIELDS = (
    "kind", "status", "name", "external_reference", "language", "city", "postal_code", "province", "marital_status", "matrimonial_regime",
    "children", "income", "net_worth", "marginal_tax_rate", "wealth_tax", "aum", "annual_revenue", "annual_cost", "annual_renewals",
    "referrals_12_months", "risk_attitude", "desired_relationship", "decision_style", "preferred_channel", "potential", "relationship_quality",
    "prescription", "satisfaction", "power_balance", "expectations", "client_since", "next_review_on", "personal_context", "notes",
)  # fmt: skip
PERSON_FIELDS = ("title", "first_name", "last_name", "birth_date", "occupation", "email", "phone")
# What decides who is owed what, and on which days. Scores follow the other fields at night, and move nobody by themselves.
PLANNED_BY = frozenset({"status", "client_since", "next_review_on", "birth_date"})


class NotAnAdviser(Refused):
    """Clients are led by active advisers and administrators only."""


class AlreadyArchived(Refused):
    """Someone archived the client first."""


class NotArchived(Refused):
    """The client is not archived, or someone brought it back first."""


class PrimaryContact(Refused):
    """The primary contact cannot be removed while other people would be left without one."""


class ChangedMeanwhile(Refused):
    """Someone saved the same thing after it was read: who (unknown for a program) and when."""

    def __init__(self, *, who: str, when: datetime | None) -> None:
        super().__init__(who, when)
        self.who, self.when = who, when


@transaction.atomic
def create_client(*, by: User, adviser: User, fields: Values, person: Values | None = None, told_by: str = Amount.Source.FILE) -> Client:
    """Open a file in an adviser's book, with its primary contact. Assets, revenue and cost are dated today, `told_by` their source.

    `fields` are columns of the client and, by their keys, attributes of the firm's own. Raises NotAnAdviser, NotInYourBook, ValidationError.
    """
    check_adviser(adviser, by=by)
    columns, own = _apart(fields)
    client = Client(firm_id=by.firm_id, adviser=adviser, **_known(columns, CLIENT_FIELDS))
    own_faults = _set_own(client, own)
    _validate(client, own_faults)
    client.save()
    amounts.note_figures(clients=[(client, amounts.KINDS)], on=timezone.localdate(), source=told_by, by_id=by.pk)
    if person is not None:
        _add_person(client, person, is_primary=True)
    request_placing(firm_id=by.firm_id)
    request_planning(firm_id=by.firm_id, client_id=client.pk)
    return client


@transaction.atomic
def update_client(*, client: Client, by: User, version: str, fields: Values, told_by: str = Amount.Source.FILE) -> Client:
    """Save what a reader of `version` changed; new assets, revenue and cost are dated today. Raises ChangedMeanwhile when the row is no
    longer that version, ValidationError."""
    check_book(client, by=by)
    columns, own = _apart(fields)
    values = _known(columns, CLIENT_FIELDS)
    told = [name for name in amounts.KINDS if name in values and values[name] != getattr(client, name)]
    amounts.refuse_forgetting(client, [name for name in told if values[name] is None])
    faults = _set_own(client, own)
    changed = _update(client, values | ({"own": client.own} if own else {}), version=version, faults=faults)
    amounts.note_figures(clients=[(client, told)], on=timezone.localdate(), source=told_by, by_id=by.pk)
    if "status" in changed:
        request_placing(firm_id=by.firm_id)
    if changed & PLANNED_BY:
        request_planning(firm_id=by.firm_id, client_id=client.pk)
    return client


@transaction.atomic
def mark_as(*, client: Client, by: User, status: Status) -> bool:
    """Make a prospect a client, a client a former one… False when it already was."""
    check_book(client, by=by)
    changed = Client.objects.filter(pk=client.pk).exclude(status=status).update(status=status, updated_at=timezone.now())
    if changed:
        client.status = status
        request_placing(firm_id=by.firm_id)
        request_planning(firm_id=by.firm_id, client_id=client.pk)
    return bool(changed)


@transaction.atomic
def archive_client(*, client: Client, by: User) -> None:
    """Take a client out of lists, search and planning; its file stays. Raises AlreadyArchived."""
    check_book(client, by=by)
    if not Client.objects.filter(pk=client.pk, archived_at=None).update(archived_at=Now(), updated_at=timezone.now()):
        raise AlreadyArchived(client)
    request_planning(firm_id=by.firm_id, client_id=client.pk)


@transaction.atomic
def restore_client(*, client: Client, by: User) -> None:
    """Bring an archived client back. Raises NotArchived."""
    check_book(client, by=by)
    if not Client.objects.filter(pk=client.pk).exclude(archived_at=None).update(archived_at=None, updated_at=timezone.now()):
        raise NotArchived(client)
    request_planning(firm_id=by.firm_id, client_id=client.pk)


@transaction.atomic
def change_adviser(*, client: Client, by: User, adviser: User) -> bool:
    """Move a client to another book; its touchpoints follow by the database, the adviser's follow-ups and booked meetings with it. False when
    it already is there.

    Only someone who works in both books may: an adviser does not give clients away, an administrator does.
    """
    check_book(client, by=by)
    check_adviser(adviser, by=by)
    hand_over_follow_ups(client_ids=[client.pk], to=adviser)
    left = client.adviser_id
    moved = Client.objects.filter(pk=client.pk).exclude(adviser=adviser).update(adviser=adviser, updated_at=timezone.now())
    if moved:
        client.adviser = adviser
        follow(by.firm_id, {client.pk: left})
        request_planning(firm_id=by.firm_id, client_id=client.pk)
    return bool(moved)


@transaction.atomic
def add_person(*, client: Client, by: User, fields: Values) -> Person:
    """Add someone to a client; the first one is the primary contact."""
    check_book(client, by=by)
    # The client's row is held, so that two first people do not both become the primary one.
    Client.objects.select_for_update().get(pk=client.pk)
    person = _add_person(client, fields, is_primary=not client.people.exists())
    if person.birth_date:
        request_planning(firm_id=by.firm_id, client_id=client.pk)
    return person


@transaction.atomic
def update_person(*, person: Person, by: User, version: str, fields: Values) -> Person:
    """Save what a reader of `version` changed. Raises ChangedMeanwhile, ValidationError."""
    check_book(person.client, by=by)
    if _update(person, _known(fields, PERSON_FIELDS), version=version) & PLANNED_BY:
        request_planning(firm_id=by.firm_id, client_id=person.client_id)
    return person


@transaction.atomic
def make_primary(*, person: Person, by: User) -> None:
    """Make this person the client's primary contact."""
    check_book(person.client, by=by)
    Client.objects.select_for_update().get(pk=person.client_id)
    Person.objects.filter(client=person.client_id, is_primary=True).exclude(pk=person.pk).update(is_primary=False)
    Person.objects.filter(pk=person.pk).update(is_primary=True)
    request_planning(firm_id=by.firm_id, client_id=person.client_id)


@transaction.atomic
def remove_person(*, person: Person, by: User) -> None:
    """Take someone out of a client. Raises PrimaryContact while others are left: choose another primary contact first."""
    check_book(person.client, by=by)
    Client.objects.select_for_update().get(pk=person.client_id)
    others = Person.objects.filter(client=person.client_id).exclude(pk=person.pk)
    if Person.objects.filter(pk=person.pk, is_primary=True).exists() and others.exists():
        raise PrimaryContact(person)
    person.delete()
    request_planning(firm_id=by.firm_id, client_id=person.client_id)


def check_adviser(adviser: User, *, by: User) -> None:
    """Whether this user may put clients in that adviser's book. Raises NotAnAdviser, NotInYourBook."""
    if not leads_clients(adviser) or adviser.firm_id != by.firm_id:
        raise NotAnAdviser(adviser)
    book = book_adviser_ids(by)
    if book is not None and adviser.pk not in book:
        raise NotInYourBook(adviser)


def _known(fields: Values, allowed: tuple[str, ...]) -> dict[str, Any]:
    unknown = fields.keys() - set(allowed)
    if unknown:
        raise TypeError(f"not editable: {', '.join(sorted(unknown))}")
    return dict(fields)


def _apart(fields: Values) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns of the client, and attributes of the firm's own by key."""
    own = {name: value for name, value in fields.items() if name == PRODUCTS or name.startswith(PREFIX)}
    return {name: value for name, value in fields.items() if name not in own}, own


def _set_own(client: Client, values: Values) -> dict[str, list[str]]:
    """Set attributes of the firm's own as they are stored; what cannot be is said by key."""
    faults: dict[str, list[str]] = {}
    if not values:
        return faults
    own, stored = catalogue_of(client.firm_id).own, dict(client.own)
    for key, value in values.items():
        attribute: OwnAttribute | None = own.get(key)
        if attribute is None or not attribute.is_writable:
            faults[key] = [_("The firm has no such attribute.")]
            continue
        try:
            cleaned = attribute.clean(value, kept=stored.get(attribute.slug))
        except ValidationError as refusal:
            faults[key] = refusal.messages
            continue
        stored.pop(attribute.slug, None)
        if cleaned is not None:
            stored[attribute.slug] = cleaned
    client.own = stored
    return faults


def _add_person(client: Client, fields: Values, *, is_primary: bool) -> Person:
    person = Person(firm_id=client.firm_id, client=client, is_primary=is_primary, **_known(fields, PERSON_FIELDS))
    _validate(person)
    person.save()
    return person


def _update(row: Client | Person, values: dict[str, Any], *, version: str, faults: Mapping[str, Any] | None = None) -> set[str]:
    """Write the values if the row still is the version read, settled by the database. Returns the names of those that differ."""
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    _validate(row, faults)
    cleaned = {name: getattr(row, name) for name in values}
    rows = type(row)._default_manager.annotate(version=RowVersion()).filter(pk=row.pk, version=version)
    if not rows.update(**cleaned, updated_at=timezone.now()):
        raise _changed_meanwhile(row)
    return {name for name, value in cleaned.items() if value != before[name]}


def _validate(row: Client | Person, found: Mapping[str, Any] | None = None) -> None:
    """Raises ValidationError for what is wrong with the row, or was `found` to be."""
    if isinstance(row, Person):
        row.email = row.email.lower()
    faults: dict[str, Any] = dict(found or {})
    today = timezone.localdate()
    for name in ("birth_date", "client_since"):
        if (day := getattr(row, name, None)) and day > today:
            faults[name] = _("This date is in the future.")
    for name in ("income", *amounts.KINDS):
        if (amount := getattr(row, name, None)) is not None and amount < 0:
            faults[name] = _("This amount cannot be negative.")
    if faults:
        raise ValidationError(faults)
    # Keys are held by the database; the name's sorted form is written there.
    row.full_clean(exclude=["adviser", "client", "sort_name"])


def _changed_meanwhile(row: Client | Person) -> ChangedMeanwhile:
    events: Any = row.events  # type: ignore[union-attr]
    last = events.order_by("-pgh_id").first()
    user_id = (last.pgh_context or {}).get("user") if last else None
    who = User.objects.filter(firm_id=row.firm_id, pk=user_id).first() if user_id else None
    return ChangedMeanwhile(who=str(who or ""), when=last.pgh_created_at if last else None)
