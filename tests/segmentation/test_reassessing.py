"""Nobody is left unlooked at: who waits for a reassessment, what it does, and that it is done once."""

import threading
from datetime import date, timedelta

import pytest
from django.db import connections

from clients.models import Client
from firms.wall import acting_for
from segmentation.drift import ReasonMissing
from segmentation.models import Assignment, Drift, Reassessment, Scheme
from segmentation.overriding import ExpiryRefused, NotPlaced, override_segment
from segmentation.publishing import firm_today
from segmentation.reassessing import (
    NothingToChange,
    Progress,
    a_year_after,
    a_year_before,
    due_for_reassessment,
    keep_as_is,
    progress_by_adviser,
    reassess_client,
)
from tests import factories
from tests.segmentation.drifting import by_night, make_drifting, publish
from tests.segmentation.rows import make_book, periods


def told() -> list[tuple[str, str, str, str]]:
    rows = Reassessment.objects.order_by("pk").select_related("segment", "client")
    return [(row.client.name, row.outcome, row.segment.name_en, row.note) for row in rows]


def test_a_year_after_and_before_a_leap_day():
    assert (a_year_after(date(2028, 2, 29)), a_year_before(date(2028, 2, 29))) == (date(2029, 2, 28), date(2027, 2, 28))
    assert (a_year_after(date(2026, 12, 31)), a_year_before(date(2026, 1, 1))) == (date(2027, 12, 31), date(2025, 1, 1))


def test_keeping_a_client_that_did_not_change_asks_no_reason_and_moves_the_next_review_on(alice):
    (client,) = make_book(alice, [5], next_review_on=date(2026, 1, 5))
    scheme = publish(alice)
    reassess_client(client=client, scheme=scheme, outcome="kept", by=alice)
    assert told() == [("Client 0", "kept", "Middle", "")]
    assert Client.objects.get(pk=client.pk).next_review_on == a_year_after(firm_today(alice.firm_id))
    assert periods(client) == [("Middle", "computed", "2026-03-01", None)]


def test_keeping_a_drifting_client_says_why_and_settles_the_drift(alice):
    scheme = publish(alice)
    (client,) = make_drifting(alice, 1, by=alice)
    with pytest.raises(ReasonMissing):
        reassess_client(client=client, scheme=scheme, outcome="kept", by=alice)
    assert (told(), Client.objects.get(pk=client.pk).next_review_on) == ([], None)
    reassess_client(client=client, scheme=scheme, outcome="kept", note="Retires in May", by=alice)
    drift = Drift.objects.get()
    assert (drift.state, drift.reason, drift.by) == ("kept", "Retires in May", alice)


def test_changing_moves_to_the_computed_segment_out_of_an_override_too(alice):
    scheme, today = publish(alice), firm_today(alice.firm_id)
    first, second = make_drifting(alice, 2, by=alice)
    override_segment(client=second, segment=scheme.segments.get(rank=3), reason="Why", expires_on=today + timedelta(days=9), by=alice)
    for client in (first, second):
        reassess_client(client=client, scheme=scheme, outcome="changed", by=alice)
    assert [(name, outcome, segment) for name, outcome, segment, _note in told()] == [("Client 0", "changed", "Top"), ("Client 1", "changed", "Top")]
    assert [periods(client)[-1][:2] for client in (first, second)] == [("Top", "computed"), ("Top", "computed")]
    assert Drift.objects.count() == 0
    with pytest.raises(NothingToChange):
        reassess_client(client=first, scheme=scheme, outcome="changed", by=alice)


def test_placing_by_decision_is_an_override_with_its_refusals(alice):
    (client,) = make_book(alice, [5])
    scheme, today = publish(alice), firm_today(alice.firm_id)
    top = scheme.segments.get(rank=1)
    with pytest.raises(ExpiryRefused):
        reassess_client(client=client, scheme=scheme, outcome="overridden", note="Why", segment=top, expires_on=today, by=alice)
    with pytest.raises(NotPlaced):
        reassess_client(client=client, scheme=scheme, outcome="overridden", note="Why", by=alice)
    assert told() == []
    reassess_client(client=client, scheme=scheme, outcome="overridden", note="Why", segment=top, expires_on=today + timedelta(days=9), by=alice)
    assert (told(), periods(client)[-1][:2]) == ([("Client 0", "overridden", "Top", "Why")], ("Top", "override"))


