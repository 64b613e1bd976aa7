"""Covering an absent colleague: who is told, whose work is in the queue, and that work alone."""

from datetime import date, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clients.queries import Covered, standing_of
from firms.absences import add_absence, change_absence, remove_absence, set_cover
from firms.cover_previews import preview_cover
from firms.models import Absence, Support, User
from firms.row_versions import version_of
from messaging.models import Notice
from tests.factories import make_client, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint
from touchpoints.appointments import AppointmentDraft, set_appointment
from touchpoints.models import Touchpoint
from touchpoints.notices import COVER, word_cover, word_cover_ended
from touchpoints.queries import touchpoints_for

pytestmark = pytest.mark.usefixtures("monday")

FRIDAY = TODAY + timedelta(days=4)


@pytest.fixture
def carl(alice: User) -> User:
    return make_user(name="Carl Cyr", role="adviser")


@pytest.fixture
def marie(ana: User) -> User:
    assistant = make_user(name="Marie Côté", role="assistant")
    Support.objects.create(assistant=assistant, adviser=ana)
    return assistant


@pytest.fixture
def theo(carl: User) -> User:
    assistant = make_user(name="Théo Morin", role="assistant")
    Support.objects.create(assistant=assistant, adviser=carl)
    return assistant


def away(user: User, *, by: User, covered_by: User | None, last: date = FRIDAY) -> Absence:
    return add_absence(user=user, starts_on=TODAY, ends_on=last, by=by, covered_by=covered_by)


def told() -> list[tuple[str, str]]:
    return [(notice.user.name, notice.kind) for notice in Notice.objects.select_related("user").order_by("pk")]


def again(user: User) -> User:
    """As the next request reads the person."""
    return User.objects.select_related("firm").get(pk=user.pk)


# --- Who is told ---


def test_whoever_is_to_cover_is_told_whom_and_until_when(ana: User, carl: User) -> None:
    away(ana, by=ana, covered_by=carl)
    (notice,) = Notice.objects.all()
    assert (notice.user, notice.url) == (carl, reverse("queue"))
    assert word_cover(notice.values) == ("You cover Ana Roy from Nov 23, 2026 to Nov 27, 2026: that work is in your queue on those days.")


def test_a_change_is_told_to_both_and_each_time(ana: User, carl: User, alice: User) -> None:
    absence = away(ana, by=ana, covered_by=None)
    assert told() == []
    for chosen in (carl, carl, alice):
        set_cover(absence=absence, covered_by=chosen, by=ana, version=version_of(absence))
    assert told() == [("Carl Cyr", "touchpoints_cover"), (alice.name, "touchpoints_cover"), ("Carl Cyr", "touchpoints_cover_ended")]
    with time_machine.travel("2026-11-23T15:01:00Z"):
        set_cover(absence=absence, covered_by=carl, by=alice, version=version_of(absence))
    assert told()[3:] == [("Carl Cyr", "touchpoints_cover")]


def test_a_removed_absence_frees_who_covered_it(ana: User, carl: User) -> None:
    absence = away(ana, by=ana, covered_by=carl, last=TODAY)
    remove_absence(absence=absence, by=ana, version=version_of(absence))
    notice = Notice.objects.latest("pk")
    assert (notice.user, word_cover_ended(notice.values)) == (carl, "You no longer cover Ana Roy on Nov 23, 2026.")


def test_who_covers_other_days_is_told_of_them_and_who_no_longer_does_of_those_that_were(ana: User, carl: User, alice: User) -> None:
    absence = away(ana, by=ana, covered_by=carl)
    for minute, said in enumerate(({"ends_on": TODAY}, {"note": "Gaspé"}, {"ends_on": FRIDAY, "covered_by": alice}), 1):
        with time_machine.travel(f"2026-11-23T15:0{minute}:00Z", tick=False):
            change_absence(absence=absence, by=ana, version=version_of(absence), **cast("Any", said))
    assert [
        (notice.user.name, (word_cover if notice.kind == COVER else word_cover_ended)(notice.values))
        for notice in Notice.objects.select_related("user").order_by("pk")
    ] == [
        ("Carl Cyr", "You cover Ana Roy from Nov 23, 2026 to Nov 27, 2026: that work is in your queue on those days."),
        ("Carl Cyr", "You cover Ana Roy on Nov 23, 2026: that work is in your queue on that day."),
        (alice.name, "You cover Ana Roy from Nov 23, 2026 to Nov 27, 2026: that work is in your queue on those days."),
        ("Carl Cyr", "You no longer cover Ana Roy on Nov 23, 2026."),
    ]


