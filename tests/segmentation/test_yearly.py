"""The yearly review: its questions show the figures there are, and what was answered is kept with them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from clients.models import Client
from segmentation import whatif, yearly
from segmentation.models import SchemeReview
from segmentation.overriding import override_segment
from segmentation.publishing import firm_today
from segmentation.yearly import NextDateRefused, Question, ReviewedToday, answer_with, figures_of, record_review
from tests.segmentation.drifting import by_night, make_drifting, publish
from tests.segmentation.rows import make_book

ANSWERS = {"capacity": "no", "accuracy": "yes", "delivery": "partly", "needs": "unknown"}


@pytest.fixture(autouse=True)
def no_other_room(monkeypatch):
    """What rooms above answer is theirs to test."""
    monkeypatch.setattr(yearly, "_answerers", {question: [] for question in Question})
    monkeypatch.setattr(whatif, "_readers", [])


def worded(scheme, alice):
    found = figures_of(scheme, firm=alice.firm, today=firm_today(alice.firm_id))
    return {question.value: [(str(figure.label), figure.value) for figure in figures] for question, figures in found.items()}


def test_a_question_without_figures_says_so(alice, client):
    make_book(alice, [5])
    scheme = publish(alice)
    found = worded(scheme, alice)
    assert {question: len(figures) for question, figures in found.items()} == {"capacity": 0, "accuracy": 5, "delivery": 0, "needs": 0}
    client.force_login(alice)
    page = client.get(reverse("scheme_review", args=[scheme.pk])).content.decode()
    assert page.count("No figure yet: answer from what you know.") == 3


def test_accuracy_counts_drift_overrides_and_what_is_not_known(alice):
    scheme = publish(alice)
    make_drifting(alice, 1, by=alice)
    *_others, chosen = make_book(alice, [None, 5, 5])
    by_night(alice)
    until = firm_today(alice.firm_id) + timedelta(days=9)
    override_segment(client=chosen, segment=scheme.segments.get(rank=1), reason="Why", expires_on=until, by=alice)
    assert worded(scheme, alice)["accuracy"] == [
        ("Clients placed", "4"),
        ("Clients whose segment is no longer the computed one", "1 (25%)"),
        ("Clients placed by decision", "1 (25%)"),
        ("Clients whom no rule catches", "0 (0%)"),
        ("Development potential (0–10): not known", "1 (25%)"),
    ]


def test_needs_are_what_is_known_of_satisfaction(alice):
    first, second, _third = make_book(alice, [5, 5, 9])
    scheme = publish(alice)
    Client.objects.filter(pk=first.pk).update(satisfaction=8)
    Client.objects.filter(pk=second.pk).update(satisfaction=9)
    assert worded(scheme, alice)["needs"] == [("Clients whose satisfaction is known", "2 of 3"), ("Satisfaction in Middle", "8.5/10")]


def test_rooms_above_answer_too(alice):
    scheme = publish(alice)
    asked = []

    def answer(scheme, firm, first, last):
        asked.append((scheme, firm, (last - first).days))
        return [yearly.Figure("Promises kept", "97 %", "good")]

    for _twice in range(2):
        answer_with(Question.DELIVERY, answer)
    assert worded(scheme, alice)["delivery"] == [("Promises kept", "97 %")]
    assert [(scheme_, firm, 364 < days < 367) for scheme_, firm, days in asked] == [(scheme, alice.firm, True)]
    load = whatif.Load(hours={"adviser": Decimal(120), "assistant": Decimal("33.4")})
    whatif.count_load_with(lambda scheme: whatif.Promised(segments=frozenset(), load=lambda clients, revenue: load))
    assert worded(scheme, alice)["capacity"] == [("Hours promised a year", "153 h")]


def test_a_review_is_kept_with_who_when_and_the_figures_of_that_day(alice, client):
    make_book(alice, [5])
    scheme = publish(alice)
    today = firm_today(alice.firm_id)
    review = record_review(scheme=scheme, answers=ANSWERS, conclusions=" Two advisers more ", next_on=today + timedelta(days=365), by=alice)
    kept = SchemeReview.objects.get()
    assert (kept.pk, kept.on, kept.by, kept.conclusions, kept.capacity, kept.needs) == (review.pk, today, alice, "Two advisers more", "no", "unknown")
    assert kept.figures["accuracy"][0] == ["Clients placed", "1"]
    client.force_login(alice)
    page = client.get(reverse("scheme_review", args=[scheme.pk])).content.decode()
    assert ("Two advisers more" in page, "The next one is due on" in page) == (True, True)


def test_refusals_write_nothing(alice):
    scheme, today = publish(alice), firm_today(alice.firm_id)
    for next_on in (today, today - timedelta(days=1), date(today.year + 3, 1, 1)):
        with pytest.raises(NextDateRefused):
            record_review(scheme=scheme, answers=ANSWERS, conclusions="Go on", next_on=next_on, by=alice)
    assert SchemeReview.objects.count() == 0
    record_review(scheme=scheme, answers=ANSWERS, conclusions="Go on", next_on=today + timedelta(days=90), by=alice)
    with pytest.raises(ReviewedToday):
        record_review(scheme=scheme, answers=ANSWERS, conclusions="Again", next_on=today + timedelta(days=90), by=alice)
    assert SchemeReview.objects.count() == 1


def test_the_form_refuses_beside_its_fields_and_takes_what_is_right(alice, client):
    scheme = publish(alice)
    client.force_login(alice)
    url = reverse("scheme_review", args=[scheme.pk])
    typed = {**ANSWERS, "conclusions": "Go on", "next_on": (firm_today(alice.firm_id) + timedelta(days=90)).isoformat()}
    assert list(client.post(url, {**typed, "capacity": "", "conclusions": ""}).context["form"].errors) == ["capacity", "conclusions"]
    assert list(client.post(url, {**typed, "next_on": "2020-01-01"}).context["form"].errors) == ["next_on"]
    assert client.post(url, typed)["Location"] == url
