"""What a what-if says is what a publication then does; who may open it sees the clients of their own books, and nothing is touched."""

import random
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from clients.conditions import Condition, Group, Match, Test
from clients.models import Client
from firms.models import RoleTerms, Support
from segmentation import flows
from segmentation.drafting import share_draft
from segmentation.flows import Among, Flow, list_movers
from segmentation.foreseeing import foresee
from segmentation.models import Assignment, Axis, Method, Placement, Scheme, SchemeVersion, Winner
from segmentation.overriding import override_segment
from segmentation.publishing import firm_today, publish_version, start_draft
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules, load_rules, with_stated_criteria, write_rules
from segmentation.simulation import read_record, read_signed, record_of, sign_record
from segmentation.whatif import what_if
from service_matrix.models import MatrixVersion, Promise, SegmentStrategy, TouchpointType
from tests import factories
from tests.segmentation.rows import make_book, make_draft, make_scheme, potential

D = Decimal


def floor(least: int) -> Group:
    return Group(Match.ALL, 0, (Condition("potential", Test.AT_LEAST, (D(least),)),))


def by_rules(top: int, middle: int, segments: list[int]) -> Rules:
    cuts = (CutRule(segment_id=segments[0], conditions=floor(top)), CutRule(segment_id=segments[1], conditions=floor(middle)))
    rules = Rules(method=Method.RULES, cuts=(*cuts, CutRule(segment_id=segments[2])))
    return define(with_stated_criteria(rules))


def define(rules: Rules) -> Rules:
    """What conditions read has its definition."""
    return replace(
        rules,
        criteria=tuple(replace(each, definition_en="As recorded.", definition_fr="Tel que noté.") for each in rules.criteria),
    )


def by_thresholds(top: int, middle: int, segments: list[int]) -> Rules:
    scores = (D(10 * top), D(10 * middle), D(0))
    return Rules(criteria=(potential(),), cuts=tuple(CutRule(segment_id=pk, least_score=score) for pk, score in zip(segments, scores, strict=True)))


def by_quotas(top: int, middle: int, segments: list[int]) -> Rules:
    shares = (D(5 * top), D(5 * middle), D(100 - 5 * top - 5 * middle))
    cuts = tuple(
        CutRule(segment_id=pk, quota=share, conditions=floor(top) if not number else None)
        for number, (pk, share) in enumerate(zip(segments, shares, strict=True))
    )
    return define(with_stated_criteria(Rules(method=Method.QUOTAS, criteria=(potential(),), cuts=cuts)))


def by_plane(top: int, middle: int, segments: list[int]) -> Rules:
    second = CriterionRule(
        key="2",
        attribute="relationship_quality",
        weight=D(100),
        axis=Axis.SECOND,
        definition_en="How well.",
        definition_fr="À quel point.",
        bands=(BandRule(upper=D(5), points=D(0)), BandRule(lower=D(5), points=D(100))),
    )
    first, last = segments[0], segments[2]
    plane = Plane(
        x_cuts=(D(10 * middle), D(10 * top)),
        y_cuts=(D(50),),
        cells=((last, last, segments[1]), (last, segments[1], first)),
        x_name_en="Value", x_name_fr="Valeur", y_name_en="Bond", y_name_fr="Lien",
    )  # fmt: skip
    return Rules(method=Method.PLANE, criteria=(potential(), second), plane=plane, cuts=tuple(CutRule(segment_id=pk) for pk in segments))


METHODS = {"thresholds": by_thresholds, "quotas": by_quotas, "rules": by_rules, "plane": by_plane}


def draft_of(scheme: Scheme, rules: Rules) -> SchemeVersion:
    draft = SchemeVersion.objects.create(scheme=scheme, number=scheme.versions.count() + 1)
    write_rules(version=draft, rules=rules)
    return draft


def segments_of(scheme: Scheme) -> list[int]:
    return list(scheme.segments.order_by("rank").values_list("pk", flat=True))


