"""Reads of the touchpoint room."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, OuterRef, Q, QuerySet, When
from django.db.models.functions import JSONObject

from clients.queries import LEADERS, Colleague, book_adviser_ids, served_advisers, standing_of, team_of
from firms.formats import in_language
from firms.models import Support, User
from firms.permissions import Permission, Role
from service_matrix.models import Performer
from touchpoints.models import OPEN, WAITS_FROM, Touchpoint

COUNT_LIMIT = 1000

# Who is expected to deliver what; administrators and compliance look at everything.
PERFORMERS = {
    Role.ADVISER: (Performer.ADVISER, Performer.EITHER),
    Role.ASSISTANT: (Performer.ASSISTANT, Performer.EITHER),
}


def touchpoints_visible_to(user: User) -> QuerySet[Touchpoint]:
    """Touchpoints of the clients this user may see."""
    touchpoints = Touchpoint.objects.filter(firm_id=user.firm_id)
    advisers = book_adviser_ids(user)
    return touchpoints if advisers is None else touchpoints.filter(adviser_id__in=advisers)


def working_books(user: User) -> list[int] | None:
    """The advisers whose books are this user's work; None for the whole firm.

    Being allowed to see the whole firm does not make it one's work: an adviser keeps the own book, an assistant the supported ones.
    Those of absent colleagues whom the user covers come with them.
    """
    if user.role not in PERFORMERS:
        return book_adviser_ids(user)
    served = served_advisers(user)
    return None if user.role == Role.ASSISTANT and user.sees_whole_firm and not served else served


def books_offered(user: User) -> list[tuple[int, str]]:
    """Whose books this user may choose from, with their names; none when there is no choice."""
    books = working_books(user)
    if user.role == Role.ADVISER and len(books or []) < 2:
        return []
    return [(each.pk, each.name) for each in team_of(user) if (each.role in LEADERS if books is None else each.pk in books)]


def in_books(user: User, client: str) -> Q:
    """Rows whose client is in the reader's working books; `client` is the path to it."""
    books = working_books(user)
    return Q() if books is None else Q((f"{client}__adviser_id__in", books))


def touchpoints_in_books(user: User) -> QuerySet[Touchpoint]:
    """Everyone's touchpoints in the books this user works for."""
    touchpoints = Touchpoint.objects.filter(firm_id=user.firm_id)
    books = working_books(user)
    return touchpoints if books is None else touchpoints.filter(adviser_id__in=books)


def touchpoints_for(user: User, *, everyone: bool = False) -> QuerySet[Touchpoint]:
    """Touchpoints this user is expected to deliver: in the books worked for, as the role.

    `everyone` widens to whatever the user may see, whoever is to deliver it.
    """
    role = Role(user.role)
    if everyone or role not in PERFORMERS:
        return touchpoints_visible_to(user)
    # A CASE and not an OR: of the two sides of an OR, PostgreSQL may look for an index each, where a queue is one range of the books' index.
    # What an absent colleague was asked to do is done by whoever covers that colleague.
    asked = Q(assigned_to__in=standing_of(user).acts_for)
    return touchpoints_in_books(user).filter(
        Case(When(assigned_to=None, then=Q(performer__in=PERFORMERS[role])), default=asked, output_field=BooleanField())
    )


def work_of_covered(user: User, covered_id: int) -> Q:
    """Of what a user works for, what is an absent colleague's whom the user covers today; everything when the user covers them no longer."""
    covered = next((each for each in standing_of(user).covers if each.pk == covered_id), None)
    if covered is None:
        return Q()
    supported = Support.objects.filter(firm_id=user.firm_id, assistant=covered_id).values("adviser_id")
    books = Q(adviser__in=supported) if covered.role == Role.ASSISTANT else Q(adviser=covered_id)
    return books | Q(assigned_to=covered_id)


def work_of(user: User) -> Callable[[Touchpoint], bool]:
    """Whether someone may be asked to do a touchpoint: of a book the person works for, not as a stand-in, and delegated to the role. Two
    statements at most, whatever it is then asked about."""
    if not user.is_active or not user.may(Permission.WORK_QUEUE):
        return lambda _touchpoint: False
    supported = set(Support.objects.filter(firm_id=user.firm_id, assistant=user).values_list("adviser_id", flat=True))

    def may_do(touchpoint: Touchpoint) -> bool:
        if touchpoint.firm_id != user.firm_id:
            return False
        if user.role == Role.ASSISTANT:
            return touchpoint.adviser_id in supported and (touchpoint.performer != Performer.ADVISER or touchpoint.touchpoint_type.is_delegable)
        return user.role == Role.ADMIN or touchpoint.adviser_id == user.pk

    return may_do


