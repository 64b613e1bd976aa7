"""What docs/planning.md promises of levelling, measured on the rows that a run writes."""

from collections import Counter
from dataclasses import asdict
from datetime import date, timedelta
from itertools import count

import pytest

from firms.wall import enter_firm
from service_matrix.presets import PRESETS
from tests import factories
from tests.touchpoints.planning_factories import make_scheme, make_type, place, publish
from touchpoints.models import BookPosition, Touchpoint
from touchpoints.planning import reconcile

# Clients of a book by segment, AAA first.
MIXES = [(30, 45, 75), (50, 50, 50)]


def plan_preset(*, region: str, mix: tuple[int, ...], year: int) -> None:
    """A firm of one book, served as the preset says, planned for two years at once."""
    firm = factories.make_firm(name="Level", region=region)
    enter_firm(firm.pk)
    adviser = factories.make_user()
    segments = make_scheme(segments=len(mix))
    types = {key: make_type(name_en=key) for key in PRESETS["aaa_aa_a"].rows}
    publish(
        {
            (segment, types[key]): asdict(terms)
            for key, row in PRESETS["aaa_aa_a"].rows.items()
            for segment, terms in zip(segments, row, strict=False)
            if terms is not None
        }
    )
    number = count()
    for segment, clients in zip(segments, mix, strict=True):
        for _ in range(clients):
            # Birthdays cannot be moved; these are scattered over the year by the golden ratio.
            born = date(1960, 1, 1) + timedelta(days=next(number) * 618 % 1000 * 366 // 1000)
            place(factories.make_client(adviser=adviser, birth_date=born), segment, since=date(year, 1, 1))
    reconcile(firm_id=firm.pk, start=date(year, 1, 1), months=24)


def busiest_week(*, role: str, year: int) -> float:
    """Touches of the year's busiest week from Monday to Sunday, by the mean of its 52.1; what either may do counts half."""
    weeks: Counter[date] = Counter()
    for day, performer in Touchpoint.objects.filter(service_year=year).values_list("due_on", "performer"):
        # In halves of a touch.
        weeks[day - timedelta(days=day.weekday())] += {role: 2, "either": 1}.get(performer, 0)
    length = (date(year + 1, 1, 1) - date(year, 1, 1)).days / 7
    return max(weeks.values()) / (sum(weeks.values()) / length)


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("region", ["CA-QC", "FR"])
def test_no_week_of_a_book_is_a_quarter_above_the_mean_of_its_role(alice, region, mix):
    plan_preset(region=region, mix=mix, year=2026)
    busiest = {(role, year): busiest_week(role=role, year=year) for role in ("adviser", "assistant") for year in (2026, 2027)}
    assert max(busiest.values()) <= 1.25, busiest


def test_a_book_that_came_at_once_has_a_place_for_each(alice):
    plan_preset(region="CA-QC", mix=(10, 10, 10), year=2026)
    positions = list(BookPosition.objects.order_by("position").values_list("position", flat=True))
    assert len(set(positions)) == 30
