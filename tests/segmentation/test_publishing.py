"""Publishing places everybody once, from today, whoever else publishes; nights follow the data and move nobody."""

import threading
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connections
from django.utils import timezone

from clients.models import Client
from firms.jobs import run_job
from firms.models import Job, PlanningRequest
from firms.wall import acting_for
from segmentation import publishing
from segmentation.models import Assignment, Placement, Scheme, SchemeVersion
from segmentation.overriding import override_segment
from segmentation.presets import PRESETS, create_from_preset, preset
from segmentation.publishing import AlreadyPublished, RulesRefused, StaleDraft, publish_version, save_draft, start_draft
from segmentation.rules import load_rules
from segmentation.tending import tend_schemes
from tests import factories
from tests.segmentation.rows import make_book, make_draft, make_rules, make_scheme, periods, potential

MARCH = date(2026, 3, 1)
APRIL = date(2026, 4, 1)


def by_name(publication):
    names = {segment.pk: segment.name_en for segment in publication.version.scheme.segments.all()}
    return {names[pk]: count for pk, count in publication.counts.items()}


def test_publishing_places_everybody_with_inputs_and_asks_the_planner(alice):
    high, low, unknown = make_book(alice, [9, 5, None])
    publication = publish_version(version=make_draft(), by=alice, on=MARCH)
    key = str(publication.version.criteria.get().pk)
    assert by_name(publication) == {"Top": 1, "Middle": 1, "Rest": 1}
    rows = Assignment.objects.order_by("client_id").values_list(
        "client_id", "segment__name_en", "source", "starts_on", "ends_on", "score", "inputs", "by"
    )
    assert list(rows) == [
        (high.pk, "Top", "computed", MARCH, None, Decimal(90), {key: [9, 90.0]}, alice.pk),
        (low.pk, "Middle", "computed", MARCH, None, Decimal(50), {key: [5, 50.0]}, alice.pk),
        (unknown.pk, "Rest", "computed", MARCH, None, Decimal(0), {key: [None, None]}, alice.pk),
    ]
    assert PlanningRequest.objects.exists()


def test_the_vip_preset_shares_1040_clients_exactly(alice):
    make_book(alice, [number % 11 for number in range(1040)], aum=Decimal(1000))
    publication = publish_version(version=create_from_preset(preset("vip")), by=alice)
    assert by_name(publication) == {"VIP": 104, "Gold": 312, "Silver": 416, "Bronze": 208}


@pytest.mark.parametrize("chosen", PRESETS, ids=lambda chosen: chosen.key)
def test_every_preset_can_be_published_as_it_is(alice, chosen):
    make_book(alice, [5], aum=Decimal(1000))
    assert sum(publish_version(version=create_from_preset(chosen), by=alice).counts.values()) == 1


@pytest.mark.parametrize(("aum", "segment"), [("500000.01", "Premium"), ("500000", "Standard"), ("100000", "Standard"), ("99999.99", "Acquisition")])
def test_premium_begins_above_half_a_million(alice, aum, segment):
    make_book(alice, [None], aum=Decimal(aum))
    publication = publish_version(version=create_from_preset(preset("premium")), by=alice)
    assert [name for name, count in by_name(publication).items() if count] == [segment]


def test_publishing_again_moves_only_who_changed_and_retires_the_version_before(alice):
    stays, rises = make_book(alice, [9, 5])
    first = publish_version(version=make_draft(), by=alice, on=MARCH).version
    Client.objects.filter(pk=rises.pk).update(potential=10)
    second = publish_version(version=start_draft(scheme=first.scheme), by=alice, on=APRIL)
    assert (second.assignments.moved, second.assignments.arrived, second.assignments.left) == (1, 0, 0)
    assert periods(stays) == [("Top", "computed", "2026-03-01", None)]
    assert periods(rises) == [("Middle", "computed", "2026-03-01", "2026-04-01"), ("Top", "computed", "2026-04-01", None)]
    statuses = SchemeVersion.objects.filter(scheme=first.scheme).order_by("number").values_list("number", "status")
    assert list(statuses) == [(1, "retired"), (2, "published")]


def test_publishing_twice_the_same_day_leaves_no_empty_period(alice):
    (client,) = make_book(alice, [5])
    first = publish_version(version=make_draft(), by=alice, on=MARCH).version
    Client.objects.filter(pk=client.pk).update(potential=10)
    second = publish_version(version=start_draft(scheme=first.scheme), by=alice, on=MARCH)
    assert (periods(client), second.assignments.moved) == ([("Top", "computed", "2026-03-01", None)], 1)


