"""The client's history tells who placed it where, why and until when; what a later decision of the day replaced stays."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone, translation

from clients.history import history_of
from clients.models import Client
from firms.wall import enter_firm
from segmentation.models import Assignment
from segmentation.overriding import end_override, override_segment
from segmentation.publishing import firm_today, publish_version, start_draft
from tests import factories
from tests.segmentation.rows import make_book, make_draft, make_scheme

MARCH = date(2026, 3, 1)
Replaced = apps.get_model("segmentation", "AssignmentEvent")


@pytest.fixture
def placed(alice):
    """One client, in the middle segment since March, by Alice's publication."""
    (client,) = make_book(alice, [5])
    scheme = publish_version(version=make_draft(), by=alice, on=MARCH).version.scheme
    return client, scheme


def told(client, firm):
    """(who, what was done, its lines by label) of each placement, newest first."""
    with translation.override("en"):
        changes = [change for change in history_of(client, firm=firm) if change.what == "Segment"]
    return [(change.who, change.said, {line.label: (line.before, line.after) for line in change.lines}) for change in changes]


def test_a_publication_says_who_placed_the_client_where_by_which_rules(alpha, placed):
    client, _scheme = placed
    assert told(client, alpha) == [
        ("Alice Roy", "placed by the rules", {"Levels": ("", "Middle"), "Rules": ("", "version 1"), "From": ("", "Mar 1, 2026")})
    ]


def test_an_override_says_why_and_until_when(alpha, placed):
    client, scheme = placed
    camille = factories.make_user(name="Camille Gagné", role="admin")
    today = firm_today(alpha.pk)
    override_segment(client=client, segment=scheme.segments.get(rank=1), reason="A promise", expires_on=date(today.year + 1, 1, 5), by=camille)
    newest, oldest = told(client, alpha)
    assert newest[:2] == ("Camille Gagné", "placed by decision")
    assert {label: newest[2][label] for label in ("Levels", "Reason", "Decided until")} == {
        "Levels": ("Middle", "Top"),
        "Reason": ("", "A promise"),
        "Decided until": ("", f"Jan 5, {today.year + 1}"),
    }
    assert "Ended" in oldest[2]


def test_what_a_later_decision_of_the_same_day_replaced_is_not_lost(alpha, alice, placed):
    client, scheme = placed
    today = firm_today(alpha.pk)
    for rank, reason in ((1, "First thought"), (3, "Second thought")):
        override_segment(client=client, segment=scheme.segments.get(rank=rank), reason=reason, expires_on=today + timedelta(days=9), by=alice)
    end_override(client=client, scheme_id=scheme.pk, by=alice)
    assert Assignment.objects.filter(client=client).count() == 2
    assert [
        (said, lines["Levels"], lines.get("Reason", ("", ""))[1], "Replaced the same day" in lines) for _who, said, lines in told(client, alpha)
    ] == [
        ("placed by the rules", ("Rest", "Middle"), "", False),
        ("placed by decision", ("Top", "Rest"), "Second thought", True),
        ("placed by decision", ("Middle", "Top"), "First thought", True),
        ("placed by the rules", ("", "Middle"), "", False),
    ]


def test_two_publications_of_one_day_both_stay(alpha, alice):
    (client,) = make_book(alice, [5])
    scheme = make_scheme()
    publish_version(version=make_draft(scheme), by=alice)
    Client.objects.filter(pk=client.pk).update(potential=9)
    camille = factories.make_user(name="Camille Gagné", role="admin")
    publish_version(version=start_draft(scheme=scheme), by=camille)
    assert [(who, lines["Levels"][1], lines["Rules"][1]) for who, _said, lines in told(client, alpha)] == [
        ("Camille Gagné", "Top", "version 2"),
        ("Alice Roy", "Middle", "version 1"),
    ]


def test_placing_and_ending_fire_no_row_trigger(alice, placed):
    """A bulk placement pays for nothing: rows that come, and rows that only end, leave nothing aside."""
    client, scheme = placed
    make_book(alice, list(range(1, 11)))
    publish_version(version=start_draft(scheme=scheme), by=alice, on=MARCH + timedelta(days=1))
    Client.objects.filter(pk=client.pk).update(potential=9)
    publish_version(version=start_draft(scheme=scheme), by=alice, on=MARCH + timedelta(days=2))
    assert Assignment.objects.filter(client=client).count() == 2
    assert Replaced.objects.count() == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'segmentation_assignment'::regclass AND NOT tgisinternal AND tgtype & 4 <> 0")
        assert cursor.fetchone() == (0,)


def test_what_was_replaced_is_behind_the_wall(alice, placed, beta):
    client, scheme = placed
    today = firm_today(alice.firm_id)
    for rank in (1, 3):
        override_segment(client=client, segment=scheme.segments.get(rank=rank), reason="Why", expires_on=today + timedelta(days=9), by=alice)
    assert Replaced.objects.count() == 1
    enter_firm(beta.pk)
    assert Replaced.objects.count() == 0


def test_placements_stand_among_the_other_changes_in_order_of_time(alpha, placed):
    client, _scheme = placed
    Assignment.objects.filter(client=client).update(created_at=timezone.now() + timedelta(minutes=1))
    with translation.override("en"):
        assert [change.what for change in history_of(client, firm=alpha)] == ["Segment", "Client"]


def test_another_clients_placements_stay_out(alpha, alice, placed):
    client, _scheme = placed
    other = factories.make_client(adviser=alice)
    assert told(other, alpha) == []
    assert len(told(client, alpha)) == 1


def test_the_page_shows_it_in_french_with_as_many_statements_for_one_decision_as_for_many(client, alice, placed, django_assert_max_num_queries):
    roy, scheme = placed
    reader = factories.make_user(role="admin", name="Zoé", language="fr")
    client.force_login(reader)
    address = reverse("client_history", args=[roy.pk])
    client.get(address)
    with django_assert_max_num_queries(20) as few:
        client.get(address)
    today = firm_today(alice.firm_id)
    for number in range(30):
        override_segment(
            client=roy, segment=scheme.segments.get(rank=1 + number % 3), reason=f"Raison {number}", expires_on=today + timedelta(days=9), by=alice
        )
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = client.get(address).content.decode()
    assert [text in page for text in ("Raison 0", "Raison 29", "classé par décision", "Levels (fr)")] == [True] * 4


def test_the_score_and_the_reasons_of_what_was_replaced_are_kept(alice, placed):
    client, scheme = placed
    today = firm_today(alice.firm_id)
    override_segment(client=client, segment=scheme.segments.get(rank=1), reason="Why", expires_on=today + timedelta(days=9), by=alice)
    end_override(client=client, scheme_id=scheme.pk, by=alice)
    row = Replaced.objects.get()
    assert (row.source, row.score, bool(row.inputs), row.by_id) == ("override", Decimal(50), True, alice.pk)
