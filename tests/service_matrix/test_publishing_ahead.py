"""A version on a day to come, the way back, and what a version changes."""

import re
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import translation

from firms.calendar import list_working_days
from firms.models import Firm, PlanningRequest, User
from firms.wall import enter_firm
from service_matrix.comparing import compare_versions
from service_matrix.models import DraftEdit, MatrixVersion, Promise, TouchpointType
from service_matrix.promises import terms_of
from service_matrix.tasks import put_in_force as put_in_force_task
from service_matrix.versions import (
    AlreadyScheduled,
    BadEffectiveDate,
    DraftChanged,
    DraftExists,
    NothingPromised,
    NotRetired,
    NotScheduled,
    call_off,
    clear_promise,
    discard_draft,
    publish_version,
    put_in_force,
    roll_back,
    set_promise,
    set_reactive_minutes,
    start_draft,
)
from service_matrix.warnings import warnings_about
from tests.service_matrix.rows import make_draft, segment_of, terms
from touchpoints.calendar import day_slot

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)  # noon in Québec
TOMORROW = date(2026, 3, 3)


@pytest.fixture(autouse=True)
def at_noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def published(alice) -> MatrixVersion:
    version = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    PlanningRequest.objects.all().delete()
    return version


def statuses() -> dict[int, str]:
    return dict(MatrixVersion.objects.order_by("number").values_list("number", "status"))


def cell(version: MatrixVersion, *, key: str, rank: int) -> dict[str, object]:
    return {"version": version, "segment": segment_of(version.scheme, rank), "touchpoint_type": TouchpointType.objects.get(key=key)}


def test_a_version_waits_for_its_day_and_comes_into_force_in_the_firms_own_night(alice, published):
    draft = start_draft(scheme=published.scheme, by=alice)
    publish_version(version=draft, revision=1, by=alice, effective_on=TOMORROW)
    assert statuses() == {1: "published", 2: "scheduled"}
    assert not PlanningRequest.objects.exists()
    # Tomorrow in Greenwich and in Paris, still today in Québec.
    with time_machine.travel(datetime(2026, 3, 3, 4, 59, tzinfo=UTC), tick=False):
        assert put_in_force(firm_id=alice.firm_id) == []
    with time_machine.travel(datetime(2026, 3, 3, 5, 1, tzinfo=UTC), tick=False):
        put_in_force_task(firm_id=alice.firm_id)
        assert put_in_force(firm_id=alice.firm_id) == []
    assert statuses() == {1: "retired", 2: "published"}
    assert PlanningRequest.objects.exists()


@pytest.mark.parametrize("day", [date(2026, 3, 1), date(2026, 3, 2) + timedelta(days=732)])
def test_a_day_past_or_out_of_reach_is_refused(alice, day):
    with pytest.raises(BadEffectiveDate):
        publish_version(version=make_draft(by=alice), revision=1, by=alice, effective_on=day)
    assert statuses() == {1: "draft"}


def test_only_one_version_waits_and_another_may_be_published_before(alice, published):
    publish_version(version=start_draft(scheme=published.scheme, by=alice), revision=1, by=alice, effective_on=TOMORROW)
    third = start_draft(scheme=published.scheme, by=alice)
    with pytest.raises(AlreadyScheduled):
        publish_version(version=third, revision=1, by=alice, effective_on=TOMORROW)
    third.refresh_from_db()
    assert (third.status, third.revision) == ("draft", 1)
    publish_version(version=third, revision=1, by=alice)
    assert statuses() == {1: "retired", 2: "scheduled", 3: "published"}


def test_a_scheduled_version_is_called_off_into_a_draft_and_never_edited_meanwhile(alice, published):
    version = publish_version(version=start_draft(scheme=published.scheme, by=alice), revision=1, by=alice, effective_on=TOMORROW)
    with pytest.raises(DraftChanged):
        set_promise(**cell(version, key="newsletter", rank=1), revision=2, terms=terms(), by=alice)  # type: ignore[arg-type]
    other = start_draft(scheme=published.scheme, by=alice)
    with pytest.raises(DraftExists):
        call_off(version=version, by=alice)
    discard_draft(version=other, revision=1, by=alice)
    call_off(version=version, by=alice)
    version.refresh_from_db()
    assert (version.status, version.effective_on, version.published_by) == ("draft", None, None)
    with pytest.raises(DraftExists):
        call_off(version=version, by=alice)
    discard_draft(version=version, revision=version.revision, by=alice)
    with pytest.raises(NotScheduled):
        call_off(version=published, by=alice)


