import threading
from dataclasses import asdict, replace
from typing import Any

import pytest
from django.db import connection
from django.utils import translation

from firms.models import PlanningRequest, User
from firms.wall import acting_for, enter_firm
from segmentation.models import Segment
from service_matrix.models import MatrixVersion, Promise, TouchpointType
from service_matrix.promises import TERMS, InvalidPromise
from service_matrix.versions import (
    DraftChanged,
    DraftExists,
    NothingPromised,
    PresetDoesNotFit,
    clear_promise,
    discard_draft,
    ensure_catalogue,
    publish_version,
    set_promise,
    start_draft,
)
from service_matrix.warnings import warnings_about
from tests import factories
from tests.service_matrix.rows import make_draft, make_scheme, segment_of, terms


def promises_of(version: MatrixVersion) -> dict[tuple[str, int], dict[str, object]]:
    return {
        (promise.touchpoint_type.key, promise.segment.rank): {term: getattr(promise, term) for term in TERMS}
        for promise in Promise.objects.filter(version=version).select_related("touchpoint_type", "segment")
    }


def test_the_catalogue_is_added_once_and_never_overwrites_what_the_firm_edited(alice):
    newsletter = ensure_catalogue(by=alice)["newsletter"]
    TouchpointType.objects.filter(pk=newsletter.pk).update(name_en="Our letter")
    again = ensure_catalogue(by=alice)
    assert (again["newsletter"].pk, again["newsletter"].name_en) == (newsletter.pk, "Our letter")
    assert TouchpointType.objects.count() == len(again)


def test_a_draft_starts_from_a_preset_by_rank(alice):
    draft = make_draft(by=alice)
    assert {place: (cell["times"], cell["times_at_most"]) for place, cell in promises_of(draft).items()} == {
        ("review_meeting", 1): (3, 4),
        ("review_meeting", 2): (2, None),
        ("review_meeting", 3): (1, None),
        ("check_in_call", 1): (12, None),
        ("check_in_call", 2): (4, None),
        ("check_in_call", 3): (2, None),
        ("reporting", 1): (4, None),
        ("reporting", 2): (2, None),
        ("reporting", 3): (1, None),
    }


def test_a_draft_starts_from_the_published_version(alice):
    published = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    draft = start_draft(scheme=published.scheme, by=alice)
    assert (draft.number, draft.status, promises_of(draft)) == (2, "draft", promises_of(published))


def test_one_draft_at_a_time(alice):
    draft = make_draft(by=alice)
    with pytest.raises(DraftExists):
        start_draft(scheme=draft.scheme, by=alice)
    assert list(MatrixVersion.objects.all()) == [draft]


def test_a_preset_with_more_levels_than_segments_is_refused(alice):
    with pytest.raises(PresetDoesNotFit):
        start_draft(scheme=make_scheme("premium_standard_acquisition"), by=alice, preset="vip_gold_silver_bronze")
    assert not MatrixVersion.objects.exists()


def cell(draft: MatrixVersion, *, key: str = "newsletter", rank: int = 1) -> dict[str, Any]:
    return {"version": draft, "segment": segment_of(draft.scheme, rank), "touchpoint_type": TouchpointType.objects.get(key=key)}


def test_a_cell_is_written_changed_and_emptied(alice):
    draft = make_draft(by=alice, preset=None)
    set_promise(**cell(draft), revision=1, terms=terms(), by=alice)
    set_promise(**cell(draft), revision=2, terms=terms(times=4), by=alice)
    assert promises_of(draft) == {("newsletter", 1): asdict(terms(times=4))}
    clear_promise(**cell(draft), revision=3, by=alice)
    draft.refresh_from_db()
    assert (promises_of(draft), draft.revision) == ({}, 4)


def test_who_read_an_older_revision_overwrites_nothing(alice):
    draft = make_draft(by=alice, preset=None)
    set_promise(**cell(draft), revision=1, terms=terms(times=4), by=alice)
    for attempt in (
        lambda: set_promise(**cell(draft), revision=1, terms=terms(times=1), by=alice),
        lambda: clear_promise(**cell(draft), revision=1, by=alice),
        lambda: publish_version(version=draft, revision=1, by=alice),
        lambda: discard_draft(version=draft, revision=1, by=alice),
    ):
        with pytest.raises(DraftChanged):
            attempt()
    draft.refresh_from_db()
    assert (promises_of(draft), draft.revision, draft.status) == ({("newsletter", 1): asdict(terms(times=4))}, 2, "draft")


