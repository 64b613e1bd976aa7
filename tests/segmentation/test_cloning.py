"""A clone says what the first scheme says, of segments of its own."""

from dataclasses import replace

import pytest
from django.urls import reverse

from clients.conditions import Condition, Group, Match, Test
from firms.wall import enter_firm
from segmentation.cloning import clone_scheme
from segmentation.models import Assignment, Cut, Method, Scheme, SchemeVersion, Segment
from segmentation.publishing import make_service_scheme, publish_version, start_draft
from segmentation.rules import conditions_as_written, load_rules, write_rules
from tests.segmentation.methods import NAMES, make_clients, make_draft_of
from tests.segmentation.rows import make_book, make_draft, make_rules, make_scheme


def unkeyed(rules):
    """Criteria are named by their ids, which no two versions share."""
    return replace(rules, criteria=tuple(replace(criterion, key="") for criterion in rules.criteria))


def by_rank(rules, scheme):
    """The rules with each segment's rank in the place of its id."""
    ranks = dict(Segment.objects.filter(scheme=scheme).values_list("pk", "rank"))
    plane = rules.plane
    return replace(
        unkeyed(rules),
        cuts=tuple(replace(cut, segment_id=ranks[cut.segment_id]) for cut in rules.cuts),
        fallback=rules.fallback and ranks[rules.fallback],
        plane=plane and replace(plane, cells=tuple(tuple(ranks[pk] for pk in row) for row in plane.cells)),
    )


@pytest.mark.parametrize("method", Method.values)
def test_the_rules_of_every_method_come_back_over_the_new_segments(alice, method):
    make_clients(alice, 20)
    draft = make_draft_of(method)
    if method == Method.RULES:
        write_rules(version=draft, rules=replace(load_rules(draft), fallback=draft.scheme.segments.get(rank=4).pk))
    origin = publish_version(version=draft, by=alice).version
    clone = clone_scheme(scheme=origin.scheme, by=alice)
    assert by_rank(load_rules(clone), clone.scheme) == by_rank(load_rules(origin), origin.scheme)
    assert {cut.segment.scheme_id for cut in clone.cuts.select_related("segment")} == {clone.scheme_id}
    # It places the same clients when it is published.
    publish_version(version=clone, by=alice)
    places = [
        list(Assignment.objects.filter(scheme=scheme, ends_on=None).order_by("client").values_list("client", "segment__rank"))
        for scheme in (origin.scheme, clone.scheme)
    ]
    assert (len(places[0]), places[0]) == (20, places[1])


def test_segments_are_copied_with_their_words_and_their_style(alice):
    scheme = make_draft_of(Method.THRESHOLDS).scheme
    scheme.segments.filter(rank=2).update(
        description_en="Well served.", description_fr="Bien servis.", initiative="client", presence="remote", timing="synchronous"
    )
    fields = ("rank", "name_en", "name_fr", "description_en", "description_fr", *Segment.STYLE)
    clone = clone_scheme(scheme=scheme, by=alice).scheme
    assert list(clone.segments.order_by("rank").values_list(*fields)) == list(scheme.segments.order_by("rank").values_list(*fields))
    assert clone.segments.count() == len(NAMES)


def test_the_clone_of_the_service_scheme_is_an_overlay_that_places_nobody(alice):
    make_book(alice, [9, 1])
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    make_service_scheme(scheme=scheme, by=alice)
    Scheme.objects.filter(pk=scheme.pk).update(moves_by_itself=True)
    clone = clone_scheme(scheme=scheme, by=alice).scheme
    assert (clone.is_service, clone.moves_by_itself, Assignment.objects.filter(scheme=clone).exists()) == (False, False, False)
    assert [(version.number, version.status) for version in clone.versions.all()] == [(1, "draft")]


def test_what_is_published_is_copied_rather_than_the_draft_and_a_draft_where_nothing_is_published(alice):
    scheme = make_scheme()
    first = make_draft(scheme)
    assert clone_scheme(scheme=scheme, by=alice).method == Method.THRESHOLDS
    publish_version(version=first, by=alice)
    draft = start_draft(scheme=scheme)
    write_rules(version=draft, rules=make_rules([cut.segment_id for cut in load_rules(draft).cuts], method=Method.QUOTAS, quotas=(20, 30, 50)))
    assert clone_scheme(scheme=scheme, by=alice).method == Method.THRESHOLDS


def test_a_scheme_without_rules_gives_its_segments(alice):
    clone = clone_scheme(scheme=make_scheme(), by=alice)
    assert (clone.cuts.count(), clone.scheme.segments.count()) == (0, 3)


def test_names_say_that_it_is_a_copy_and_which(alice):
    scheme = make_scheme()
    Scheme.objects.filter(pk=scheme.pk).update(name_en="L" * 80, name_fr="Niveaux")
    names = [(clone.name_en, clone.name_fr) for clone in (clone_scheme(scheme=scheme, by=alice).scheme for _ in range(2))]
    assert names == [("L" * 73 + " (copy)", "Niveaux (copie)"), ("L" * 71 + " (copy 2)", "Niveaux (copie 2)")]


def test_conditions_that_can_no_longer_be_read_are_copied_as_they_are_written(alice):
    draft = make_draft_of(Method.RULES)
    first = draft.scheme.segments.get(rank=1)
    written = {"match": "all", "members": [{"attribute": "own_gone", "test": "at_least", "values": ["3"]}]}
    Cut.objects.filter(version=draft, segment=first).update(conditions=written)
    clone = clone_scheme(scheme=draft.scheme, by=alice)
    assert conditions_as_written(clone)[clone.scheme.segments.get(rank=1).pk] == written
    assert len(conditions_as_written(clone)) == len(conditions_as_written(draft))


def test_a_scheme_of_another_firm_is_not_there_and_nothing_is_written(alice, alpha, beta):
    enter_firm(beta.pk)
    foreign = make_draft().scheme
    enter_firm(alpha.pk)
    with pytest.raises(Scheme.DoesNotExist):
        clone_scheme(scheme=foreign, by=alice)
    assert (Scheme.objects.count(), SchemeVersion.objects.count()) == (0, 0)


def test_the_button_on_the_schemes_page_opens_the_copy_in_the_editor(client, alice):
    client.force_login(alice)
    scheme = make_draft().scheme
    address = reverse("scheme_clone", args=[scheme.pk])
    assert address in client.get(reverse("scheme_detail", args=[scheme.pk])).content.decode()
    answer = client.post(address, follow=True)
    assert answer.redirect_chain[0][0] == reverse("scheme_edit", args=[Scheme.objects.get(name_en="Levels (copy)").pk])
    assert "“Levels (copy)” is a copy of “Levels”" in answer.content.decode()


def test_floors_come_with_the_shares(alice):
    draft = make_draft(method=Method.QUOTAS, quotas=(20, 30, 50))
    rules = load_rules(draft)
    floor = Group(Match.ALL, 0, (Condition("children", Test.AT_LEAST, (1,)),))
    write_rules(version=draft, rules=replace(rules, winner="share", cuts=(replace(rules.cuts[0], conditions=floor), *rules.cuts[1:])))
    clone = load_rules(clone_scheme(scheme=draft.scheme, by=alice))
    assert (clone.winner, clone.cuts[0].conditions) == (load_rules(draft).winner, load_rules(draft).cuts[0].conditions)
