"""`manage.py publish_scheme`."""

import json

import pytest
from django.core.management import CommandError, call_command

from segmentation.models import Scheme, SchemeVersion
from segmentation.tasks import tend_firm
from tests.segmentation.rows import make_book, periods


def run(capsys, *arguments):
    call_command("publish_scheme", *arguments)
    return capsys.readouterr().out


def test_it_places_the_book_and_counts_each_segment(alice, capsys):
    make_book(alice, [number % 11 for number in range(20)])
    answer = json.loads(run(capsys, "Alpha Conseil", "vip", "--json"))
    scheme = Scheme.objects.get()
    assert answer == {
        "scheme": scheme.pk,
        "preset": "vip_gold_silver_bronze",
        "version": 1,
        "segments": {"VIP": 2, "Gold": 6, "Silver": 8, "Bronze": 4},
        "moved": 0,
        "arrived": 20,
        "left": 0,
    }


def test_again_it_publishes_the_same_scheme_anew_for_the_book_of_today(alice, capsys):
    make_book(alice, [5, 6])
    run(capsys, str(alice.firm_id), "premium_standard_acquisition")
    make_book(alice, [7], aum=200_000)
    text = run(capsys, str(alice.firm_id), "premium_standard_acquisition")
    assert text == "Premium / Standard / Acquisition, version 2: 3 clients placed.\n  Premium: 0\n  Standard: 1\n  Acquisition: 2\n"
    assert list(SchemeVersion.objects.order_by("number").values_list("status", flat=True)) == ["retired", "published"]


@pytest.mark.parametrize("arguments", [("Alpha Conseil", "nothing"), ("Gamma", "vip")])
def test_an_unknown_preset_or_firm_is_refused(alice, arguments):
    with pytest.raises(CommandError):
        call_command("publish_scheme", *arguments)
    assert Scheme.objects.count() == 0


def test_the_task_of_a_firm_places_who_came(alice, capsys):
    run(capsys, str(alice.firm_id), "premium")
    (client,) = make_book(alice, [5])
    tend_firm(firm_id=alice.firm_id)
    assert [(segment, source) for segment, source, _, _ in periods(client)] == [("Acquisition", "computed")]