@pytest.mark.parametrize("method", METHODS)
def test_it_says_what_the_publication_then_does(alice, method):
    """A book of everything: newcomers, leavers, decisions that hold, decisions that run out today; the same counts afterwards, by flow."""
    chance = random.Random(method)
    today = firm_today(alice.firm_id)
    clients = make_book(alice, [chance.choice([None, *range(11)]) for _ in range(120)], aum=D(1000), annual_revenue=D(10))
    for client in clients:
        Client.objects.filter(pk=client.pk).update(relationship_quality=chance.choice([None, 2, 8]))
    scheme = make_scheme()
    segments = segments_of(scheme)
    publish_version(version=draft_of(scheme, METHODS[method](7, 4, segments)), by=alice, on=today - timedelta(days=20))
    for client in clients[:12]:
        override_segment(
            client=client, segment=scheme.segments.get(rank=chance.randint(1, 3)), reason="A promise", expires_on=today + timedelta(days=9), by=alice
        )
    # Four of them were placed by decision five days ago, until today.
    since = today - timedelta(days=5)
    Assignment.objects.filter(client__in=clients[:4], ends_on=today).update(ends_on=since)
    Assignment.objects.filter(client__in=clients[:4], ends_on=None).update(starts_on=since, expires_on=today)
    Client.objects.filter(pk__in=[client.pk for client in clients[20:26]]).update(status="former")
    make_book(alice, [1, 9, None], aum=D(500))
    before = dict(Assignment.objects.filter(ends_on=None).values_list("client_id", "segment_id"))

    draft = draft_of(scheme, METHODS[method](6, 3, segments))
    found = what_if(rules=load_rules(draft), scheme=scheme)
    assert Placement.objects.filter(version=draft).count() == 0
    publication = publish_version(version=draft, by=alice)
    after = dict(Assignment.objects.filter(ends_on=None).values_list("client_id", "segment_id"))
    assert found.after.clients == publication.counts
    assert found.arrived == 3
    assert found.overridden == Assignment.objects.filter(ends_on=None, source="override").count() == 8
    happened: dict[tuple[int | None, int], int] = {}
    for pk, reached in after.items():
        happened[before.get(pk), reached] = happened.get((before.get(pk), reached), 0) + 1
    assert {(left and left.pk, reached.pk): count for left, reached, count in found.streams} == happened
    assert found.after.total_aum == D(1000) * 114 + D(500) * 3
    assert found.uncaught == Placement.objects.filter(version=draft, is_caught=False).count()
    assert found.computed == {pk: Placement.objects.filter(version=draft, segment=pk).count() for pk in segments}


def test_a_flow_is_listed_by_name_a_page_at_a_time_both_ways(alice, monkeypatch):
    monkeypatch.setattr(flows, "PAGE_SIZE", 4)
    for number in range(11):
        factories.make_client(adviser=alice, name=f"Client {chr(75 - number)}", potential=5, people=False)
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    segments = segments_of(scheme)
    rules = by_thresholds(5, 1, segments)
    asked = {"scheme_id": scheme.pk, "on": firm_today(alice.firm_id), "among": Among(before=segments[1], after=segments[0]), "user": alice}
    pages, mark = [], None
    while True:
        page = list_movers(rules, **asked, after=mark)
        pages.append(page)
        if (mark := page.next) is None:
            break
    names = [[mover.client.name[-1] for mover in page.rows] for page in pages]
    assert names == [list("ABCD"), list("EFGH"), list("IJK")]
    assert [(page.visible, page.hidden, page.previous is None) for page in pages] == [(11, 0, True), (11, 0, False), (11, 0, False)]
    back = list_movers(rules, **asked, before=pages[2].previous)
    assert ([mover.client.name[-1] for mover in back.rows], back.previous, back.next) == (list("EFGH"), pages[1].previous, pages[1].next)
    first = list_movers(rules, **asked, before=back.previous)
    assert ([mover.client.name[-1] for mover in first.rows], first.previous) == (list("ABCD"), None)
    beyond = list_movers(rules, **asked, after=("zzz", 0))
    assert (beyond.rows, beyond.visible) == ([], 11)


