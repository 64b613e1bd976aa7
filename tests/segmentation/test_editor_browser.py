"""The editor and the scheme's page in a real browser, for each way of placing clients: they fit, are accessible, follow what is typed."""

from decimal import Decimal

import pytest

from firms.wall import acting_for
from segmentation.models import Method, SchemeVersion
from segmentation.publishing import publish_version
from segmentation.rules import CutRule, Rules, load_rules, write_rules
from tests import factories
from tests.browser import Visitor
from tests.segmentation.methods import make_clients, make_draft_of, ranges, weighed
from tests.segmentation.rows import make_scheme

pytestmark = pytest.mark.browser
WINDOWS = [("en", 1280), ("fr", 390)]


@pytest.mark.parametrize(("language", "width"), WINDOWS)
@pytest.mark.parametrize("method", Method.values)
def test_the_pages_of_each_method(visitor: Visitor, method, language, width):
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
    if method == Method.PLANE:
        page.locator("#plane svg").wait_for()
    visit.check()
    visit.screenshot(f"scheme-{method}-{language}-{width}")
    if method == Method.PLANE:
        visit.open(f"/segmentation/{draft.scheme_id}/plane/")
        visit.check()
        visit.screenshot(f"plane-{language}-{width}")


def test_from_one_method_to_the_next_and_saved(visitor: Visitor):
    with visitor.committed("CA-QC"):
        admin = factories.make_user(role="admin", name="Aïcha Benali", language="en")
        make_clients(admin, 60)
        draft = make_draft_of(Method.THRESHOLDS)
    page = visitor.sign_in(admin).open(f"/segmentation/{draft.scheme_id}/draft/")

    # A slider by keyboard: the figure and the sum follow, then the book.
    page.locator("#preview svg").first.wait_for()
    slider = page.locator("#criteria-0 input[type=range]")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    assert (page.locator("#id_criteria-0-weight").input_value(), page.locator("[data-weights-total]").inner_text()) == ("39", "99%")
    page.locator("#preview a", has_text="99%").wait_for()
    page.locator("#preview a", has_text="99%").click()
    assert page.evaluate("document.activeElement.id") == "id_criteria-3-weight"
    page.locator("button[value='balance:1']").click()
    page.locator("#preview svg").first.wait_for()
    assert page.locator("[data-weights-total]").inner_text() == "100%"

    # Rules: a condition is built, its definition is asked for, nothing of the criteria is lost on the way back.
    page.locator("#id_method-rules").check()
    page.locator("button[value='add-conditions:0']").click()
    page.locator("#cuts-0-conditions-0-attribute").select_option("children")
    page.locator("#cuts-0-conditions-0-values-0").fill("2")
    page.locator("#words-0", has_text="children: 2 or more").wait_for()
    page.locator("h3", has_text="Children").wait_for()
    page.locator("#id_method-thresholds").check()
    page.locator("#criteria-3").wait_for()
    assert page.locator("#id_criteria-0-weight").input_value() == "39"

    # The plane: a part is given to the next segment by a click; its list says the same.
    page.locator("#id_method-plane").check()
    page.locator("#plane").wait_for()
    page.locator("button[value='add-criterion:2']").click()
    page.locator("#id_criteria-4-attribute").select_option("prescription")
    page.locator("#id_criteria-4-weight:focus").wait_for()
    page.locator("#id_criteria-4-weight").fill("100")
    page.locator("#id_criteria-4-scale").select_option("percentile")
    page.locator("#id_criteria-4-descending").wait_for()
    for language in ("en", "fr"):
        page.locator(f"#id_criteria-4-definition_{language}").fill("How often they recommend us.")
    page.locator("[data-cell=plane-cells-0-0]").wait_for()
    before = page.locator("#id_plane-cells-0-0").input_value()
    page.locator("[data-cell=plane-cells-0-0]").click(position={"x": 5, "y": 5})
    assert page.locator("#id_plane-cells-0-0").input_value() != before
    # Leaving the page would break off a preview under way.
    page.wait_for_load_state("networkidle")
    page.locator("button[name=do][value=save]:visible").click()
    page.get_by_text("The draft is saved.").wait_for()
    with acting_for(admin.firm_id):
        rules = load_rules(SchemeVersion.objects.get(pk=draft.pk))
    assert (rules.method, rules.criteria[-1].scale, len(rules.criteria)) == ("plane", "percentile", 5)


def test_a_large_draft_fits(visitor: Visitor):
    """Twelve criteria and eight segments, with names as long as they may be."""
    keys = (
        "aum",
        "potential",
        "prescription",
        "satisfaction",
        "income",
        "net_worth",
        "children",
        "expectations",
        "power_balance",
        "profit",
        "age",
        "tenure",
    )
    with visitor.committed("FR"):
        admin = factories.make_user(role="admin", name="Aïcha Benali", language="fr")
        make_clients(admin, 60)
        names = tuple(f"Clients de niveau {number} dont le nom occupe toute la place qu’on donne"[:55] for number in range(1, 9))
        scheme = make_scheme(names=names, name="Très grand modèle")
        draft = SchemeVersion.objects.create(scheme=scheme, number=1)
        cuts = tuple(CutRule(segment_id=pk, quota=Decimal("12.5")) for pk in scheme.segments.order_by("rank").values_list("pk", flat=True))
        criteria = tuple(weighed(key, 8, bands=ranges(*range(1, 11))) for key in keys)
        write_rules(version=draft, rules=Rules(method=Method.QUOTAS, cuts=cuts, criteria=criteria))
    for width in (390, 1280):
        visit = visitor.sign_in(admin, width=width)
        page = visit.open(f"/segmentation/{draft.scheme_id}/draft/")
        page.locator("#picture-0 svg").wait_for()
        visit.check()
        visit.screenshot(f"editor-large-fr-{width}")
