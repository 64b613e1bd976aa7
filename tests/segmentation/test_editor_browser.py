"""The editor in a real browser, for each way of placing clients: it fits, it is accessible, it follows what is typed."""

from decimal import Decimal

import pytest

from clients.conditions import Condition, Group, Match, Test
from clients.models import Client
from firms.models import User
from firms.wall import acting_for
from segmentation.models import Axis, Method, Scale, SchemeVersion
from segmentation.publishing import publish_version, start_draft
from segmentation.rules import BandRule, CriterionRule, CutRule, Plane, Rules, load_rules, with_stated_criteria, write_rules
from tests import factories
from tests.browser import Visitor
from tests.segmentation.rows import make_draft, make_scheme

pytestmark = pytest.mark.browser
D = Decimal
NAMES = ("Clients privilégiés de très longue date", "Gold", "Silver", "Bronze")
WAYS = [(method, language, width) for method in Method.values for language, width in (("en", 1280), ("fr", 390), ("fr", 1280), ("en", 390))]


def make_clients(adviser: User, size: int = 300) -> None:
    Client.objects.bulk_create(
        Client(
            adviser=adviser,
            name=f"Client {number}",
            potential=None if number % 17 == 0 else (number * 7) % 11,
            relationship_quality=(number * 3) % 11,
            prescription=number % 11,
            satisfaction=(number * 5) % 11,
            children=number % 4,
            risk_attitude=("low", "moderate", "high", "")[number % 4],
            aum=None if number % 23 == 0 else D((number * 7_331) % 900_000 + (3_000_000 if number % 41 == 0 else 0)),
        )
        for number in range(size)
    )


def ranges(*ends: int) -> tuple[BandRule, ...]:
    edges = [None, *map(D, ends), None]
    return tuple(
        BandRule(lower=lower, upper=upper, points=D(round(100 * number / len(ends))))
        for number, (lower, upper) in enumerate(zip(edges, edges[1:], strict=False))
    )


def weighed(key: str, weight: int, **fields: object) -> CriterionRule:
    said = {"definition_en": f"What the firm means by {key}.", "definition_fr": f"Ce que le cabinet entend par {key}."}
    return CriterionRule(key=key, attribute=key, weight=D(weight), **{**said, **fields})


SCORED = (
    weighed("aum", 40, bands=ranges(50_000, 250_000, 1_000_000)),
    weighed("potential", 25, scale=Scale.LINEAR, zero_at=D(2), full_at=D(9)),
    weighed("satisfaction", 15, scale=Scale.PERCENTILE),
    weighed("risk_attitude", 20, bands=tuple(BandRule(choice=value, points=D(points)) for value, points in (("low", 0), ("moderate", 50), ("high", 100)))),
)
RICH = Group(
    Match.ANY, 0, (Condition("aum", Test.AT_LEAST, (D(500_000),)), Group(Match.ALL, 0, (Condition("potential", Test.AT_LEAST, (D(8),)), Condition("risk_attitude", Test.NONE_OF, ("low",)))))
)  # fmt: skip
MIDDLE = Group(Match.AT_LEAST, 2, (Condition("aum", Test.BETWEEN, (D(100_000), D(500_000))), Condition("potential", Test.AT_LEAST, (D(5),)), Condition("children", Test.MORE_THAN, (D(1),))))  # fmt: skip


def rules_of(method: str, segments: list[int]) -> Rules:
    conditions = {0: RICH, 1: MIDDLE} if method == Method.RULES else {0: RICH} if method == Method.QUOTAS else {}
    third = {2: Group(Match.ALL, 0, (Condition("aum", Test.AT_LEAST, (D(20_000),)),))} if method == Method.RULES else {}
    cuts = tuple(
        CutRule(segment_id=segment, least_score=D((70, 50, 30, 0)[n]), quota=D((10, 30, 40, 20)[n]), conditions=(conditions | third).get(n))
        for n, segment in enumerate(segments)
    )
    first, second, third_, last = segments
    plane = Plane(
        x_cuts=(D(40), D(70)), y_cuts=(D(50),), cells=((last, third_, second), (third_, second, first)),
        x_name_en="Value", x_name_fr="Valeur", y_name_en="Potential", y_name_fr="Potentiel",
    )  # fmt: skip
    criteria = () if method == Method.RULES else SCORED
    if method == Method.PLANE:
        criteria = (*(weighed(c.attribute, w, scale=c.scale, bands=c.bands) for c, w in ((SCORED[0], 60), (SCORED[2], 40))),
                    *(weighed(c.attribute, w, axis=Axis.SECOND, scale=c.scale, bands=c.bands, zero_at=c.zero_at, full_at=c.full_at) for c, w in ((SCORED[1], 70), (SCORED[3], 30))))  # fmt: skip
    rules = with_stated_criteria(Rules(method=method, margin=D(2), criteria=criteria, cuts=cuts, plane=plane if method == Method.PLANE else None))
    stated = tuple(weighed(c.attribute, 0, axis=Axis.STATED) if c.axis == Axis.STATED else c for c in rules.criteria)
    return Rules(method=method, margin=D(2), criteria=stated, cuts=cuts, plane=rules.plane)


def make_draft_of(method: str) -> SchemeVersion:
    draft = make_draft(make_scheme(names=NAMES, name="Niveaux de service"))
    write_rules(version=draft, rules=rules_of(method, [segment.pk for segment in draft.scheme.segments.order_by("rank")]))
    return draft


@pytest.mark.parametrize(("method", "language", "width"), WAYS)
def test_the_editor_and_the_scheme_of_each_method(visitor: Visitor, method, language, width):
    with visitor.committed("CA-QC"):
        admin = factories.make_user(role="admin", name="Aïcha Benali", language=language)
        make_clients(admin)
        draft = make_draft_of(method)
    visit = visitor.sign_in(admin, width=width)
    page = visit.open(f"/segmentation/{draft.scheme_id}/draft/")
    page.locator("#preview svg").first.wait_for()
    visit.check()
    visit.screenshot(f"editor-{method}-{language}-{width}")
    assert page.locator(".field-errors").count() == 0
    with acting_for(admin.firm_id):
        publish_version(version=draft, by=admin)
    visit.open(f"/segmentation/{draft.scheme_id}/")
    visit.check()
    visit.screenshot(f"scheme-{method}-{language}-{width}")
    visit.open(f"/segmentation/{draft.scheme_id}/plane/") if method == Method.PLANE else None
    visit.check()
    visit.screenshot(f"plane-{method}-{language}-{width}")
    with acting_for(admin.firm_id):
        start_draft(scheme=draft.scheme)
        assert load_rules(SchemeVersion.objects.get(scheme=draft.scheme, status="draft")).method == method