def test_who_reads_a_list_sees_the_clients_of_the_own_books_and_the_number_of_others(alice):
    anna, zoe = (factories.make_user(name=name) for name in ("Anna", "Zoé"))
    assistant = factories.make_user(name="Ada", role="assistant")
    Support.objects.create(assistant=assistant, adviser=zoe)
    for adviser, number in ((anna, 2), (zoe, 3)):
        for each in range(number):
            factories.make_client(adviser=adviser, name=f"{adviser.name} {each}", potential=9, people=False)
    scheme = make_scheme()
    rules = by_thresholds(5, 1, segments_of(scheme))
    asked: dict[str, Any] = {"scheme_id": scheme.pk, "on": firm_today(alice.firm_id), "among": Among(after=segments_of(scheme)[0])}
    seen = {
        user.name: (sorted(mover.client.name for mover in page.rows), page.visible, page.hidden)
        for user in (alice, anna, assistant)
        for page in [list_movers(rules, **asked, user=user)]
    }
    both = ["Anna 0", "Anna 1", "Zoé 0", "Zoé 1", "Zoé 2"]
    assert seen == {"Alice Roy": (both, 5, 0), "Anna": (both[:2], 2, 3), "Ada": (both[2:], 3, 2)}


def test_overridden_and_uncaught_clients_are_lists_of_their_own(alice):
    high, low, _unknown = make_book(alice, [9, 5, None])
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    segments = segments_of(scheme)
    until = firm_today(alice.firm_id) + timedelta(days=30)
    override_segment(client=low, segment=scheme.segments.get(rank=1), reason="A promise", expires_on=until, by=alice)
    rules = by_rules(9, 5, segments)
    found = what_if(rules=rules, scheme=scheme)
    assert (found.overridden, found.overridden_elsewhere, found.uncaught, found.moved) == (1, 1, 1, 0)
    asked = {"scheme_id": scheme.pk, "on": found.on, "user": alice}
    overridden = list_movers(rules, **asked, among=Among(overridden=True)).rows
    assert [(row.client, row.before, row.computed) for row in overridden] == [(low, segments[0], segments[1])]
    assert [row.client.name for row in list_movers(rules, **asked, among=Among(uncaught=True)).rows] == ["Client 2"]
    assert list_movers(rules, **asked, among=Among(moving=True)).rows == []
    # Rules that would move who is free to: not who was placed by decision.
    moving = list_movers(by_rules(11, 10, segments), **asked, among=Among(moving=True)).rows
    assert [(row.client, row.before, row.computed) for row in moving] == [(high, segments[0], segments[2])]


# --- What only the real book can say ---


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (lambda pks: by_thresholds(10, 3, pks), ["No client of the book reaches 100 points: the rules place nobody in Top."]),
        (lambda pks: by_thresholds(3, 2, pks), ["Nobody would be in Middle."]),
        (lambda pks: by_rules(10, 3, pks), ["No client of the book meets the conditions of Top.", "No rule catches 1 client, who goes to Rest."]),
        (
            lambda pks: by_rules(4, 5, pks),
            [
                "Whoever meets the conditions of Middle is in a segment above already: the rules place nobody there.",
                "No rule catches 2 clients, who go to Rest.",
            ],
        ),
        # Of 5 clients, 40 % are two places and one client reaches 8.
        (lambda pks: by_quotas(8, 6, pks), ["1 client reaches the floor of Top, whose share has room for 2: the rest stays empty."]),
        (lambda pks: by_quotas(4, 6, pks), []),
    ],
)
def test_what_the_book_says_against_a_draft(alice, rules, said):
    make_book(alice, [8, 7, 4, 3, 1])
    scheme = make_scheme()
    chosen = rules(segments_of(scheme))
    assert [each.message for each in foresee(chosen, what_if(rules=chosen, scheme=scheme))] == said


