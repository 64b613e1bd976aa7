"""Money of clients, dated: recorded here by everyone, so that what is true today (`Client.aum`, `annual_revenue`, `annual_cost`) is always
what the dated amounts add up to.

On a day:
- assets are the last amount told not later than that day;
- revenue and cost of the last 12 months begin with the last figure told for a whole year. It stands as it is until an amount is recorded for
  later days; from then on it counts for those of its days that are still within the 12 months, and later amounts are added for theirs;
- net inflow is what its amounts bring within the 12 months, each for its share of days (attributes/counted.py).

A client without any amount of a kind keeps the figure the client has.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.attributes.counted import a_year_before, share_within
from clients.models import Amount, AmountKind, Client
from clients.queries import check_book
from firms.models import User
from firms.row_versions import check_removal, check_version, hold_row

# The client's column that holds today's figure of each kind that has one.
COLUMNS = {AmountKind.AUM: "aum", AmountKind.REVENUE: "annual_revenue", AmountKind.COST: "annual_cost"}
KINDS = {column: kind for kind, column in COLUMNS.items()}
EARLIEST = date(1950, 1, 1)


@dataclass(frozen=True, kw_only=True)
class AmountDraft:
    """An amount from one day to another, both included; assets are of one day, the last."""

    kind: str
    amount: Decimal
    ends_on: date
    starts_on: date | None = None
    note: str = ""


@transaction.atomic
def record_amount(*, client: Client, by: User, draft: AmountDraft, source: str = Amount.Source.ENTERED) -> Amount:
    """Add a dated amount to a client, and bring the client's figures up to date. Raises NotInYourBook, ValidationError."""
    check_book(client, by=by)
    amount = Amount(firm_id=client.firm_id, client=client, by=by, source=source)
    _fill(amount, draft)
    amount.save()
    bring_up_to_date(firm_id=client.firm_id, on=timezone.localdate(), client_ids=[client.pk])
    return amount


@transaction.atomic
def change_amount(*, amount: Amount, by: User, version: str, draft: AmountDraft) -> Amount:
    """Correct an amount as it was read at `version`. Raises RowChanged, NotInYourBook, ValidationError."""
    check_book(amount.client, by=by)
    held = hold_row(amount)
    _fill(amount, draft)
    check_version(held, version=version, said={name: getattr(amount, name) for name in vars(draft)}, firm=by.firm)
    amount.by = by
    amount.save()
    bring_up_to_date(firm_id=amount.firm_id, on=timezone.localdate(), client_ids=[amount.client_id])
    return amount


@transaction.atomic
def remove_amount(*, amount: Amount, by: User, version: str) -> None:
    """Take an amount back, as it was read at `version`. The last one of its kind leaves the client's figure as it is: nothing else tells it. Raises
    RowChanged, NotInYourBook.
    """
    check_book(amount.client, by=by)
    check_removal(hold_row(amount), version=version, told_by=AmountDraft.__dataclass_fields__, firm=by.firm)
    amount.delete()
    bring_up_to_date(firm_id=amount.firm_id, on=timezone.localdate(), client_ids=[amount.client_id])


def _fill(amount: Amount, draft: AmountDraft) -> None:
    starts_on = draft.ends_on if draft.kind == AmountKind.AUM or draft.starts_on is None else draft.starts_on
    amount.kind, amount.amount, amount.note = draft.kind, draft.amount, draft.note
    amount.starts_on, amount.ends_on = starts_on, draft.ends_on
    faults: dict[str, str] = {}
    if draft.ends_on > timezone.localdate():
        faults["ends_on"] = _("This date is in the future.")
    elif starts_on < EARLIEST:
        faults["starts_on"] = _("This is too long ago: check the year.")
    elif starts_on > draft.ends_on:
        faults["starts_on"] = _("The first day is after the last one.")
    elif starts_on <= a_year_before(draft.ends_on):
        faults["starts_on"] = _("An amount is for one year at most.")
    if draft.kind != AmountKind.NET_INFLOW and draft.amount < 0:
        faults["amount"] = _("This amount cannot be negative.")
    if faults:
        raise ValidationError(faults)
    amount.full_clean(exclude=["firm", "client", "by"], validate_constraints=False)


def whole_year(ends_on: date) -> tuple[date, date]:
    """The first and the last day of the twelve months that end on a day."""
    return a_year_before(ends_on) + timedelta(days=1), ends_on


def is_whole_year(amount: Amount) -> bool:
    return amount.starts_on == whole_year(amount.ends_on)[0]


def refuse_forgetting(client: Client, columns: Iterable[str]) -> None:
    """Raises ValidationError for figures that would become unknown while dated amounts tell them."""
    kinds = {KINDS[column] for column in columns if column in KINDS}
    told = set(Amount.objects.filter(firm_id=client.firm_id, client=client, kind__in=kinds).values_list("kind", flat=True)) if kinds else set()
    if told:
        words = _("Dated amounts tell this figure: remove them from the client’s wealth first.")
        raise ValidationError({COLUMNS[AmountKind(kind)]: words for kind in sorted(told)})


