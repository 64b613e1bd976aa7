"""Who is silent, who soon will be, and what ends soon."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client, Interaction
from firms.models import Firm, Support, User
from firms.wall import enter_firm
from service_matrix.models import Promise
from tests import factories
from tests.factories import make_client, make_user
from tests.touchpoints import gap_oracle, planning_factories
from tests.touchpoints.rows import TODAY, make_segment, make_touchpoint, make_type
from tests.touchpoints.test_planning_oracle import STARTS, World
from touchpoints.gaps import PAGE_SIZE, SILENT, SOON, Place, WindowPlace, closing_windows, find_gaps, with_actions
from touchpoints.models import Status, Touchpoint
from touchpoints.planning import reconcile


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def world(alice: User) -> SimpleNamespace:
    """VIP: monthly calls that count for 14 days (45 days at most), a yearly meeting, a weekly letter. Gold: a letter alone."""
    vip, gold = make_segment(firm_id=alice.firm_id), make_segment(firm_id=alice.firm_id, rank=2)
    call, letter = make_type(firm_id=alice.firm_id), make_type(firm_id=alice.firm_id, key="letter", channel="email")
    meeting = make_type(firm_id=alice.firm_id, key="meeting", channel="in_person")
    planning_factories.publish(
        {
            (vip, call): {"times": 12},
            (vip, meeting): {"times": 1, "window_days": 60},
            (vip, letter): {"times": 52, "window_days": 1},
            (gold, letter): 1,
        }
    )
    return SimpleNamespace(firm=Firm.objects.get(pk=alice.firm_id), admin=alice, ana=make_user(name="Ana"), vip=vip, gold=gold, letter=letter)


def place(world: SimpleNamespace, *, last: int | None, channel: str = "phone", segment: Any = None, **fields: Any) -> Client:
    """A client served for a year, last contacted so many days ago."""
    client = make_client(adviser=fields.pop("adviser", world.ana), **fields)
    planning_factories.place(client, segment or world.vip, since=TODAY - timedelta(days=365))
    if last is not None:
        contact(world, client, days_ago=last, channel=channel)
    return client


def contact(world: SimpleNamespace, client: Client, *, days_ago: int, channel: str = "phone") -> Interaction:
    moment = datetime(2026, 11, 23, 14, tzinfo=UTC) - timedelta(days=days_ago)
    return log_interaction(client=client, by=world.ana, draft=InteractionDraft(channel=channel, subject="News", happened_at=moment))


def told(world: SimpleNamespace, view: str | None = None, **fields: Any) -> list[tuple[Client, int]]:
    page = find_gaps(user=world.admin, on=TODAY, books=None, view=view, **fields)
    return [(gap.client, gap.over) for gap in page.rows]


def test_a_silence_is_what_the_closest_promise_leaves(world):
    place(world, last=30)
    soon, last_day, silent, never = (place(world, last=days) for days in (31, 45, 46, None))
    place(world, last=400, segment=world.gold)
    assert told(world, SILENT) == [(never, 320), (silent, 1)]
    assert told(world, SOON) == [(last_day, 0), (soon, -14)]
    page = find_gaps(user=world.admin, on=TODAY, books=None)
    assert (page.silent, page.soon, [gap.client for gap in page.rows]) == (2, 2, [never, silent, last_day, soon])


def test_a_newsletter_is_no_conversation_and_a_message_of_its_own_is(world):
    silent, written = place(world, last=100), place(world, last=20, channel="email")
    sent = contact(world, silent, days_ago=2, channel="email")
    make_touchpoint(client=silent, status="done", channel="email", touchpoint_type=world.letter, interaction=sent)
    assert told(world) == [(silent, 55)]
    found = with_actions(find_gaps(user=world.admin, on=TODAY, books=None).rows, user=world.admin)
    assert [(gap.last_contact.subject, gap.since) for gap in found if gap.last_contact] == [("News", TODAY - timedelta(days=100))]
    assert written.pk not in [gap.client.pk for gap in found]


def test_who_is_no_longer_served_is_not_silent(world):
    place(world, last=100, archived_at=datetime(2026, 1, 1, tzinfo=UTC))
    place(world, last=100, status="former")
    prospect = place(world, last=100, status="prospect")
    assert told(world) == [(prospect, 55)]


def test_without_a_matrix_nobody_is_silent(world):
    place(world, last=100)
    Promise.objects.all().delete()
    page = find_gaps(user=world.admin, on=TODAY, books=None)
    assert (page.rows, page.silent, page.soon) == ([], 0, 0)


def test_books_are_kept_apart(world):
    mine, other = place(world, last=60), place(world, last=70, adviser=make_user(name="Paul"))
    assert [gap.client for gap in find_gaps(user=world.ana, on=TODAY, books=[world.ana.pk]).rows] == [mine]
    assert find_gaps(user=world.ana, on=TODAY, books=[]).rows == []
    assert {client for client, _over in told(world)} == {mine, other}


def test_the_list_goes_on_where_the_page_ended(world):
    clients = [place(world, last=60 + number % 3, people=False) for number in range(PAGE_SIZE + 5)]
    first = find_gaps(user=world.admin, on=TODAY, books=None, view=SILENT)
    second = find_gaps(user=world.admin, on=TODAY, books=None, view=SILENT, after=first.following)
    assert (len(first.rows), len(second.rows), second.following, second.silent) == (PAGE_SIZE, 5, None, len(clients))
    assert sorted(gap.client.pk for gap in first.rows + second.rows) == sorted(client.pk for client in clients)


@pytest.mark.parametrize(
    "text", ["", "1", "0_1_x_1", "9_1_2026-01-01_1", "0_1_2026-01-01_-4", "0_99999_2026-01-01_4", "0_1_2026-01-01_99999999999999999999"]
)
def test_a_place_that_cannot_be_read_is_the_first_page(text):
    assert Place.parse(text) is None
    assert WindowPlace.parse(text.removeprefix("0_1_").removeprefix("9_1_")) is None


def test_windows_about_to_close_come_soonest_first(world):
    in_ten, tomorrow = make_touchpoint(adviser=world.ana, window_days=10), make_touchpoint(adviser=world.ana, window_days=1, rank=4)
    make_touchpoint(adviser=world.ana, window_days=15)
    make_touchpoint(adviser=world.ana, window_days=1, status=Status.DONE)
    make_touchpoint(adviser=world.ana, due_on=TODAY - timedelta(days=9), window_days=8)
    assert closing_windows(user=world.admin, on=TODAY, books=None).rows == [tomorrow, in_ten]
    for number in range(PAGE_SIZE):
        make_touchpoint(adviser=world.ana, window_days=2, rank=1 + number % 3)
    first = closing_windows(user=world.admin, on=TODAY, books=[world.ana.pk])
    second = closing_windows(user=world.admin, on=TODAY, books=[world.ana.pk], after=first.following)
    rows = first.rows + second.rows
    assert (len(first.rows), len(rows), len({row.pk for row in rows}), rows[0], rows[-1]) == (
        PAGE_SIZE,
        PAGE_SIZE + 2,
        PAGE_SIZE + 2,
        tomorrow,
        in_ten,
    )
    assert [row.segment.rank for row in rows[1:-1]] == sorted(row.segment.rank for row in rows[1:-1])


def test_the_pages_show_the_books_one_works_for_and_those_one_may_see(client: Browser, world):
    paul = make_user(name="Paul")
    place(world, last=60, name="Gagnon")
    place(world, last=60, name="Tremblay", adviser=paul)
    place(world, last=40, name="Élie")
    make_touchpoint(client=Client.objects.get(name="Gagnon"), window_days=3)
    client.force_login(world.ana)
    silent, soon, windows = (client.get(address).content.decode() for address in ("/gaps/", "/gaps/soon/", "/gaps/windows/"))
    assert ["Gagnon" in page for page in (silent, soon, windows)] == [True, False, True]
    assert ["Tremblay" in page for page in (silent, soon, windows)] == [False, False, False]
    assert "15 days over" in silent
    assert "5 days" in soon
    for asked in (f"?adviser={paul.pk}", "?adviser=all", "?adviser=99999999999999999999"):
        assert "Tremblay" not in client.get(f"/gaps/{asked}").content.decode()
    client.force_login(world.admin)
    assert "Tremblay" in client.get("/gaps/").content.decode()
    chosen = client.get(f"/gaps/?adviser={paul.pk}").content.decode()
    assert "Tremblay" in chosen
    assert "Gagnon" not in chosen
    assistant = make_user(role="assistant")
    Support.objects.create(assistant=assistant, adviser=paul)
    client.force_login(assistant)
    assert "Tremblay" in client.get("/gaps/").content.decode()
    assert "Gagnon" not in client.get("/gaps/?adviser=all").content.decode()


def test_one_click_takes_on_what_comes_next(client: Browser, world):
    touchpoint = make_touchpoint(client=place(world, last=60))
    client.force_login(world.ana)
    assert f'action="/queue/{touchpoint.pk}/claim/"' in client.get("/gaps/").content.decode()
    client.post(f"/queue/{touchpoint.pk}/claim/")
    touchpoint.refresh_from_db()
    assert (touchpoint.status, touchpoint.claimed_by) == ("claimed", world.ana)


def test_the_pages_take_as_many_statements_for_thirty_clients_as_for_one(client: Browser, world, django_assert_max_num_queries):
    client.force_login(world.admin)
    client.get("/gaps/")
    for count in (1, 30):
        for _ in range(count):
            make_touchpoint(client=place(world, last=60), window_days=4)
            make_touchpoint(client=place(world, last=40), window_days=4)
        for address in ("/gaps/", "/gaps/soon/", "/gaps/windows/"):
            # Twelve, and the savepoint that stands for BEGIN and COMMIT.
            with django_assert_max_num_queries(14):
                assert client.get(address).status_code == 200


SEEDS = st.integers(0, 2**20)


def talk(world: World) -> None:
    """Clients are met, called and written to; some of it completes a touchpoint."""
    chance = Random(world.draw(SEEDS))
    for client in Client.objects.order_by("pk"):
        for _ in range(chance.randint(0, 3)):
            hour = datetime.combine(world.start - timedelta(days=chance.randint(0, 400)), datetime.min.time(), tzinfo=UTC)
            said = Interaction.objects.create(
                client=client, by=world.advisers[0], subject="News", channel=chance.choice(["phone", "email", "post", "event"]),
                happened_at=hour + timedelta(hours=chance.choice([2, 12, 22])),
            )  # fmt: skip
            fulfilled = Touchpoint.objects.filter(client=client, status="planned").order_by("due_on").first()
            if fulfilled and chance.random() < 0.5:
                Touchpoint.objects.filter(pk=fulfilled.pk).update(status="done", closed_at=said.happened_at, interaction=said)


def promise_otherwise(world: World) -> None:
    """Channels, intervals and events, which the planner's own worlds do not have."""
    chance = Random(world.draw(SEEDS))
    for promise in Promise.objects.order_by("pk"):
        terms: dict[str, Any] = chance.choice(
            [{}, {"every": 5, "every_unit": "weeks", "times": 10}, {"every": 4, "every_unit": "months", "times": 3}, {"anchor": "event"}]
        )
        Promise.objects.filter(pk=promise.pk).update(channel=chance.choice(["phone", "in_person", "email"]), **terms)