def test_absurd_terms_write_nothing(alice):
    draft = make_draft(by=alice, preset=None)
    with pytest.raises(InvalidPromise):
        set_promise(**cell(draft), revision=1, terms=replace(terms(), minutes=-5), by=alice)
    draft.refresh_from_db()
    assert (promises_of(draft), draft.revision) == ({}, 1)


def test_publishing_retires_the_former_version_and_asks_for_planning(alice, django_capture_on_commit_callbacks):
    first = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    PlanningRequest.objects.all().delete()
    second = publish_version(version=start_draft(scheme=first.scheme, by=alice), revision=1, by=alice)
    assert dict(MatrixVersion.objects.values_list("number", "status")) == {1: "retired", 2: "published"}
    assert (second.published_by, second.effective_on is not None, second.published_at is not None) == (alice, True, True)
    assert PlanningRequest.objects.exists()


def test_a_published_version_never_changes_again(alice):
    draft = make_draft(by=alice)
    publish_version(version=draft, revision=1, by=alice)
    before = promises_of(draft)
    with pytest.raises(DraftChanged):
        set_promise(**cell(draft), revision=2, terms=terms(), by=alice)
    with pytest.raises(DraftChanged):
        discard_draft(version=draft, revision=2, by=alice)
    assert promises_of(draft) == before


def test_an_empty_matrix_is_not_published(alice):
    draft = make_draft(by=alice, preset=None)
    with pytest.raises(NothingPromised):
        publish_version(version=draft, revision=1, by=alice)
    draft.refresh_from_db()
    assert (draft.status, draft.revision) == ("draft", 1)


def test_a_discarded_draft_is_gone_and_the_published_version_stays(alice):
    published = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    discard_draft(version=start_draft(scheme=published.scheme, by=alice), revision=1, by=alice)
    assert list(MatrixVersion.objects.all()) == [published]


def test_warns_of_a_segment_promised_nothing_and_of_a_lower_one_promised_more(alice):
    draft = make_draft(by=alice, preset=None)
    set_promise(**cell(draft, key="newsletter", rank=1), revision=1, terms=terms(times=1), by=alice)
    set_promise(**cell(draft, key="newsletter", rank=2), revision=2, terms=terms(times=4), by=alice)
    assert [warning.text for warning in warnings_about(draft)] == [
        "Acquisition is promised nothing.",
        "Standard is promised “Newsletter” 4 times a year, more than Premium (1).",
    ]
    with translation.override("fr"):
        assert [warning.text for warning in warnings_about(draft)] == [
            "Rien n’est promis au segment Acquisition.",
            "Le segment Standard reçoit «\u202fLettre d’information\u202f» 4 fois par an, plus que le segment Premium (1).",
        ]


def test_as_much_of_the_same_family_makes_up_for_a_type_that_the_higher_segment_lacks(alice):
    draft = make_draft(by=alice, preset=None)
    set_promise(**cell(draft, key="planning_meeting", rank=1), revision=1, terms=terms(times=2), by=alice)
    for revision, rank in ((2, 2), (3, 3)):
        set_promise(**cell(draft, key="annual_review", rank=rank), revision=revision, terms=terms(times=1), by=alice)
    assert warnings_about(draft) == []


def test_another_firms_draft_is_out_of_reach_even_by_its_number(alice, beta):
    enter_firm(beta.pk)
    bob = User.objects.get(role="admin")
    theirs = make_draft(by=bob)
    enter_firm(alice.firm_id)
    with pytest.raises(DraftChanged):
        discard_draft(version=theirs, revision=1, by=alice)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_two_people_who_save_or_publish_at_once_one_wins():
    firm = factories.make_firm(name="Alpha Conseil")
    with acting_for(firm.pk):
        alice = factories.make_user(role="admin")
        draft = make_draft(by=alice)
        scheme_segments = list(Segment.objects.filter(scheme=draft.scheme))
        newsletter = TouchpointType.objects.get(key="newsletter")
    outcomes: list[str] = []
    barrier = threading.Barrier(4)

    def act(number: int) -> None:
        barrier.wait()
        try:
            with acting_for(firm.pk):
                version = MatrixVersion.objects.get(pk=draft.pk)
                if number % 2:
                    publish_version(version=version, revision=1, by=alice)
                else:
                    set_promise(version=version, revision=1, segment=scheme_segments[0], touchpoint_type=newsletter, terms=terms(), by=alice)
            outcomes.append("won")
        except DraftChanged:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "refused", "refused", "won"]
    with acting_for(firm.pk):
        assert MatrixVersion.objects.get(pk=draft.pk).revision == 2
