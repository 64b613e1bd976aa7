"""An override has a reason and an end; the same day leaves no empty period; what is refused writes nothing."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from segmentation.models import Assignment
from segmentation.overriding import ExpiryRefused, NoOverride, NotPlaced, ReasonMissing, end_override, override_segment
from segmentation.publishing import firm_today, publish_version
from tests import factories
from tests.segmentation.rows import make_book, make_draft, periods

MARCH = date(2026, 3, 1)


@pytest.fixture
def placed(alice):
    (client,) = make_book(alice, [5])
    scheme = publish_version(version=make_draft(), by=alice, on=MARCH).version.scheme
    return client, scheme, firm_today(alice.firm_id)


def test_an_override_begins_today_and_ending_it_another_day_returns_to_the_computed_segment(alice, placed, time_machine):
    client, scheme, today = placed
    override_segment(client=client, segment=scheme.segments.get(rank=1), reason="  A promise  ", expires_on=today + timedelta(days=9), by=alice)
    row = Assignment.objects.get(client=client, ends_on=None)
    assert (row.reason, row.by, row.expires_on, row.score, row.source) == ("A promise", alice, today + timedelta(days=9), Decimal(50), "override")
    time_machine.move_to(timezone.now() + timedelta(days=2))
    end_override(client=client, scheme_id=scheme.pk, by=alice)
    later = today + timedelta(days=2)
    assert periods(client) == [
        ("Middle", "computed", "2026-03-01", today.isoformat()),
        ("Top", "override", today.isoformat(), later.isoformat()),
        ("Middle", "computed", later.isoformat(), None),
    ]


def test_set_changed_and_ended_the_same_day_leaves_one_period_of_that_day(alice, placed):
    client, scheme, today = placed
    for rank in (1, 3):
        override_segment(client=client, segment=scheme.segments.get(rank=rank), reason="Why", expires_on=today + timedelta(days=9), by=alice)
    end_override(client=client, scheme_id=scheme.pk, by=alice)
    assert periods(client) == [("Middle", "computed", "2026-03-01", today.isoformat()), ("Middle", "computed", today.isoformat(), None)]


@pytest.mark.parametrize(
    ("reason", "days", "refusal"), [(" ", 9, ReasonMissing), ("Why", 0, ExpiryRefused), ("Why", -1, ExpiryRefused), ("Why", 800, ExpiryRefused)]
)
def test_an_override_without_reason_or_with_a_wrong_end_is_refused(alice, placed, reason, days, refusal):
    client, scheme, today = placed
    with pytest.raises(refusal):
        override_segment(client=client, segment=scheme.segments.get(rank=1), reason=reason, expires_on=today + timedelta(days=days), by=alice)
    assert periods(client) == [("Middle", "computed", "2026-03-01", None)]


def test_a_client_the_scheme_does_not_place_cannot_be_overridden(alice, placed):
    _, scheme, today = placed
    former = factories.make_client(adviser=alice, status="former")
    with pytest.raises(NotPlaced):
        override_segment(client=former, segment=scheme.segments.get(rank=1), reason="Why", expires_on=today + timedelta(days=9), by=alice)
    assert periods(former) == []


def test_ending_what_is_not_overridden_is_refused(alice, placed):
    client, scheme, _ = placed
    with pytest.raises(NoOverride):
        end_override(client=client, scheme_id=scheme.pk, by=alice)