def backdate(days: int, *clients: Client) -> None:
    """Placed for the first time so many days ago."""
    chosen = Assignment.objects.filter(client__in=clients) if clients else Assignment.objects.all()
    for row in chosen:
        Assignment.objects.filter(pk=row.pk).update(starts_on=firm_today(row.firm_id) - timedelta(days=days))


def waiting(user, scheme) -> list[str]:
    return list(due_for_reassessment(user, scheme=scheme, today=firm_today(user.firm_id)).order_by("name").values_list("name", flat=True))


def test_who_waits_twelve_months_after_the_last_time_or_the_first_placement(alice):
    old, recent, looked_at, long_ago, archived = make_book(alice, [5] * 5)
    scheme = publish(alice)
    today = firm_today(alice.firm_id)
    backdate(800, old, looked_at, long_ago, archived)
    backdate(364, recent)
    segment = scheme.segments.get(rank=2)
    for client, day in ((looked_at, today - timedelta(days=200)), (long_ago, a_year_before(today)), (long_ago, today - timedelta(days=700))):
        Reassessment.objects.create(client=client, scheme=scheme, segment=segment, on=day, by=alice, outcome="kept")
    Client.objects.filter(pk=archived.pk).update(archived_at="2026-01-01T00:00Z")
    assert waiting(alice, scheme) == ["Client 0", "Client 3"]
    assert waiting(factories.make_user(), scheme) == []


def test_those_without_drift_are_kept_at_once_the_others_are_left(alice):
    scheme = publish(alice)
    drifting = make_drifting(alice, 1, by=alice)[0]
    still = make_book(alice, [5, 9], next_review_on=date(2026, 1, 5))
    (theirs,) = make_book(factories.make_user(name="Zoé"), [5])
    by_night(alice)
    backdate(400)
    adviser = factories.make_user(name="Anna")
    Client.objects.filter(pk__in=[still[0].pk, still[1].pk, drifting.pk]).update(adviser=adviser)
    chosen = [drifting.pk, *(client.pk for client in still), theirs.pk]
    kept = keep_as_is(clients=chosen, scheme=scheme, by=adviser)
    assert (kept.done, kept.passed) == (2, 2)
    assert [(row.client_id, row.outcome, row.by) for row in Reassessment.objects.order_by("client_id")] == [(c.pk, "kept", adviser) for c in still]
    assert set(Client.objects.filter(pk__in=[c.pk for c in still]).values_list("next_review_on", flat=True)) == {
        a_year_after(firm_today(alice.firm_id))
    }
    assert keep_as_is(clients=chosen, scheme=scheme, by=adviser).done == 0


def test_progress_by_adviser(alice):
    anna, zoe = factories.make_user(name="Anna"), factories.make_user(name="Zoé")
    scheme = publish(alice)
    make_drifting(anna, 1, by=alice)
    make_book(anna, [5, 5])
    (done,) = make_book(zoe, [5])
    by_night(alice)
    backdate(400)
    reassess_client(client=done, scheme=scheme, outcome="kept", by=alice)
    today = firm_today(alice.firm_id)
    assert progress_by_adviser(alice, scheme=scheme, today=today) == [Progress(anna.pk, "Anna", 3, 3, 1), Progress(zoe.pk, "Zoé", 1, 0, 0)]
    assert [row.adviser for row in progress_by_adviser(zoe, scheme=scheme, today=today)] == ["Zoé"]


@pytest.mark.django_db(transaction=True)
def test_two_people_keeping_the_same_clients_reassess_each_once():
    firm = factories.make_firm(name="Alpha Conseil")
    with acting_for(firm.pk):
        alice = factories.make_user(role="admin", name="Alice")
        clients = [client.pk for client in make_book(alice, [5] * 20)]
        publish(alice)
        backdate(400)
    gate, done = threading.Barrier(2), []

    def keep(order):
        try:
            gate.wait()
            with acting_for(firm.pk):
                done.append(keep_as_is(clients=order, scheme=Scheme.objects.get(), by=alice).done)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=keep, args=(order,)) for order in (clients, clients[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with acting_for(firm.pk):
        assert (sorted(done), Reassessment.objects.count()) == ([0, 20], 20)