def days_chosen_by(user: User) -> Callable[[Touchpoint], bool]:
    """Whether someone may put a touchpoint at hand on another day. Of what a colleague was asked to do by name, an assistant only for a
    colleague covered today; advisers and administrators decide about their books. One statement at most, whatever it is then asked about."""
    if not user.may(Permission.WORK_QUEUE):
        return lambda _touchpoint: False
    if user.role != Role.ASSISTANT:
        return lambda _touchpoint: True
    theirs = {None, user.pk, *(covered.pk for covered in standing_of(user).covers)}
    return lambda touchpoint: touchpoint.assigned_to_id in theirs


def who_may_do(touchpoint: Touchpoint, *, asks: User) -> list[Colleague]:
    """Whom one may ask to do a touchpoint: the people of its book."""
    is_delegated = touchpoint.performer != Performer.ADVISER or touchpoint.touchpoint_type.is_delegable
    team = [each for each in team_of(asks) if each.is_of_book(touchpoint.adviser_id)]
    return [each for each in team if is_delegated or each.role != Role.ASSISTANT]


# What lines show of what a touchpoint belongs to: whole rows of it would be four times as many columns.
_SHOWN = (
    "client__firm", "client__name", "client__personal_context", "adviser__name", "claimed_by__name", "assigned_to__name", "segment__rank",
    "segment__name_en", "segment__name_fr", "touchpoint_type__name_en", "touchpoint_type__name_fr", "touchpoint_type__steps",
    "touchpoint_type__key",
)  # fmt: skip


def with_related(touchpoints: QuerySet[Touchpoint]) -> QuerySet[Touchpoint]:
    """With what a touchpoint belongs to."""
    return touchpoints.select_related("client", "adviser", "touchpoint_type", "segment", "claimed_by", "assigned_to")


def for_lists(touchpoints: QuerySet[Touchpoint]) -> QuerySet[Touchpoint]:
    """With what a line of a list shows."""
    return with_related(touchpoints).only(*(field.name for field in Touchpoint._meta.concrete_fields), *_SHOWN)


def awake(touchpoints: QuerySet[Touchpoint], on: date) -> QuerySet[Touchpoint]:
    """Open and not snoozed past a day."""
    return touchpoints.filter(status__in=OPEN).filter(is_awake(on))


def is_awake(on: date) -> Q:
    """Not snoozed past a day."""
    return Q(snoozed_until=None) | Q(snoozed_until__lte=on)


def waiting_for(user: User, on: date) -> QuerySet[Touchpoint]:
    """What a user is expected to deliver by a day, late ones included; to be counted up to a limit.

    Of the whole firm in the order of an index, which is then read to the limit and no further; of a few books each is an index range.
    """
    expected = touchpoints_for(user)
    if working_books(user) is None:
        return expected.filter(status__in=OPEN).alias(waits_from=WAITS_FROM).filter(waits_from__lte=on).order_by("waits_from")
    return awake(expected, on).filter(due_on__lte=on).order_by()


@dataclass(frozen=True)
class Coming:
    """What else is planned for a client."""

    due_on: date
    channel: str
    name: str


def with_coming(touchpoints: QuerySet[Touchpoint]) -> QuerySet[Touchpoint]:
    """With the next three open touchpoints of the same client, in the same statement: `coming_of` reads them."""
    others = Touchpoint.objects.filter(
        firm_id=OuterRef("firm_id"), client_id=OuterRef("client_id"), status__in=OPEN, due_on__gte=OuterRef("due_on")
    ).exclude(pk=OuterRef("pk"))
    shown = JSONObject(due_on="due_on", channel="channel", en="touchpoint_type__name_en", fr="touchpoint_type__name_fr")
    return touchpoints.annotate(coming=ArraySubquery(others.order_by("due_on", "pk").values(row=shown)[:3]))


def coming_of(touchpoint: Touchpoint) -> list[Coming]:
    rows: list[dict[str, str]] = getattr(touchpoint, "coming", [])
    return [Coming(date.fromisoformat(row["due_on"]), row["channel"], in_language(en=row["en"], fr=row["fr"])) for row in rows]


def clients_handled(firm_id: int, client_ids: list[int]) -> set[int]:
    """Of these clients, those with a touchpoint that a person claimed, moved, finished or skipped: undoing an import keeps them."""
    touched = Q(is_hand_set=True) | Q(claimed_by__isnull=False) | Q(closed_by__isnull=False)
    return set(Touchpoint.objects.filter(touched, firm_id=firm_id, client_id__in=client_ids).values_list("client_id", flat=True))