def test_a_share_that_is_filled_whatever_the_floor_says_so(alice):
    make_book(alice, [8, 7, 4, 3, 1])
    scheme = make_scheme()
    rules = replace(by_quotas(8, 6, segments_of(scheme)), winner=Winner.SHARE)
    said = [each.message for each in foresee(rules, what_if(rules=rules, scheme=scheme))]
    assert said == ["1 client reaches the floor of Top, whose share has room for 2: others fill it, by score."]


def test_an_empty_book_has_nothing_to_say(alice):
    scheme = make_scheme()
    rules = by_rules(9, 5, segments_of(scheme))
    assert foresee(rules, what_if(rules=rules, scheme=scheme)) == []


# --- Hours and money ---


def make_matrix(scheme: Scheme) -> None:
    """Top: four hours of the adviser a year; Middle: half an hour of the assistant and 5 of direct cost; Rest: nothing."""
    version = MatrixVersion.objects.create(scheme=scheme, number=1, status="published")
    types = [TouchpointType.objects.create(key=key, name_en=key, name_fr=key, channel="phone", performer="adviser", minutes=60) for key in "ab"]
    top, middle = scheme.segments.order_by("rank")[:2]
    how = {"version": version, "channel": "phone", "window_days": 10}
    Promise.objects.create(segment=top, touchpoint_type=types[0], performer="adviser", times=4, minutes=60, **how)
    Promise.objects.create(segment=middle, touchpoint_type=types[1], performer="assistant", times=1, minutes=30, direct_cost=5, **how)
    RoleTerms.objects.create(role="adviser", hourly_cost=100)
    RoleTerms.objects.create(role="assistant", hourly_cost=40)
    SegmentStrategy.objects.create(segment=top, revenue_from=2000)


def test_hours_cost_and_profit_before_and_after(alice):
    make_book(alice, [9, 6, 5, 1], annual_revenue=D(300))
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    make_matrix(scheme)
    found = what_if(rules=by_thresholds(6, 4, segments_of(scheme)), scheme=Scheme.objects.get(pk=scheme.pk))
    before, after = found.before.load, found.after.load
    assert before
    assert after
    assert (found.before.clients, found.after.clients) == (
        dict(zip(segments_of(scheme), (1, 2, 1), strict=True)),
        dict(zip(segments_of(scheme), (2, 1, 1), strict=True)),
    )
    assert (before.hours, after.hours) == ({"adviser": D(4), "assistant": D(1)}, {"adviser": D(8), "assistant": D("0.5")})
    # Top is expected to bring 2,000 a client; of the others what is recorded counts.
    assert (before.expected_revenue, after.expected_revenue) == (D(2000 + 900), D(4000 + 600))
    assert (before.cost, after.cost) == (D(400 + 40 + 10), D(800 + 20 + 5))
    assert (before.profit, after.profit) == (D(2450), D(3775))
    rules = by_thresholds(6, 4, segments_of(scheme))
    assert [each.message for each in foresee(rules, found)] == ["Rest is promised nothing in the service matrix."]


def test_what_is_not_known_is_never_nothing(alice):
    make_book(alice, [9])
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    make_matrix(scheme)
    RoleTerms.objects.update(hourly_cost=None)
    load = what_if(rules=by_thresholds(6, 4, segments_of(scheme)), scheme=Scheme.objects.get(pk=scheme.pk)).after.load
    assert load
    assert (load.hours["adviser"], load.cost, load.profit) == (D(4), None, None)