def test_the_first_published_scheme_drives_the_matrix_and_the_next_is_an_overlay(alice):
    first = publish_version(version=make_draft(), by=alice).version.scheme
    second = publish_version(version=make_draft(make_scheme(name="Other")), by=alice).version.scheme
    assert dict(Scheme.objects.values_list("pk", "is_service")) == {first.pk: True, second.pk: False}
    publishing.make_service_scheme(scheme=second, by=alice)
    assert dict(Scheme.objects.values_list("pk", "is_service")) == {first.pk: False, second.pk: True}


def test_a_draft_with_problems_is_refused_and_nothing_is_written(alice):
    make_book(alice, [5])
    draft = make_draft(criteria=(potential(weight=90),))
    with pytest.raises(RulesRefused) as refused:
        publish_version(version=draft, by=alice)
    assert [problem.at for problem in refused.value.problems] == ["criteria-0-weight"]
    assert (Placement.objects.count(), Assignment.objects.count(), SchemeVersion.objects.get(pk=draft.pk).status) == (0, 0, "draft")


def test_a_published_version_is_not_published_again(alice):
    version = publish_version(version=make_draft(), by=alice).version
    with pytest.raises(AlreadyPublished) as refused:
        publish_version(version=version, by=alice)
    assert refused.value.version.published_by == alice


def test_two_editors_never_overwrite_each_other(alice):
    draft = make_draft()
    rules = load_rules(draft)
    assert save_draft(version=draft, rules=rules, revision=1) == 2
    with pytest.raises(StaleDraft):
        save_draft(version=draft, rules=make_rules([cut.segment_id for cut in rules.cuts], method="quotas"), revision=1)
    with pytest.raises(StaleDraft):
        publish_version(version=draft, by=alice, revision=1)
    assert SchemeVersion.objects.get(pk=draft.pk).method == "thresholds"


def test_one_draft_a_scheme_whoever_asks(alice):
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    assert start_draft(scheme=scheme) == start_draft(scheme=scheme)


def test_a_night_follows_the_data_and_moves_nobody(alice):
    (client,) = make_book(alice, [5])
    scheme = publish_version(version=make_draft(), by=alice, on=MARCH).version.scheme
    Client.objects.filter(pk=client.pk).update(potential=10)
    assert not tend_schemes(firm_id=alice.firm_id, today=APRIL)
    assert [(p.segment.name_en, p.score) for p in Placement.objects.all()] == [("Top", Decimal(100))]
    assert periods(client) == [("Middle", "computed", "2026-03-01", None)]
    assert Scheme.objects.get(pk=scheme.pk).placed_on == APRIL


def test_newcomers_are_placed_and_leavers_leave_at_the_next_tick(alice):
    stays, leaves = make_book(alice, [5, 5])
    publish_version(version=make_draft(), by=alice, on=MARCH)
    (comes,) = make_book(alice, [9])
    Client.objects.filter(pk=leaves.pk).update(status="former")
    counts = tend_schemes(firm_id=alice.firm_id, today=MARCH + timedelta(days=1))
    assert (counts.moved, counts.arrived, counts.left) == (0, 1, 1)
    assert periods(stays) == [("Middle", "computed", "2026-03-01", None)]
    assert periods(leaves) == [("Middle", "computed", "2026-03-01", "2026-03-02")]
    assert periods(comes) == [("Top", "computed", "2026-03-02", None)]
    (later,) = make_book(alice, [2])
    tend_schemes(firm_id=alice.firm_id, today=MARCH + timedelta(days=1))
    assert periods(later) == [("Rest", "computed", "2026-03-02", None)]


def test_a_tick_with_nothing_to_do_writes_nothing(alice, django_assert_num_queries):
    make_book(alice, [5, 6])
    publish_version(version=make_draft(), by=alice, on=MARCH)
    with django_assert_num_queries(8):
        assert not tend_schemes(firm_id=alice.firm_id, today=MARCH)


def test_an_override_that_runs_out_returns_to_the_computed_segment(alice):
    (client,) = make_book(alice, [5])
    today = publishing.firm_today(alice.firm_id)
    scheme = publish_version(version=make_draft(), by=alice, on=today - timedelta(days=9)).version.scheme
    until = today + timedelta(days=3)
    override_segment(client=client, segment=scheme.segments.get(rank=1), reason="A promise", expires_on=until, by=alice)
    tend_schemes(firm_id=alice.firm_id, today=until - timedelta(days=1))
    assert periods(client)[-1] == ("Top", "override", today.isoformat(), None)
    counts = tend_schemes(firm_id=alice.firm_id, today=until)
    assert (counts.moved, counts.arrived) == (1, 0)
    assert periods(client)[1:] == [
        ("Top", "override", today.isoformat(), until.isoformat()),
        ("Middle", "computed", until.isoformat(), None),
    ]