def test_nobody_is_told_of_days_that_are_over(ana: User, carl: User) -> None:
    add_absence(user=ana, starts_on=TODAY - timedelta(days=9), ends_on=TODAY - timedelta(days=1), by=ana, covered_by=carl)
    assert told() == []


# --- What a cover takes over, said beforehand ---


def agree(adviser: User, *, hour: int, name: str, day: date = FRIDAY, colleagues: tuple[User, ...] = (), **fields: Any) -> Touchpoint:
    meeting = make_touchpoint(client=make_client(adviser=adviser, name=name), performer="adviser", channel="in_person", due_on=day, **fields)
    starts_at = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo("America/Toronto"))
    set_appointment(touchpoint=meeting, by=adviser, draft=AppointmentDraft(starts_at=starts_at, minutes=60, colleagues=colleagues))
    return meeting


def previewed(user: User, covered_by: User, *, last: date = FRIDAY) -> tuple[list[str], list[str]]:
    with timezone.override("America/Toronto"):
        preview = preview_cover(user=again(user), starts_on=TODAY, ends_on=last, covered_by=covered_by)
    assert preview is not None
    plain = [[words.replace("\u202f", " ").replace("\xa0", " ") for words in part] for part in (preview.brings, preview.clashes)]
    return plain[0], plain[1]


def test_what_a_cover_takes_over_is_counted_and_what_stands_in_the_way_named(ana: User, carl: User, marie: User) -> None:
    for day, fields in (
        (TODAY, {}),
        (FRIDAY, {"performer": "adviser"}),
        # Not of these days, the assistant's, a colleague's, done.
        (FRIDAY + timedelta(days=1), {}),
        (TODAY, {"performer": "assistant"}),
        (TODAY, {"assigned_to": marie}),
        (TODAY, {"status": "done"}),
    ):
        make_touchpoint(adviser=ana, due_on=day, **cast("dict[str, Any]", fields))
    make_touchpoint(adviser=carl)
    agree(ana, hour=10, name="Gagné, Élise")
    agree(ana, hour=14, name="Roy, Lucie")
    agree(carl, hour=10, name="Secret")
    agree(ana, hour=10, name="Later", day=FRIDAY + timedelta(days=3))
    add_absence(user=carl, starts_on=FRIDAY, ends_on=FRIDAY + timedelta(days=9), by=carl)
    assert previewed(ana, carl) == (
        ["4 open touchpoints are due on these days.", "2 meetings are agreed on these days."],
        [
            "Carl Cyr is away from Nov 27, 2026 to Dec 6, 2026.",
            "Nov 27, 2026, Gagné, Élise: Carl Cyr has another meeting then (10:00 a.m.–11:00 a.m.).",
        ],
    )
    assert previewed(ana, carl, last=TODAY) == (["1 open touchpoint is due on these days.", "0 meetings are agreed on these days."], [])


def test_a_meeting_the_cover_is_invited_to_stands_in_the_way_and_what_is_theirs_already_is_not_taken_over(
    ana: User, carl: User, alice: User, marie: User
) -> None:
    zoe = make_user(name="Zoé", role="assistant")
    Support.objects.create(assistant=zoe, adviser=ana)
    agree(ana, hour=10, name="Roy, Lucie")
    agree(alice, hour=10, name="Côté, Luc", colleagues=(carl,))
    assert len(previewed(ana, carl)[1]) == 1
    make_touchpoint(adviser=ana, performer="assistant")
    make_touchpoint(adviser=ana, performer="assistant", assigned_to=marie)
    # Both support the adviser: what nobody was asked for is Zoé's too.
    assert previewed(marie, zoe)[0][0] == "1 open touchpoint is due on these days."


def test_the_same_number_of_statements_for_one_meeting_and_ten(ana: User, carl: User) -> None:
    counts = []
    for hours in (range(9, 10), range(10, 19)):
        for hour in hours:
            agree(ana, hour=hour, name=f"Client {hour}")
            agree(carl, hour=hour, name=f"Other {hour}")
        person = again(ana)
        with CaptureQueriesContext(connection) as captured:
            preview = preview_cover(user=person, starts_on=TODAY, ends_on=FRIDAY, covered_by=carl)
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert preview is not None
    assert (len(preview.clashes), preview.clashes[-1]) == (9, "And 2 more.")