def test_an_overlay_costs_nothing_more(alice):
    make_book(alice, [9])
    make_matrix(publish_version(version=make_draft(), by=alice).version.scheme)
    overlay = make_scheme(name="Profiles")
    found = what_if(rules=by_thresholds(6, 4, segments_of(overlay)), scheme=overlay)
    assert (found.drives_matrix, found.promised, found.after.load) == (False, None, None)


# --- What was shown ---


def test_a_record_says_exactly_what_was_shown_and_only_of_its_draft(alice):
    make_book(alice, [9, 6, 5, None], annual_revenue=D("300.10"), aum=D("1000.55"))
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    make_matrix(scheme)
    draft = start_draft(scheme=scheme)
    found = what_if(rules=by_thresholds(6, 4, segments_of(scheme)), scheme=Scheme.objects.get(pk=scheme.pk))
    signed = sign_record(record_of(found), version=draft)
    assert read_signed(signed, version=draft) == record_of(found)
    shown = read_record(record_of(found))
    assert [(each.name, each.clients.before, each.clients.after, each.aum.difference) for each in shown.segments] == [
        ("Top", D(1), D(2), D("1000.55")),
        ("Middle", D(2), D(1), D("-1000.55")),
        ("Rest", D(1), D(1), D(0)),
    ]
    assert shown.profit
    assert found.after.load
    assert (shown.moved, shown.hours["adviser"].difference, shown.profit.after) == (1, D(4), found.after.load.profit)
    draft.revision += 1
    assert read_signed(signed, version=draft) is None
    assert read_signed(signed[:-2] + "xx", version=start_draft(scheme=scheme)) is None
    assert read_signed("", version=draft) is None


def test_an_override_stays_whatever_the_flow_says():
    assert Flow(before=1, computed=2, overridden=True, clients=3).after == 1
    assert Flow(before=1, computed=2, clients=3).after == 2


# --- The pages ---


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def page_of(draft: SchemeVersion, name: str = "scheme_what_if") -> str:
    return reverse(name, args=[draft.scheme_id, draft.number])


def test_the_page_shows_flows_differences_and_warnings(browser, alice):
    make_book(alice, [9, 6, 5, 1], annual_revenue=D(300), aum=D(1000))
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    make_matrix(scheme)
    draft = draft_of(scheme, by_thresholds(6, 4, segments_of(scheme)))
    before = Assignment.objects.values_list("pk", "segment").order_by("pk")
    stood = list(before)
    response = browser.get(page_of(draft))
    figures = response.context["figures"]
    assert [(row.segment.name, row.clients.before, row.clients.after, row.clients.difference) for row in figures.segments] == [
        ("Top", "1", "2", "+1"),
        ("Middle", "2", "1", "−1"),
        ("Rest", "1", "1", "0"),
    ]
    assert [(figure.label, figure.before, figure.after, figure.difference) for figure in figures.year] == [
        ("Adviser", "4 h", "8 h", "+4 h"),
        ("Assistant", "1 h", "0.5 h", "−0.5 h"),
        ("Cost", "$450", "$825", "+$375"),
        ("Expected revenue", "$2,900", "$4,600", "+$1,700"),
        ("Profit", "$2,450", "$3,775", "+$1,325"),
    ]
    text = response.content.decode()
    assert ("Middle → Top: 1" in text, "Rest is promised nothing in the service matrix." in text) == (True, True)
    assert list(before) == stood


@pytest.mark.parametrize("method", METHODS)
def test_beside_the_scoring_run_a_page_asks_at_most_twelve_statements(browser, alice, method, django_assert_max_num_queries):
    """Two more open and close the request's savepoint here. A plane reads its cells besides."""
    make_book(alice, [number % 11 for number in range(30)])
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    make_matrix(scheme)
    draft = draft_of(scheme, METHODS[method](6, 4, segments_of(scheme)))
    browser.get(page_of(draft))
    extra = 1 if method == "plane" else 0
    for url in (page_of(draft), page_of(draft, "scheme_movers"), reverse("scheme_publish", args=[scheme.pk]), page_of(draft, "scheme_version")):
        with django_assert_max_num_queries(12 + 1 + 2 + extra):
            assert browser.get(url).status_code == 200