def test_publishing_keeps_overrides(alice):
    (client,) = make_book(alice, [5])
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    until = publishing.firm_today(alice.firm_id) + timedelta(days=30)
    override_segment(client=client, segment=scheme.segments.get(rank=1), reason="A promise", expires_on=until, by=alice)
    publish_version(version=start_draft(scheme=scheme), by=alice)
    assert [segment for segment, source, _, _ in periods(client) if source == "override"] == ["Top"]


def test_a_large_book_is_published_by_a_job(alice, monkeypatch):
    monkeypatch.setattr(publishing, "LARGEST_INLINE", 1)
    make_book(alice, [5, 9])
    draft = make_draft()
    job = publishing.request_publication(version=draft, by=alice, revision=1)
    assert isinstance(job, Job)
    assert publishing.request_publication(version=draft, by=alice, revision=1) == job
    done = run_job(firm_id=alice.firm_id, job_id=job.pk)
    assert (done.status, sorted(done.counts.values())) == ("done", [0, 1, 1])
    late = Job.objects.create(kind=publishing.JOB_KIND, parameters={"version": draft.pk, "revision": 1}, created_by=alice)
    second = run_job(firm_id=alice.firm_id, job_id=late.pk)
    assert (second.status, second.error, second.counts) == ("done", "", done.counts)


BOTH_ROLES = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


@pytest.fixture
def committed():
    """A firm with a book and a draft that other connections see."""
    firm = factories.make_firm(name="Alpha Conseil")
    with acting_for(firm.pk):
        admins = [factories.make_user(role="admin", name=name) for name in ("Alice", "Anna")]
        make_book(admins[0], [number % 11 for number in range(200)])
        draft = make_draft(method="quotas", quotas=(10, 40, 50))
    return firm, admins, draft


def together(*acts):
    """Run each in a thread of its own, at once; return what each said."""
    barrier, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        try:
            barrier.wait()
            answers[number] = act()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number, act)) for number, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@BOTH_ROLES
def test_two_admins_publish_at_once_and_are_told_the_same_result(committed):
    firm, admins, draft = committed

    def publish(by):
        with acting_for(firm.pk):
            try:
                return "published", publish_version(version=draft, by=by).version.published_by
            except AlreadyPublished as first:
                return "already", first.version.published_by

    answers = together(*(lambda by=by: publish(by) for by in admins))
    assert sorted(said for said, _ in answers) == ["already", "published"]
    assert len({who for _, who in answers}) == 1
    with acting_for(firm.pk):
        assert Counter(Assignment.objects.filter(ends_on=None).values_list("segment__name_en", flat=True)) == {"Top": 20, "Middle": 80, "Rest": 100}
        assert (Assignment.objects.count(), Placement.objects.count()) == (200, 200)


@BOTH_ROLES
def test_publishing_nights_and_overrides_at_once_leave_one_current_segment_each(committed):
    firm, admins, draft = committed
    with acting_for(firm.pk):
        scheme = publish_version(version=draft, by=admins[0], on=MARCH).version.scheme
        top = scheme.segments.get(rank=1)
        clients = list(Client.objects.order_by("pk")[:8])
        Client.objects.filter(pk__gt=clients[-1].pk).update(potential=1)
        second = start_draft(scheme=scheme)
        today = publishing.firm_today(firm.pk)

    def publish():
        with acting_for(firm.pk):
            publish_version(version=second, by=admins[0])

    def tend():
        with acting_for(firm.pk):
            tend_schemes(firm_id=firm.pk)

    def override(client):
        with acting_for(firm.pk):
            override_segment(client=client, segment=top, reason="A promise", expires_on=timezone.localdate() + timedelta(days=40), by=admins[1])

    together(publish, tend, tend, *(lambda client=client: override(client) for client in clients))
    with acting_for(firm.pk):
        current = Assignment.objects.filter(ends_on=None)
        assert (current.count(), current.values("client").distinct().count()) == (200, 200)
        assert sorted(current.filter(source="override").values_list("client_id", flat=True)) == [client.pk for client in clients]
        assert Assignment.objects.filter(ends_on__lte=MARCH).count() == 0
        assert not Assignment.objects.filter(starts_on=today, ends_on=today).exists()