def note_figures(
    *, clients: Sequence[tuple[Client, Iterable[str]]], on: date, source: str, by_id: int | None = None, batch_id: int | None = None
) -> None:
    """Date the figures that were just written on clients: (client, its columns). Two statements, whatever their number.

    What the same source told earlier on the same day is replaced: the last word of the day counts. An import's rows stay its own.
    """
    first, last = whole_year(on)
    rows = [
        Amount(
            firm_id=client.firm_id, client=client, kind=KINDS[column], amount=getattr(client, column), source=source, by_id=by_id, batch_id=batch_id,
            starts_on=last if column == "aum" else first, ends_on=last,
        )
        for client, columns in clients
        for column in columns
        if column in KINDS and getattr(client, column) is not None
    ]  # fmt: skip
    if not rows:
        return
    if batch_id is None:
        told_today = Amount.objects.filter(firm_id=rows[0].firm_id, client__in={row.client_id for row in rows}, ends_on=on, source=source)
        for kind in {row.kind for row in rows}:
            told_today.filter(kind=kind, starts_on=last if kind == AmountKind.AUM else first, batch_id=None).delete()
    Amount.objects.bulk_create(rows, batch_size=1000)


# One row a client that has amounts: what they add up to on a day, NULL for kinds without any. `told` is the last figure for a whole
# year of each kind; `later` what was recorded for days after it, each amount for its share of days, to the cent. Why SQL: an import
# or a night brings a whole book up to date at once; `figure_on` says the same of one client in Python.
_FIGURES = """
    WITH amounts AS (
        SELECT id, client_id, kind, amount, starts_on, ends_on, kind <> 'aum' AND starts_on = (ends_on - interval '1 year')::date + 1 AS whole_year
        FROM clients_amount WHERE firm_id = %(firm)s AND kind <> 'net_inflow' AND starts_on <= %(on)s {narrowed}
    ), told AS (
        SELECT DISTINCT ON (client_id, kind) client_id, kind, amount, starts_on, ends_on FROM amounts
        WHERE (kind = 'aum' OR whole_year) AND ends_on <= %(on)s ORDER BY client_id, kind, ends_on DESC, id DESC
    ), later AS (
        SELECT a.client_id, a.kind, sum(round(a.amount
            * greatest(least(a.ends_on, %(on)s) - greatest(a.starts_on, t.ends_on + 1, %(after)s + 1) + 1, 0) / (a.ends_on - a.starts_on + 1), 2
        )) AS amount
        FROM amounts a LEFT JOIN told t ON t.client_id = a.client_id AND t.kind = a.kind
        WHERE a.kind <> 'aum' AND NOT a.whole_year AND a.ends_on > coalesce(t.ends_on, '-infinity') GROUP BY 1, 2
    ), figures AS (
        SELECT client_id, kind, CASE WHEN l.amount IS NULL THEN t.amount ELSE l.amount + coalesce(round(
            t.amount * greatest(t.ends_on - greatest(t.starts_on, %(after)s + 1) + 1, 0) / (t.ends_on - t.starts_on + 1), 2
        ), 0) END AS amount
        FROM told t FULL JOIN later l USING (client_id, kind)
    )
    SELECT client_id, max(amount) FILTER (WHERE kind = 'aum') AS aum, max(amount) FILTER (WHERE kind = 'revenue') AS annual_revenue,
        max(amount) FILTER (WHERE kind = 'cost') AS annual_cost
    FROM figures GROUP BY client_id
"""
# Only amounts for less than a year make a figure change with time.
_MOVING = """
    AND client_id IN (
        SELECT client_id FROM clients_amount WHERE firm_id = %(firm)s AND kind IN ('revenue', 'cost')
            AND ends_on > %(after)s - 60 AND starts_on <> (ends_on - interval '1 year')::date + 1
    )
"""


@transaction.atomic
def bring_up_to_date(*, firm_id: int, on: date, client_ids: Sequence[int] | None = None) -> int:
    """Write on clients what their amounts add up to on a day, where it differs; without `client_ids`, on all whose figures move with
    time. Returns how many changed."""
    narrowed = _MOVING if client_ids is None else "AND client_id = ANY(%(clients)s)"
    statement = f"""
        UPDATE clients_client c SET aum = coalesce(f.aum, c.aum), annual_revenue = coalesce(f.annual_revenue, c.annual_revenue),
            annual_cost = coalesce(f.annual_cost, c.annual_cost), updated_at = now()
        FROM ({_FIGURES.format(narrowed=narrowed)}) f
        WHERE c.firm_id = %(firm)s AND c.id = f.client_id AND (
            f.aum <> coalesce(c.aum, -1) OR f.annual_revenue <> coalesce(c.annual_revenue, -1) OR f.annual_cost <> coalesce(c.annual_cost, -1)
        )
    """
    parameters: dict[str, Any] = {"firm": firm_id, "on": on, "after": a_year_before(on), "clients": list(client_ids or ())}
    with connection.cursor() as cursor:
        cursor.execute(statement.replace("%(on)s", "%(on)s::date").replace("%(after)s", "%(after)s::date"), parameters)
        return int(cursor.rowcount)


def figure_on(amounts: Iterable[Amount], kind: str, on: date) -> Decimal | None:
    """What the amounts of one client say of a kind on a day, in plain Python; None when they say nothing."""
    after = a_year_before(on)
    known = sorted((each for each in amounts if each.kind == kind and each.starts_on <= on), key=lambda each: (each.ends_on, each.pk))
    if kind == AmountKind.NET_INFLOW:
        return sum((share_within(each, after, on) for each in known), Decimal(0)) if known else None
    told = next((each for each in reversed(known) if each.ends_on <= on and (kind == AmountKind.AUM or is_whole_year(each))), None)
    if kind == AmountKind.AUM:
        return told.amount if told else None
    parts = [each for each in known if not is_whole_year(each) and (told is None or each.ends_on > told.ends_on)]
    if not parts:
        return told.amount if told else None
    since = max(after, told.ends_on) if told else after
    later = sum((share_within(each, since, on) for each in parts), Decimal(0))
    return later + (share_within(told, after, on) if told else Decimal(0))
