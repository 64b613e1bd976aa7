from dataclasses import asdict
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from service_matrix.models import Promise
from service_matrix.promises import InvalidPromise, check_promise, interval_days, settle_terms, usual_window
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


MORE_FAULTS = [
    ({"every": 0, "every_unit": "weeks", "times": 0}, {"every": "An interval lasts from one week or month to a year."}),
    ({"every": 13, "every_unit": "months", "times": 0}, {"every": "An interval lasts from one week or month to a year."}),
    ({"every": 2, "every_unit": "days"}, {"every_unit": "Weeks or months?"}),
    ({"every": 6, "every_unit": "weeks", "times": 9}, {"times": "The interval says how many times a year: leave the times empty."}),
    (
        {"every": 1, "every_unit": "weeks", "times": 52, "window_days": 7},
        {"window_days": "The next occurrence falls due after 7 days: the window must be shorter."},
    ),
    ({"lead_days": -1}, {"lead_days": "Booking begins from 0 to 183 days ahead."}),
    ({"lead_days": 184}, {"lead_days": "Booking begins from 0 to 183 days ahead."}),
    ({"anchor": "whenever"}, {"anchor": "Unknown way of falling in the year."}),
    ({"anchor": "month", "times": 1}, {"anchor_month": "Choose a month."}),
    ({"anchor": "month", "anchor_month": 13, "times": 1}, {"anchor_month": "Choose a month."}),
    ({"anchor": "date", "anchor_month": 2, "anchor_day": 29, "times": 1}, {"anchor_day": "Choose a day that this month has every year."}),
    ({"anchor": "date", "anchor_month": 2, "times": 1}, {"anchor_day": "Choose a day that this month has every year."}),
    ({"anchor": "birthday", "times": 2}, {"times": "This comes once a year: promise it once, or spread it over the year."}),
    ({"anchor": "review", "times": 1, "times_at_most": 2}, {"times": "This comes once a year: promise it once, or spread it over the year."}),
    (
        {"anchor": "event"},
        {"anchor_event": "Choose the event it follows.", "anchor_days": "Say how many days after the event: 366 at the most."},
    ),
    ({"anchor": "event", "anchor_event": "life_event", "anchor_days": 367}, {"anchor_days": "Say how many days after the event: 366 at the most."}),
    (
        {"anchor": "birthday", "every": 4, "every_unit": "weeks", "times": 13},
        {"anchor": "An interval is spread over the year: it cannot hang on a date or an event too."},
    ),
]


@pytest.mark.parametrize(("changes", "errors"), MORE_FAULTS)
def test_what_cannot_fall_in_a_year_is_refused_in_words(changes, errors):
    with pytest.raises(InvalidPromise) as refusal:
        check_promise(terms(**changes))
    assert refusal.value.errors == errors


@pytest.mark.parametrize(
    ("changes", "frequency", "falls"),
    [
        ({}, ("2 ×", "2 ×"), ("", "")),
        ({"times": 3, "times_at_most": 4}, ("3–4 ×", "3–4 ×"), ("", "")),
        ({"every": 1, "every_unit": "weeks"}, ("every week", "toutes les semaines"), ("", "")),
        ({"every": 6, "every_unit": "weeks"}, ("every 6 weeks", "toutes les 6 semaines"), ("", "")),
        ({"every": 2, "every_unit": "months"}, ("every 2 months", "tous les 2 mois"), ("", "")),
        ({"times": 1, "anchor": "month", "anchor_month": 3}, ("1 ×", "1 ×"), ("in March", "en mars")),
        ({"times": 1, "anchor": "date", "anchor_month": 12, "anchor_day": 1}, ("1 ×", "1 ×"), ("on 1 December", "le 1er décembre")),
        ({"times": 1, "anchor": "birthday"}, ("1 ×", "1 ×"), ("on the birthday", "à l’anniversaire")),
        ({"times": 1, "anchor": "anniversary"}, ("1 ×", "1 ×"), ("on the client anniversary", "à l’anniversaire d’entrée")),
        ({"times": 1, "anchor": "review"}, ("1 ×", "1 ×"), ("in the annual-review month", "le mois de la revue annuelle")),
        (
            {"anchor": "event", "anchor_event": "meeting_held", "anchor_days": 1},
            ("2 ×", "2 ×"),
            ("1 day after a meeting", "1 jour après une rencontre"),
        ),
    ],
)
def test_how_a_promise_falls_is_said_in_both_languages(changes, frequency, falls):
    settled = settle_terms(terms(window_days=3, **changes))
    check_promise(settled)
    promise = Promise(**asdict(settled))
    for language, place in (("en", 0), ("fr", 1)):
        with translation.override(language):
            assert (promise.frequency, promise.falls) == (frequency[place], falls[place])


@given(st.integers(1, 52), st.sampled_from(["weeks", "months"]))
def test_an_interval_counts_the_whole_ones_that_a_year_holds(every, unit):
    if unit == "months" and every > 12:
        return
    settled = settle_terms(terms(every=every, every_unit=unit, times=0, times_at_most=9, window_days=0))
    check_promise(settled)
    days = {"weeks": 7 * every, "months": every * 365 / 12}[unit]
    assert settled.times == int(364 // days if unit == "weeks" else 365.001 // days)
    assert settled.times_at_most is None


def test_what_an_anchor_does_not_use_is_emptied():
    said = terms(times=1, anchor="birthday", anchor_month=3, anchor_day=9, anchor_event="meeting_held", anchor_days=4, every_unit="weeks")
    settled = settle_terms(said)
    assert (settled.anchor_month, settled.anchor_day, settled.anchor_event, settled.anchor_days, settled.every_unit) == (None, None, "", None, "")