def test_the_way_back_is_a_version_of_its_own(alice, published):
    draft = start_draft(scheme=published.scheme, by=alice)
    set_promise(**cell(draft, key="newsletter", rank=1), revision=1, terms=terms(direct_cost=Decimal(3)), by=alice)  # type: ignore[arg-type]
    second = publish_version(version=draft, revision=2, by=alice)
    third = start_draft(scheme=published.scheme, by=alice)
    version = roll_back(to=published, by=alice)
    assert statuses() == {1: "retired", 2: "retired", 3: "draft", 4: "published"}
    assert (version.effective_on, version.published_by, version.reactive_minutes) == (date(2026, 3, 2), alice, 60)
    assert compare_versions(before=published, after=version).is_empty
    assert not compare_versions(before=second, after=version).is_empty
    for to in (version, third):
        with pytest.raises(NotRetired):
            roll_back(to=to, by=alice)
    Promise.objects.filter(version=second).delete()
    with pytest.raises(NothingPromised):
        roll_back(to=second, by=alice)
    assert statuses()[4] == "published"


def test_another_firms_versions_are_out_of_reach(alice, published, beta):
    enter_firm(beta.pk)
    bob = User.objects.get(role="admin")
    enter_firm(alice.firm_id)
    for attempt in (lambda: roll_back(to=published, by=bob), lambda: call_off(version=published, by=bob)):
        with pytest.raises(Exception, match="does not exist"):
            attempt()


def test_what_a_version_changes_is_said_cell_by_cell_in_both_languages(alice, published):
    draft = start_draft(scheme=published.scheme, by=alice)
    assert compare_versions(before=published, after=draft).is_empty
    call = Promise.objects.get(version=draft, touchpoint_type__key="check_in_call", segment__rank=1)
    changed = terms(times=6, channel="video", minutes=20, window_days=10, note="Before lunch")
    set_promise(version=draft, segment=call.segment, touchpoint_type=call.touchpoint_type, revision=1, terms=changed, by=alice)
    clear_promise(**cell(draft, key="reporting", rank=2), revision=2, by=alice)  # type: ignore[arg-type]
    added = replace(terms(times=1), anchor="month", anchor_month=12)
    set_promise(**cell(draft, key="season_greetings", rank=3), revision=3, terms=added, by=alice)  # type: ignore[arg-type]
    set_reactive_minutes(version=draft, revision=4, minutes=90, by=alice)
    difference = compare_versions(before=published, after=draft)
    assert difference.answering == (60, 90)
    assert [(change.touchpoint_type.key, change.segment.rank, change.kind, change.words) for change in difference.cells] == [
        (
            "check_in_call",
            1,
            "changed",
            ["how often: 12 × → 6 ×", "channel: Phone → Video", "minutes: 15 → 20", "window (days): 15 → 10", "note: – → Before lunch"],
        ),
        ("reporting", 2, "removed", ["no longer promised: 2 × E-mail · 15 min"]),
        ("season_greetings", 3, "added", ["now promised: 1 × Phone · 30 min"]),
    ]
    with translation.override("fr"):
        assert compare_versions(before=published, after=draft).cells[0].words[0] == "fréquence\u202f: 12 × → 6 ×"


@pytest.mark.parametrize(
    ("region", "language", "words"),
    [
        ("CA-QC", "en", ["minutes: 15 → 1,200", "direct cost: $0.00 → $1,025.50"]),
        ("CA-QC", "fr", ["minutes : 15 → 1 200", "coût direct : 0,00 $ → 1 025,50 $"]),
        ("FR", "fr", ["minutes : 15 → 1 200", "coût direct : 0,00 € → 1 025,50 €"]),
    ],
)
def test_figures_that_change_are_written_as_the_reader_writes_them(alice, published, region, language, words):
    Firm.objects.update(region=region)
    draft = start_draft(scheme=published.scheme, by=alice)
    call = Promise.objects.get(version=draft, touchpoint_type__key="check_in_call", segment__rank=1)
    changed = replace(terms_of(call), minutes=1200, direct_cost=Decimal("1025.50"))
    set_promise(version=draft, segment=call.segment, touchpoint_type=call.touchpoint_type, revision=1, terms=changed, by=alice)
    after = MatrixVersion.objects.select_related("firm").get(pk=draft.pk)
    with translation.override("fr-ca" if (region, language) == ("CA-QC", "fr") else language):
        (change,) = compare_versions(before=published, after=after).cells
        assert [re.sub(r"[\xa0\u202f]", " ", said) for said in change.words] == words


def test_a_date_on_which_nobody_works_is_reported_and_not_dropped(alice):
    draft = make_draft(by=alice, preset=None)
    christmas = replace(terms(times=1, window_days=0), anchor="date", anchor_month=12, anchor_day=25)
    set_promise(**cell(draft, key="season_greetings", rank=1), revision=1, terms=christmas, by=alice)  # type: ignore[arg-type]
    set_promise(**cell(draft, key="newsletter", rank=1), revision=2, terms=replace(christmas, window_days=6), by=alice)  # type: ignore[arg-type]
    said = [(warning.touchpoint_type.key, warning.text) for warning in warnings_about(draft) if warning.touchpoint_type]
    assert said == [
        (
            "season_greetings",
            "“Season's greetings” for Premium, on 25 December: nobody works in that window in 2026. It is planned on the last working day before.",
        )
    ]
    assert Promise.objects.filter(version=draft).count() == 2


