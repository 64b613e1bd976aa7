"""Columns kept under a name, and put into drafts of the same scheme, of another, of a later version."""

from decimal import Decimal

import pytest

from segmentation.models import Scheme, Segment
from service_matrix.editing import CellGone
from service_matrix.models import DraftEdit, MatrixVersion, Promise, SegmentStrategy, StrategyTemplate, TouchpointType
from service_matrix.strategies import StrategyDraft, set_strategy
from service_matrix.strategy_templates import InvalidTemplate, apply_template, delete_template, save_template
from service_matrix.versions import DraftChanged, publish_version, start_draft
from tests.service_matrix.rows import make_draft, segment_of
from tests.service_matrix.test_versions import promises_of


@pytest.fixture
def draft(alice) -> MatrixVersion:
    return make_draft(by=alice)


def column(version: MatrixVersion, rank: int) -> dict[str, object]:
    return {key: cell for (key, of), cell in promises_of(version).items() if of == rank}


def keep(draft: MatrixVersion, by: object, rank: int = 1, name: str = "Premium") -> StrategyTemplate:
    return save_template(version=draft, segment=segment_of(draft.scheme, rank), name=name, description="", by=by)  # type: ignore[arg-type]


def test_a_column_and_its_strategy_go_onto_another_segment_and_can_be_undone(alice, draft):
    set_strategy(segment=segment_of(draft.scheme, 1), draft=StrategyDraft(revenue_from=Decimal(5000), technology_en="CRM"), by=alice)
    template = keep(draft, alice)
    third = segment_of(draft.scheme, 3)
    apply_template(template=template, version=draft, revision=1, segment=third, with_strategy=True, by=alice)
    assert column(draft, 3) == column(draft, 1)
    assert SegmentStrategy.objects.filter(segment=third).values_list("revenue_from", "revenue_to", "technology_en").get() == (
        Decimal(5000),
        None,
        "CRM",
    )
    assert DraftEdit.objects.count() == 1


def test_a_template_goes_into_a_later_version_and_into_another_scheme(alice, draft):
    template, wanted = keep(draft, alice), column(draft, 1)
    publish_version(version=draft, revision=1, by=alice)
    later = start_draft(scheme=draft.scheme, by=alice)
    Promise.objects.filter(version=later).delete()
    apply_template(template=template, version=later, revision=1, segment=segment_of(draft.scheme, 2), with_strategy=False, by=alice)
    assert column(later, 2) == wanted
    other = Scheme.objects.create(name_en="Other", name_fr="Autre")
    segment = Segment.objects.create(scheme=other, rank=1, name_en="One", name_fr="Un")
    elsewhere = start_draft(scheme=other, by=alice)
    apply_template(template=template, version=elsewhere, revision=1, segment=segment, with_strategy=False, by=alice)
    assert column(elsewhere, 1) == wanted


def test_a_template_without_a_name_with_one_taken_or_of_nothing_is_refused(alice, draft):
    keep(draft, alice)
    Promise.objects.filter(version=draft, segment__rank=2).delete()
    for rank, name, field in ((1, "  ", "name"), (1, "Premium", "name"), (2, "Standard", "segment")):
        with pytest.raises(InvalidTemplate) as refusal:
            keep(draft, alice, rank, name)
        assert list(refusal.value.errors) == [field]
    assert StrategyTemplate.objects.count() == 1


def test_a_template_is_applied_only_to_the_draft_as_it_was_read(alice, draft):
    template, before = keep(draft, alice), promises_of(draft)
    with pytest.raises(DraftChanged):
        apply_template(template=template, version=draft, revision=5, segment=segment_of(draft.scheme, 3), with_strategy=True, by=alice)
    assert promises_of(draft) == before


def test_what_was_applied_stays_when_a_template_is_deleted(alice, draft):
    template = keep(draft, alice)
    apply_template(template=template, version=draft, revision=1, segment=segment_of(draft.scheme, 3), with_strategy=False, by=alice)
    delete_template(template=template, by=alice)
    assert column(draft, 3) == column(draft, 1)


