from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from service_matrix.models import Performer
from service_matrix.promises import InvalidPromise, check_promise, interval_days, usual_window, yearly_load
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


PROMISES = st.lists(
    st.builds(
        lambda segment_id, times, minutes, performer: SimpleNamespace(segment_id=segment_id, times=times, minutes=minutes, performer=performer),
        st.integers(1, 3),
        st.integers(1, 52),
        st.integers(0, 1440),
        st.sampled_from(Performer.values),
    ),
    max_size=30,
)


@given(PROMISES, st.fixed_dictionaries({1: st.integers(0, 5), 2: st.integers(0, 5), 3: st.integers(0, 5)}))
def test_the_load_is_that_of_every_occurrence_of_every_client_counted_one_by_one(promises, clients):
    minutes = {(segment, performer): 0 for segment in clients for performer in Performer.values}
    for segment, count in clients.items():
        for _client in range(count):
            for promise in promises:
                for _occurrence in range(promise.times):
                    if promise.segment_id == segment:
                        minutes[segment, promise.performer] += promise.minutes
    loads = yearly_load(promises=promises, clients=clients)
    assert {(segment, performer): round(hours * 60) for segment, load in loads.items() for performer, hours in load.by_performer.items()} == minutes
    assert all(abs(load.hours - sum(load.by_performer.values())) < Decimal("0.000001") for load in loads.values())


def test_a_range_asks_for_its_lower_figure():
    promises = [SimpleNamespace(segment_id=7, times=3, times_at_most=4, minutes=60, performer="adviser")]
    load = yearly_load(promises=promises, clients={7: 10})[7]
    assert (int(load.hours_per_client), int(load.hours)) == (3, 30)
    assert {performer: int(hours) for performer, hours in load.per_client.items()} == {"adviser": 3, "assistant": 0, "either": 0}