def test_what_is_said_of_a_date_nobody_works_on_is_what_is_planned(alice):
    draft = make_draft(by=alice, preset=None)
    for place, (month, day) in enumerate([(12, 25), (1, 1)], start=1):
        there = cell(draft, key="season_greetings", rank=place)
        dated = replace(terms(times=1, window_days=0), anchor="date", anchor_month=month, anchor_day=day)
        set_promise(**there, revision=place, terms=dated, by=alice)  # type: ignore[arg-type]
    said = [warning.text.partition(". ")[2] for warning in warnings_about(draft) if warning.touchpoint_type]
    assert said == ["It is planned on the last working day before.", "It is planned on the year’s first working day."]
    # As the planner does it (touchpoints/calendar.py).
    worked = list_working_days(alice.firm, 2026, 2026)
    slots = [day_slot(2026, month, day, worked) for month, day in ((12, 25), (1, 1))]
    assert [worked[slot.first] for slot in slots] == [date(2026, 12, 24), date(2026, 1, 2)]


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def test_publishing_on_a_day_to_come_and_calling_it_off_in_the_browser(signed_in, alice, published):
    draft = start_draft(scheme=published.scheme, by=alice)
    response = signed_in.post("/matrix/draft/publish/", {"revision": "1", "effective_on": "2026-03-01"})
    assert response.context["form"].errors == {"effective_on": ["Choose today or a day to come, at most two years ahead."]}
    signed_in.post("/matrix/draft/publish/", {"revision": "1", "effective_on": "2026-03-03"})
    assert statuses() == {1: "published", 2: "scheduled"}
    assert "comes into force on Mar 3, 2026" in signed_in.get("/matrix/?version=scheduled").content.decode()
    signed_in.post(f"/matrix/versions/{draft.pk}/call-off/")
    assert statuses() == {1: "published", 2: "draft"}


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Choose today or a day to come, at most two years ahead."),
        ("fr", "Choisissez aujourd’hui ou un jour à venir, dans deux ans au plus."),
    ],
)
def test_a_past_day_is_refused_on_the_page_beside_its_field_and_nothing_is_written(signed_in, alice, published, language, words):
    User.objects.filter(pk=alice.pk).update(language=language)
    draft = start_draft(scheme=published.scheme, by=alice)
    set_promise(**cell(draft, key="newsletter", rank=1), revision=1, terms=terms(), by=alice)  # type: ignore[arg-type]

    def everything() -> list[list[Any]]:
        models: tuple[Any, ...] = (MatrixVersion, Promise, DraftEdit, PlanningRequest)
        return [list(model.objects.order_by("pk").values()) for model in models]

    before = everything()
    for day in ("2026-03-01", "1999-12-31"):
        response = signed_in.post("/matrix/draft/publish/", {"revision": "2", "effective_on": day})
        page = response.content.decode()
        assert response.status_code == 200
        (error,) = re.findall(r'id="id_effective_on_error">(.*?)</ul>', page, flags=re.DOTALL)
        assert words in error
        (field,) = re.findall(r'<input[^>]*id="id_effective_on"[^>]*>', page)
        # What was typed is still there, and the words belong to it for who cannot see them.
        assert f'value="{day}"' in field
        assert 'aria-invalid="true"' in field
        assert "id_effective_on_error" in field
        assert everything() == before


def test_the_versions_page_leads_back(signed_in, alice, published):
    publish_version(version=start_draft(scheme=published.scheme, by=alice), revision=1, by=alice)
    page = signed_in.get("/matrix/versions/").content.decode()
    assert "Return to version 1?" in page
    assert "Nothing: both promise the same." in signed_in.get(f"/matrix/versions/{published.pk}/").content.decode()
    signed_in.post(f"/matrix/versions/{published.pk}/return/")
    assert statuses() == {1: "retired", 2: "retired", 3: "published"}


def test_the_grid_shows_each_change_and_warning_at_its_cell(signed_in, alice, published):
    draft = start_draft(scheme=published.scheme, by=alice)
    set_promise(**cell(draft, key="newsletter", rank=2), revision=1, terms=terms(times=9), by=alice)  # type: ignore[arg-type]
    clear_promise(**cell(draft, key="reporting", rank=3), revision=2, by=alice)  # type: ignore[arg-type]
    grid = signed_in.get("/matrix/?version=draft").context["grid"]
    marked = {
        (row.touchpoint_type.key, cell.segment.rank): (cell.change and cell.change.kind, cell.warnings)
        for row in grid.rows
        for cell in row.cells
        if cell.change or cell.warnings
    }
    assert marked == {
        ("newsletter", 2): ("added", ["Standard is promised “Newsletter” 9 times a year, more than Premium (0)."]),
        ("reporting", 3): ("removed", []),
    }
    assert "was 1 × E-mail · 15 min" in signed_in.get("/matrix/?version=draft").content.decode()
    assert asdict(terms())["note"] == ""