def test_a_list_asks_the_same_number_of_statements_for_one_client_and_for_thirty(browser, alice, django_assert_num_queries):
    draft = make_draft()
    make_book(alice, [9])
    url = page_of(draft, "scheme_movers") + f"?to={draft.scheme.segments.get(rank=1).pk}"
    browser.get(url)
    with django_assert_num_queries(12) as few:
        browser.get(url)
    make_book(alice, [9] * 30)
    with django_assert_num_queries(len(few.captured_queries)):
        assert browser.get(url).content.count(b"/clients/") >= 31


@pytest.mark.parametrize("query", ["?from=1&to=999999999999999999999", "?to=x", "?only=everyone", "?from=999&to=1", "?to=0"])
def test_a_list_of_nothing_that_exists_is_not_found(browser, alice, query):
    draft = make_draft()
    assert browser.get(page_of(draft, "scheme_movers") + query).status_code == 404


@pytest.mark.parametrize("mark", ["%00", "bm90anNvbg", "WyJcdWQ4MDAiLDFd", "W10", "eyJhIjoxfQ", "WyJhIiw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OV0"])
def test_a_mark_that_cannot_be_read_is_the_first_page(browser, alice, mark):
    make_book(alice, [9])
    draft = make_draft()
    url = page_of(draft, "scheme_movers") + f"?to={draft.scheme.segments.get(rank=1).pk}&after={mark}"
    assert b"Client 0" in browser.get(url).content


def test_a_draft_with_errors_says_what_to_settle(browser, client, alice):
    draft = make_draft(criteria=(potential(weight=90),))
    page = browser.get(page_of(draft))
    assert [problem.at for problem in page.context["problems"]] == ["criteria-0-weight"]
    assert browser.get(page_of(draft, "scheme_movers")).status_code == 404
    share_draft(version=draft, shared=True, by=alice)
    client.force_login(factories.make_user(name="Anna"))
    assert "The weights add up" not in client.get(page_of(draft)).content.decode()


def test_a_shared_draft_is_read_by_a_colleague_who_changes_nothing(client, alice):
    anna = factories.make_user(name="Anna")
    make_book(anna, [9])
    make_book(alice, [9, 9])
    draft = make_draft()
    client.force_login(anna)
    assert client.get(page_of(draft)).status_code == 404
    assert client.get(page_of(draft, "scheme_version")).status_code == 404
    client.force_login(alice)
    assert "Share with colleagues" in client.get(page_of(draft)).content.decode()
    client.post(page_of(draft, "scheme_share"), {"shared": "yes"})
    assert f"http://testserver{page_of(draft)}" in client.get(page_of(draft)).content.decode()
    client.force_login(anna)
    page = client.get(page_of(draft)).content.decode()
    assert ("Publish" in page, reverse("scheme_edit", args=[draft.scheme_id]) in page, "Share" in page) == (False, False, False)
    listed = client.get(page_of(draft, "scheme_movers") + f"?to={draft.scheme.segments.get(rank=1).pk}").content.decode()
    assert ("1 client" in listed, "and 2 others in books you do not see" in listed) == (True, True)
    assert client.post(page_of(draft, "scheme_share"), {"shared": "no"}).status_code == 403
    client.force_login(alice)
    client.post(page_of(draft, "scheme_share"), {"shared": "no"})
    client.force_login(anna)
    assert client.get(page_of(draft)).status_code == 404


def test_a_published_version_has_its_own_page(browser, alice):
    make_book(alice, [9])
    version = publish_version(version=make_draft(), by=alice).version
    assert browser.get(page_of(version))["Location"] == page_of(version, "scheme_version")
    assert browser.get(page_of(version, "scheme_movers")).status_code == 404