EVENTS = (*(event for event in World.EVENTS if event is not World.work), talk, talk, talk, talk, promise_otherwise, promise_otherwise)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_the_gaps_are_what_the_oracle_says(alice: User, data: st.DataObject) -> None:
    with transaction.atomic():
        firm = factories.make_firm(name="Random", region=data.draw(st.sampled_from(["CA-QC", "FR"])))
        world = World(data.draw, firm, data.draw(STARTS))
        reconcile(firm_id=firm.pk, start=world.start, months=3)
        for _ in range(2):
            for _ in range(data.draw(st.integers(1, 8))):
                data.draw(st.sampled_from(EVENTS))(world)
            books = world.one_of([None, None, [world.advisers[0].pk]])
            page = find_gaps(user=world.advisers[0], on=world.start, books=books)
            found = [
                gap_oracle.Expected(
                    0 if gap.is_silent else 1, gap.segment.rank, gap.since + timedelta(days=gap.allowed), gap.client.pk, gap.since, gap.allowed
                )
                for gap in page.rows
            ]
            expected = gap_oracle.expect(firm=firm, today=world.start, books=books)
            assert found == expected
            assert (page.silent, page.soon) == (sum(not each.section for each in expected), sum(each.section for each in expected))
        transaction.set_rollback(True)
    enter_firm(alice.firm_id)


def test_days_are_those_of_the_firm(world):
    """A call at 22:30 in Montréal belongs to that evening, although the clock in Greenwich says the next day."""
    client = place(world, last=None)
    moment = datetime(2026, 10, 9, 2, 30, tzinfo=UTC)
    log_interaction(client=client, by=world.ana, draft=InteractionDraft(channel="phone", subject="News", happened_at=moment))
    assert [gap.since for gap in find_gaps(user=world.admin, on=TODAY, books=None).rows] == [date(2026, 10, 8)]