def test_the_page_says_it_before_it_is_saved_and_only_of_whom_one_may_note_absences(ana: User, carl: User, alice: User) -> None:
    make_touchpoint(adviser=ana)
    sent = {"starts_on": TODAY.isoformat(), "ends_on": FRIDAY.isoformat(), "covered_by": str(carl.pk)}
    page, said = reverse("cover_preview", args=[ana.pk]), "1 open touchpoint is due on these days."
    for person, status in ((ana, 200), (alice, 200), (carl, 404)):
        browser = Browser()
        browser.force_login(person)
        answer = browser.get(page, sent)
        assert (answer.status_code, said in answer.content.decode()) == (status, status == 200)
    browser.force_login(ana)
    for incomplete in (
        {},
        sent | {"covered_by": ""},
        sent | {"ends_on": "2026-11-01"},
        sent | {"covered_by": str(ana.pk)},
        sent | {"ends_on": "9999-12-31"},
    ):
        assert "takes over" not in browser.get(page, incomplete).content.decode()
    # Without scripts, a button asks; nothing is written.
    assert said in browser.post(reverse("own_time"), sent | {"preview": "1"}).content.decode()
    assert not Absence.objects.exists()
    browser.post(reverse("own_time"), sent)
    edit = reverse("absence_edit", args=[Absence.objects.get().pk])
    assert said in browser.get(edit).content.decode()


# --- Whose work it is ---


def test_what_the_absent_person_was_asked_to_do_by_name_is_the_covers_work_meanwhile(ana: User, marie: User, theo: User) -> None:
    hers = make_touchpoint(adviser=ana, performer="assistant", assigned_to=marie)
    assert list(touchpoints_for(theo)) == []
    away(marie, by=ana, covered_by=theo)
    assert list(touchpoints_for(again(theo))) == [hers]
    with time_machine.travel("2026-11-28T15:00:00Z"):
        assert list(touchpoints_for(again(theo))) == []


def test_one_statement_says_for_whom_one_stands(ana: User, carl: User, marie: User, theo: User, django_assert_num_queries) -> None:
    away(marie, by=ana, covered_by=theo)
    away(ana, by=ana, covered_by=carl, last=TODAY)
    for person, advisers, covers in (
        (again(theo), {carl.pk, ana.pk}, [Covered(marie.pk, "Marie Côté", "assistant", FRIDAY)]),
        (again(carl), {carl.pk, ana.pk}, [Covered(ana.pk, "Ana Roy", "adviser", TODAY)]),
        (again(marie), {ana.pk}, []),
    ):
        with django_assert_num_queries(1):
            standing = standing_of(person)
            assert (set(standing.advisers), standing.covers) == (advisers, covers)
            standing_of(person)


# --- The queue ---


def queue(user: User, **query: int) -> tuple[str, list[int]]:
    browser = Browser()
    browser.force_login(user)
    page = browser.get(reverse("queue"), query)
    return page.content.decode(), [row.touchpoint.pk for section in page.context["sections"] for row in section.rows]


def test_the_queue_says_whom_one_covers_and_shows_that_work_alone(ana: User, carl: User, marie: User, theo: User) -> None:
    client = make_client(adviser=ana)
    mine = make_touchpoint(adviser=carl, performer="assistant")
    hers, asked = (
        make_touchpoint(client=client, performer="assistant", **more) for more in cast("list[dict[str, Any]]", [{}, {"assigned_to": marie}])
    )
    away(marie, by=ana, covered_by=theo)
    page, rows = queue(theo)
    assert ("You cover Marie Côté until Nov 27, 2026: that work is in your queue." in page, rows) == (True, [mine.pk, hers.pk, asked.pk])
    page, rows = queue(theo, covers=marie.pk)
    assert ("You cover Marie Côté until Nov 27, 2026: only that work is shown." in page, rows) == (True, [hers.pk, asked.pk])
    assert f"/queue/{hers.pk}/?covers={marie.pk}" in page


def test_an_adviser_shows_the_covered_book_alone_and_a_cover_that_ended_narrows_nothing(ana: User, carl: User) -> None:
    mine, hers = make_touchpoint(adviser=carl), make_touchpoint(adviser=ana)
    away(ana, by=ana, covered_by=carl)
    assert queue(carl)[1] == [mine.pk, hers.pk]
    assert queue(carl, covers=ana.pk)[1] == [hers.pk]
    assert queue(carl, covers=carl.pk)[1] == [mine.pk, hers.pk]
    with time_machine.travel("2026-11-28T15:00:00Z"):
        page, rows = queue(carl, covers=ana.pk)
        assert ("You cover" in page, rows) == (False, [mine.pk])


def test_nobody_sees_more_by_asking_for_someone_they_do_not_cover(ana: User, carl: User, marie: User) -> None:
    make_touchpoint(adviser=ana)
    assert queue(carl, covers=ana.pk)[1] == []
    assert Touchpoint.objects.count() == 1
