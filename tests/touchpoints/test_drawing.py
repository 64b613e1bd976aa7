"""Lines of the queue drawn in Python: what a name holds stays text."""

from datetime import timedelta

import pytest
from babel import Locale
from django.utils import timezone, translation

from firms.models import User
from tests.factories import make_client, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint
from touchpoints.drawing import draw_row, draw_when
from touchpoints.models import Status
from touchpoints.rows import describe

FRENCH = Locale("fr", "CA")


@pytest.fixture
def adviser(alice: User) -> User:
    return make_user(name="Ana <b>Roy</b>", role="adviser")


def test_a_line_escapes_what_people_typed(adviser: User) -> None:
    touchpoint = make_touchpoint(client=make_client(adviser=adviser, name="<script>“Roy” & 'fils'"))
    row = describe(touchpoint, reader=adviser, on=TODAY, url="/queue/1/?view=late&adviser=2")
    html = draw_row(row, locale=FRENCH, chosen_id=touchpoint.pk)
    assert "&lt;script&gt;“Roy” &amp; &#x27;fils&#x27;" in html
    assert "<script" not in html
    assert 'href="/queue/1/?view=late&amp;adviser=2"' in html
    assert 'aria-current="true"' in html
    assert 'aria-current="true"' not in draw_row(row, locale=FRENCH, chosen_id=None)


@pytest.mark.parametrize(
    ("late", "left", "said"),
    [
        (1, 30, ["1 jour de retard"]),
        (40, -10, ["40 jours de retard", "Engagement rompu"]),
        (0, 0, ["Dernier jour"]),
        (-3, 3, ["26 nov. 2026", "reste 3 jours"]),
        (0, 1, ["reste 1 jour"]),
        (0, 30, []),
    ],
)
def test_a_line_says_how_late_it_is_and_how_long_the_promise_holds(adviser: User, late: int, left: int, said: list[str]) -> None:
    due_on = TODAY - timedelta(days=late)
    touchpoint = make_touchpoint(adviser=adviser, due_on=due_on, window_days=(TODAY + timedelta(days=left) - due_on).days)
    row = describe(touchpoint, reader=adviser, on=TODAY)
    with translation.override("en"):
        draw_when(row, locale=Locale("en", "CA"))
    with translation.override("fr"):
        html = draw_when(row, locale=FRENCH)
    texts = [part.split(">")[-1] for part in html.split("</span>")[:-1]]
    assert texts == said


@pytest.mark.parametrize(
    ("late", "left", "why"),
    [
        (1, 3, "Its place: late first, then segment Gold (rank 2), then promise holds 3 more days."),
        (40, -10, "Its place: late first, then segment Gold (rank 2), then promise broken."),
        (0, 0, "Its place: due today, then segment Gold (rank 2), then promise ends today."),
        (-2, 3, "Its place: due within 7 days, then segment Gold (rank 2), then promise holds 3 more days."),
    ],
)
def test_a_line_explains_its_place_in_the_order_of_promise_risk(adviser: User, late: int, left: int, why: str) -> None:
    due_on = TODAY - timedelta(days=late)
    touchpoint = make_touchpoint(adviser=adviser, due_on=due_on, window_days=(TODAY + timedelta(days=left) - due_on).days, rank=2)
    row = describe(touchpoint, reader=adviser, on=TODAY)
    with translation.override("en"):
        html = draw_row(row, locale=Locale("en", "CA"), chosen_id=None)
    assert html.partition('data-why="')[2].partition('"')[0] == why


def test_a_line_says_who_is_on_it(adviser: User) -> None:
    touchpoint = make_touchpoint(adviser=adviser, status=Status.CLAIMED, claimed_by=adviser)
    touchpoint.claimed_at = timezone.now()
    theirs, mine = (describe(touchpoint, reader=reader, on=TODAY) for reader in (make_user(role="assistant"), adviser))
    assert "Ana &lt;b&gt;Roy&lt;/b&gt;" in draw_when(theirs, locale=FRENCH)
    with translation.override("en"):
        assert "Yours" in draw_when(mine, locale=FRENCH)
