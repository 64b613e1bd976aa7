"""Referrals, dated amounts and the firm's own attributes, as programs use them."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Amount, AttributeDefinition, Client, Referral
from tests import factories
from tests.api.rows import Caller
from tests.clients.access_records import make_amount, make_definition, make_referral


@pytest.fixture
def caller(alice):
    return Caller(alice)


def test_a_referral_is_recorded_followed_and_taken_back(caller, alice):
    roy, zoe = factories.make_client(adviser=alice, name="Roy"), factories.make_client(adviser=alice, name="Zoé")
    made = caller.post("referrals/", {"client": roy.pk, "referred": zoe.pk, "made_on": "2026-01-05"})
    assert (made.status_code, made.json()["name"], made.json()["by"]) == (201, "Zoé", alice.pk)
    changed = caller.patch(f"referrals/{made.json()['id']}/", {"converted": True, "quality": 8})
    assert [changed.json()[name] for name in ("name", "referred", "converted", "quality", "led_to_meeting")] == ["Zoé", zoe.pk, True, 8, False]
    assert [row["id"] for row in caller.get("referrals/", client=roy.pk).json()["results"]] == [made.json()["id"]]
    assert caller.send("DELETE", f"referrals/{made.json()['id']}/").status_code == 204
    assert not Referral.objects.exists()


def test_what_cannot_be_is_refused_beside_its_field(caller, alice):
    roy = factories.make_client(adviser=alice)
    refused = [
        caller.post("referrals/", {"client": roy.pk, "made_on": "2100-01-01", "name": "Zoé"}),
        caller.post("referrals/", {"client": roy.pk, "made_on": "2026-01-01"}),
        caller.post("amounts/", {"client": roy.pk, "kind": "aum", "amount": "-1", "ends_on": "2026-01-01"}),
        caller.post("amounts/", {"client": roy.pk, "kind": "cost", "amount": "1", "ends_on": "2026-01-01", "starts_on": "2024-01-01"}),
        caller.patch(f"clients/{roy.pk}/", {"own": {"hobby": "Sailing"}}),
        caller.patch(f"clients/{roy.pk}/", {"own": {"products": ["yacht"]}}),
        caller.patch(f"clients/{roy.pk}/", {"own": "Sailing"}),
    ]
    assert [(answer.status_code, list(answer.json()["error"]["fields"])) for answer in refused] == [
        (400, ["made_on"]), (400, ["name"]), (400, ["amount"]), (400, ["starts_on"]), (400, ["own.hobby"]), (400, ["products"]), (400, ["own"]),
    ]  # fmt: skip
    assert (Referral.objects.count(), Amount.objects.count(), Client.objects.get(pk=roy.pk).own) == (0, 0, {})


def test_amounts_move_the_clients_figures(caller, alice):
    roy = factories.make_client(adviser=alice, aum=5)
    made = caller.post("amounts/", {"client": roy.pk, "kind": "aum", "amount": "1000.50", "ends_on": "2026-01-05"}).json()
    assert (made["starts_on"], made["source"]) == ("2026-01-05", "api")
    assert caller.get(f"clients/{roy.pk}/").json()["aum"] == "1000.50"
    caller.patch(f"amounts/{made['id']}/", {"amount": "900"})
    assert caller.get(f"clients/{roy.pk}/").json()["aum"] == "900.00"
    caller.patch(f"clients/{roy.pk}/", {"aum": "950"})
    assert sorted(Amount.objects.values_list("amount", "source")) == [(Decimal(900), "api"), (Decimal(950), "api")]
    assert caller.send("DELETE", f"amounts/{made['id']}/").status_code == 204


def test_own_attributes_are_read_and_written_with_the_client(caller, alice):
    hobby = make_definition(alice)
    roy = factories.make_client(adviser=alice)
    sent = caller.patch(f"clients/{roy.pk}/", {"own": {hobby.slug: "Sailing", "products": ["tfsa", "rrsp"]}})
    assert sent.json()["own"] == {hobby.slug: "Sailing", "products": ["rrsp", "tfsa"]}
    assert caller.patch(f"clients/{roy.pk}/", {"own": {hobby.slug: None}}).json()["own"] == {"products": ["rrsp", "tfsa"]}
    assert [row["slug"] for row in caller.get("attributes/").json()["results"]] == [hobby.slug]


@pytest.mark.parametrize(("path", "make"), [("referrals/", make_referral), ("amounts/", make_amount), ("attributes/", make_definition)])
def test_lists_cost_the_same_for_one_row_and_thirty(caller, alice, path, make):
    counts = []
    caller.get(path)
    for rows in (1, 29):
        for _ in range(rows):
            make(alice)
        with CaptureQueriesContext(connection) as captured:
            assert caller.get(path).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]
    assert AttributeDefinition.objects.count() + Amount.objects.count() + Referral.objects.count() == 30


def test_a_life_event_is_noted_corrected_and_taken_back(caller, alice):
    roy = factories.make_client(adviser=alice)
    made = caller.post("life-events/", {"client": roy.pk, "on": "2026-01-05", "kind": "birth", "words": "Léa"})
    assert (made.status_code, made.json()["by"]) == (201, alice.pk)
    number = made.json()["id"]
    assert caller.patch(f"life-events/{number}/", {"on": "2026-01-07"}).json()["on"] == "2026-01-07"
    # Who read it before that is told, and overwrites nothing.
    stale = caller.patch(f"life-events/{number}/", {"words": "Zoé", "version": made.json()["version"]})
    assert (stale.status_code, caller.get(f"life-events/{number}/").json()["words"]) == (409, "Léa")
    assert list(caller.patch(f"life-events/{number}/", {"kind": "other", "words": ""}).json()["error"]["fields"]) == ["words"]
    assert [row["id"] for row in caller.get("life-events/", client=roy.pk, since="2026-01-06").json()["results"]] == [number]
    assert caller.send("DELETE", f"life-events/{number}/").status_code == 204
    assert caller.get("life-events/", client=roy.pk).json()["results"] == []