def test_a_new_scheme_starts_like_another_rank_by_rank(alice, draft):
    published = publish_version(version=draft, revision=1, by=alice)
    other = Scheme.objects.create(name_en="Other", name_fr="Autre")
    for rank in (1, 2):
        Segment.objects.create(scheme=other, rank=rank, name_en=f"S{rank}", name_fr=f"S{rank}")
    begun = start_draft(scheme=other, by=alice, like=published)
    assert [column(begun, rank) for rank in (1, 2)] == [column(published, rank) for rank in (1, 2)]
    assert begun.reactive_minutes == published.reactive_minutes


def test_types_out_of_use_are_left_out_and_said(client, alice, draft):
    template = keep(draft, alice)
    TouchpointType.objects.filter(key="reporting").update(is_active=False)
    client.force_login(alice)
    page = client.get(f"/matrix/templates/{template.pk}/").content.decode()
    assert "This touchpoint type is no longer in use and is left out: Portfolio report" in " ".join(page.split())
    apply_template(template=template, version=draft, revision=1, segment=segment_of(draft.scheme, 3), with_strategy=False, by=alice)
    assert column(draft, 3) == {key: cell for key, cell in column(draft, 1).items() if key != "reporting"}
    TouchpointType.objects.filter(key="reporting").update(is_active=True)
    assert "left out" not in client.get(f"/matrix/templates/{template.pk}/").content.decode()


def test_a_template_put_onto_a_segment_that_is_gone_writes_nothing(alice, draft):
    template, third = keep(draft, alice), segment_of(draft.scheme, 3)
    Segment.objects.filter(pk=third.pk).delete()
    before = promises_of(draft)
    with pytest.raises(CellGone):
        apply_template(template=template, version=draft, revision=1, segment=third, with_strategy=True, by=alice)
    assert (promises_of(draft), MatrixVersion.objects.get().revision) == (before, 1)


def test_the_page_keeps_shows_and_applies_a_template(client, alice, draft):
    client.force_login(alice)
    first, third = (segment_of(draft.scheme, rank) for rank in (1, 3))
    assert client.post("/matrix/templates/new/", {"segment": first.pk, "name": "Like Premium"}).status_code == 302
    template = StrategyTemplate.objects.get()
    assert "3–4 × In person · 60 min" in client.get(f"/matrix/templates/{template.pk}/").content.decode()
    response = client.post(f"/matrix/templates/{template.pk}/", {"revision": "1", "segment": third.pk})
    assert response["Location"] == "/matrix/?version=draft"
    assert column(draft, 3) == column(draft, 1)
    assert "Like Premium" in client.get("/matrix/templates/").content.decode()


@pytest.mark.parametrize("with_strategy", [True, False])
def test_what_undo_does_not_bring_back_is_said(client, alice, draft, with_strategy):
    first, third = (segment_of(draft.scheme, rank) for rank in (1, 3))
    for segment, revenue in ((first, 5000), (third, 100)):
        set_strategy(segment=segment, draft=StrategyDraft(revenue_from=Decimal(revenue)), by=alice)
    template, before = keep(draft, alice), column(draft, 3)
    client.force_login(alice)
    typed = {"revision": "1", "segment": third.pk} | ({"with_strategy": "on"} if with_strategy else {})
    page = client.post(f"/matrix/templates/{template.pk}/", typed, follow=True).content.decode()
    warned = "Its line of the strategy table changed at once, and undo does not bring the former one back." in page
    assert (warned, "is now promised what the template says. It can be undone." in page) == (with_strategy, not with_strategy)
    client.post("/matrix/draft/undo/", {"revision": MatrixVersion.objects.get().revision})
    assert column(draft, 3) == before
    assert SegmentStrategy.objects.get(segment=third).revenue_from == Decimal(5000 if with_strategy else 100)
