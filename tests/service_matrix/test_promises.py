from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from service_matrix.promises import InvalidPromise, check_promise, interval_days, usual_window
from tests.service_matrix.rows import terms

FAULTS = [
    ({"times": 0}, {"times": "At least once a year. To promise nothing, empty the cell."}),
    ({"times": -4}, {"times": "At least once a year. To promise nothing, empty the cell."}),
    ({"times": 53}, {"times": "At most 52 times a year: once a week."}),
    ({"times": 3, "times_at_most": 2}, {"times_at_most": "A range goes from the lower figure to the higher one."}),
    ({"times": 3, "times_at_most": 60}, {"times_at_most": "At most 52 times a year: once a week."}),
    ({"minutes": -1}, {"minutes": "Minutes cannot be negative."}),
    ({"minutes": 1441}, {"minutes": "There are 1,440 minutes in a day."}),
    ({"window_days": -1}, {"window_days": "A window cannot be negative."}),
    ({"window_days": 184}, {"window_days": "A window lasts 183 days at the most."}),
    ({"times": 12, "window_days": 30}, {"window_days": "The next occurrence falls due after 30 days: the window must be shorter."}),
    ({"direct_cost": Decimal("-0.01")}, {"direct_cost": "A direct cost lies between 0 and 100,000."}),
    ({"direct_cost": Decimal("NaN")}, {"direct_cost": "A direct cost lies between 0 and 100,000."}),
    ({"channel": "pigeon"}, {"channel": "Unknown channel."}),
    ({"performer": "nobody"}, {"performer": "Unknown role."}),
    (
        {"times": 0, "minutes": -5, "channel": "pigeon"},
        {
            "times": "At least once a year. To promise nothing, empty the cell.",
            "minutes": "Minutes cannot be negative.",
            "channel": "Unknown channel.",
        },
    ),
]


@pytest.mark.parametrize(("changes", "errors"), FAULTS)
def test_absurd_terms_are_refused_in_words(changes, errors):
    with pytest.raises(InvalidPromise) as refusal:
        check_promise(terms(**changes))
    assert refusal.value.errors == errors


def test_the_words_are_in_the_readers_language():
    with translation.override("fr"), pytest.raises(InvalidPromise) as refusal:
        check_promise(terms(minutes=-1))
    assert refusal.value.errors == {"minutes": "Le nombre de minutes ne peut pas être négatif."}


@given(st.integers(1, 52))
def test_the_usual_window_is_always_accepted(times):
    check_promise(terms(times=times, window_days=usual_window(times)))
    assert usual_window(times) < interval_days(times)
