"""Calendars to subscribe to, read by a parser that did not write them and kept by a real CalDAV server."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import vobject
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from firms.absences import add_absence
from firms.models import Firm, User
from firms.wall import enter_firm
from tests.factories import make_client, make_user
from tests.touchpoints.caldav_server import running_caldav
from tests.touchpoints.rows import make_touchpoint, make_type, reloaded
from touchpoints import feeds, links
from touchpoints.appointments import AppointmentDraft, set_appointment
from touchpoints.models import Status, Touchpoint
from touchpoints.queries import with_related
from touchpoints.service_calendar import service_calendar

pytestmark = pytest.mark.usefixtures("monday")

TODAY = date(2026, 11, 23)
AWKWARD = 'Gagné; Élise, dite "Lili" \\ fille\u2028 de ' + "très " * 20 + "longue lignée"


@pytest.fixture
def ana(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser", email="ana@alpha.test")


def read(content: bytes) -> vobject.base.Component:
    """By an independent parser, which also says whether all that is required is there once."""
    for line in content.split(b"\r\n"):
        assert len(line) <= 75
    assert b"\n" not in content.replace(b"\r\n", b"")
    calendar = vobject.readOne(content.decode())
    assert calendar.validate(raiseException=True)
    return calendar


def agree(touchpoint: Touchpoint, by: User, starts_at: datetime, minutes: int = 60) -> None:
    fresh = with_related(Touchpoint.objects.all()).get(pk=touchpoint.pk)
    set_appointment(touchpoint=fresh, by=by, draft=AppointmentDraft(starts_at=starts_at, minutes=minutes, place="Bureau 3"))


def test_a_persons_feed_holds_what_they_deliver_their_hours_and_their_absences(ana: User) -> None:
    roy = make_client(adviser=ana, name="Roy, Lucie")
    call = make_touchpoint(client=roy, due_on=date(2026, 12, 1))
    done = make_touchpoint(client=roy, due_on=date(2026, 11, 20), status=Status.DONE)
    make_touchpoint(client=roy, due_on=date(2026, 12, 2), status=Status.SKIPPED)
    make_touchpoint(client=make_client(adviser=make_user(name="Carl Cyr")), due_on=date(2026, 12, 1))
    make_touchpoint(client=roy, due_on=date(2026, 12, 3), performer="assistant")
    meeting = make_touchpoint(client=roy, due_on=date(2027, 3, 1), channel="in_person")
    agree(meeting, ana, datetime(2027, 3, 15, 14, tzinfo=UTC))
    away = add_absence(user=ana, starts_on=date(2026, 12, 21), ends_on=date(2027, 1, 2), by=ana, note="Vacances")
    with translation.override("fr-ca"):
        events = read(feeds.person_feed(ana, on=TODAY)).vevent_list
    assert [(event.uid.value, event.dtstart.value, event.dtend.value, event.summary.value, event.transp.value) for event in events] == [
        (f"touchpoint-{done.pk}@localhost", date(2026, 11, 20), date(2026, 11, 21), "✓ Appel de suivi · Roy, Lucie", "TRANSPARENT"),
        (f"touchpoint-{call.pk}@localhost", date(2026, 12, 1), date(2026, 12, 2), "Appel de suivi · Roy, Lucie", "TRANSPARENT"),
        (
            str(meeting.appointments.get().uid),
            datetime(2027, 3, 15, 14, tzinfo=UTC),
            datetime(2027, 3, 15, 15, tzinfo=UTC),
            "Appel de suivi · Roy, Lucie",
            "OPAQUE",
        ),
        (f"absence-{away.pk}@localhost", date(2026, 12, 21), date(2027, 1, 3), "En congé\u202f: Vacances", "OPAQUE"),
    ]
    # The hour of the wall clock, in the zone's own words.
    assert b"DTSTART;TZID=America/Toronto:20270315T100000" in feeds.person_feed(ana, on=TODAY)


def test_words_are_escaped_and_long_lines_folded(ana: User) -> None:
    client = make_client(adviser=ana, name=AWKWARD, people=False)
    make_touchpoint(client=client, due_on=TODAY)
    (event,) = read(feeds.person_feed(ana, on=TODAY)).vevent_list
    assert event.summary.value == f"Check-in call · {AWKWARD}"


@pytest.mark.parametrize(
    ("region", "day", "hour"),
    [("CA-QC", date(2027, 3, 12), 15), ("CA-QC", date(2027, 3, 15), 14), ("FR", date(2027, 3, 26), 9), ("FR", date(2027, 3, 29), 8)],
)
def test_ten_o_clock_is_ten_o_clock_on_both_sides_of_the_change_of_clocks(alpha: Firm, beta: Firm, region: str, day: date, hour: int) -> None:
    enter_firm((alpha if region == "CA-QC" else beta).pk)
    adviser = make_user(name="Ana Roy")
    meeting = make_touchpoint(client=make_client(adviser=adviser), due_on=date(2027, 3, 1), channel="video")
    agree(meeting, adviser, datetime(day.year, day.month, day.day, hour, tzinfo=UTC))
    content = feeds.person_feed(adviser, on=TODAY)
    (event,) = read(content).vevent_list
    assert f"{day:%Y%m%d}T100000".encode() in content
    assert event.dtstart.value.astimezone(UTC) == datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def test_a_clients_feed_speaks_to_the_client(ana: User) -> None:
    client = make_client(adviser=ana, name="Gagné, Élise", language="fr")
    review = make_type(firm_id=client.firm_id, key="annual_review", name_en="Annual review", name_fr="Revue annuelle")
    call = make_touchpoint(client=client, due_on=date(2026, 12, 1))
    meeting = make_touchpoint(client=client, touchpoint_type=review, due_on=date(2027, 3, 1), channel="in_person", performer="adviser")
    agree(meeting, ana, datetime(2027, 3, 15, 14, tzinfo=UTC))
    calendar = read(feeds.client_feed(service_calendar(reloaded(client))))
    assert calendar.x_wr_calname.value == "Votre calendrier de service, Alpha Conseil"
    assert [(event.dtstart.value, event.summary.value, event.description.value.splitlines()[0]) for event in calendar.vevent_list] == [
        (date(2026, 12, 1), "Appel de suivi · Alpha Conseil", "Appel de suivi, par téléphone, avec notre équipe."),
        (datetime(2027, 3, 15, 14, tzinfo=UTC), "Revue annuelle · Alpha Conseil", "Revue annuelle, en personne, avec Ana Roy."),
    ]
    assert calendar.vevent_list[0].uid.value == f"touchpoint-{call.pk}@localhost"


def test_nothing_planned_is_still_a_calendar(ana: User) -> None:
    assert b"BEGIN:VEVENT" not in feeds.client_feed(service_calendar(reloaded(make_client(adviser=ana))))
    assert vobject.readOne(feeds.person_feed(ana, on=TODAY).decode()).name == "VCALENDAR"


def test_the_same_event_keeps_its_uid_when_it_moves_and_is_written_the_same_twice(ana: User) -> None:
    touchpoint = make_touchpoint(client=make_client(adviser=ana), due_on=date(2026, 12, 1))
    first = feeds.person_feed(ana, on=TODAY)
    assert feeds.person_feed(ana, on=TODAY) == first
    Touchpoint.objects.filter(pk=touchpoint.pk).update(due_on=date(2026, 12, 4))
    (before,), (after,) = read(first).vevent_list, read(feeds.person_feed(ana, on=TODAY)).vevent_list
    assert (before.uid.value, after.dtstart.value) == (after.uid.value, date(2026, 12, 4))


def test_the_number_of_statements_is_the_same_for_1_and_30(ana: User) -> None:
    client, counts = make_client(adviser=ana), []
    for number in (1, 29):
        for _row in range(number):
            make_touchpoint(client=client, due_on=TODAY)
        # Read anew: what one request knows of its user another does not.
        reader = User.objects.select_related("firm").get(pk=ana.pk)
        with CaptureQueriesContext(connection) as captured:
            feeds.person_feed(reader, on=TODAY)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 5


def uids(user: User) -> list[str]:
    reader = User.objects.select_related("firm").get(pk=user.pk)
    return [event.uid.value for event in read(feeds.person_feed(reader, on=TODAY)).contents.get("vevent", [])]


def named(*touchpoints: Touchpoint) -> list[str]:
    return [f"touchpoint-{touchpoint.pk}@localhost" for touchpoint in touchpoints]


def test_at_its_limit_a_feed_holds_what_comes_before_what_was_and_of_both_the_nearest(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_client(adviser=ana)
    days = [date(2026, 10, 1), date(2026, 11, 20), TODAY, date(2026, 11, 24), date(2027, 6, 1)]
    _oldest, past, today, tomorrow, summer = (make_touchpoint(client=client, due_on=day) for day in days)
    for most, held in ((2, [today, tomorrow]), (3, [today, tomorrow, summer]), (4, [past, today, tomorrow, summer])):
        monkeypatch.setattr(feeds, "MOST", most)
        assert uids(ana) == named(*held)


def test_an_administrators_feed_is_of_their_own_clients_of_those_they_cover_and_of_what_they_were_asked(ana: User, alice: User) -> None:
    carl = make_user(name="Carl Cyr", role="adviser")
    mine, hers, his, asked = (make_touchpoint(client=make_client(adviser=adviser), due_on=TODAY) for adviser in (alice, ana, carl, carl))
    Touchpoint.objects.filter(pk=asked.pk).update(assigned_to=alice)
    assert uids(alice) == named(mine, asked)
    add_absence(user=ana, starts_on=TODAY, ends_on=TODAY, by=ana, covered_by=alice)
    assert uids(alice) == named(mine, hers, asked)
    assert uids(carl) == named(his)


def test_a_secret_address_shows_the_feed_until_it_is_ended(ana: User) -> None:
    make_touchpoint(client=make_client(adviser=ana, name="Roy, Lucie"), due_on=TODAY)
    browser = Browser()
    browser.force_login(ana)
    address = browser.post(reverse("own_feed")).context["new_address"].split("8000")[1]
    response = Browser().get(address)
    assert (response.status_code, response["Content-Type"], response["Cache-Control"]) == (200, "text/calendar; charset=utf-8", "no-store, private")
    assert "Roy" in response.content.decode()
    browser.post(reverse("own_feed_close"))
    assert Browser().get(address).status_code == 404


def test_who_left_or_may_no_longer_see_the_queue_has_no_feed(ana: User) -> None:
    key = links.open_feed(by=ana)
    User.objects.filter(pk=ana.pk).update(is_active=False)
    assert Browser().get(reverse("person_feed", args=[key])).status_code == 404


def test_a_caldav_server_keeps_a_whole_feed_and_finds_by_day_what_it_holds(ana: User, tmp_path: Path) -> None:
    client = make_client(adviser=ana, name=AWKWARD, people=False)
    for number in range(20):
        make_touchpoint(client=client, due_on=date(2027, 3, 1) + timedelta(days=number), channel="video")
    agree(Touchpoint.objects.earliest("due_on"), ana, datetime(2027, 3, 15, 14, tzinfo=UTC))
    add_absence(user=ana, starts_on=date(2027, 7, 1), ends_on=date(2027, 7, 15), by=ana)
    content = feeds.person_feed(ana, on=TODAY)
    with running_caldav(tmp_path) as server:
        answer = server.put(f"{server.url}ana/feed/", content.decode(), {"Content-Type": "text/calendar; charset=utf-8"})
        assert answer.status == 201
        kept = server.calendar(url=f"{server.url}ana/feed/")
        found = {event.vobject_instance.vevent.uid.value: event.vobject_instance.vevent for event in kept.events()}
        written = {event.uid.value: event for event in read(content).vevent_list}
        assert {uid: (event.summary.value, event.dtstart.value) for uid, event in found.items()} == {
            uid: (event.summary.value, event.dtstart.value) for uid, event in written.items()
        }
        at_ten = kept.search(start=datetime(2027, 3, 15, 13, 59, tzinfo=UTC), end=datetime(2027, 3, 15, 14, 1, tzinfo=UTC), event=True)
        assert str(Touchpoint.objects.filter(appointments__isnull=False).get().appointments.get().uid) in {
            event.vobject_instance.vevent.uid.value for event in at_ten
        }
        away = kept.search(start=datetime(2027, 7, 15, 12, tzinfo=UTC), end=datetime(2027, 7, 15, 13, tzinfo=UTC), event=True)
        assert [event.vobject_instance.vevent.summary.value for event in away] == ["Away"]
