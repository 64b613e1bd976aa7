"""Saved filters for programs: the same conditions, refused at the same places."""

import pytest

from clients.models import SavedFilter
from tests.api.rows import Caller
from tests.api.test_base import error
from tests.clients.access_filters import RICH
from tests.factories import make_client, make_user


@pytest.fixture
def caller(alice):
    return Caller(alice)


def test_a_filter_is_kept_worded_changed_and_forgotten(caller, alice):
    made = caller.post("saved-filters/", {"name": "Rich", "conditions": RICH, "is_shared": True})
    assert made.status_code == 201
    kept = made.json()
    assert (kept["conditions"], kept["words"], kept["owner"]) == (RICH, "assets under management: more than $400,000", alice.pk)
    changed = caller.patch(f"saved-filters/{kept['id']}/", {"name": "Wealthy", "version": kept["version"]}).json()
    assert (changed["name"], changed["is_shared"], changed["conditions"]) == ("Wealthy", True, RICH)
    assert error(caller.patch(f"saved-filters/{kept['id']}/", {"name": "Poor", "version": kept["version"]}))[:2] == (409, "filter_changed_meanwhile")
    assert caller.send("DELETE", f"saved-filters/{kept['id']}/").status_code == 204
    assert not SavedFilter.objects.exists()


def test_faults_are_told_at_their_places(caller):
    wrong = {"match": "all", "items": [{"attribute": "aum", "test": "more_than", "values": ["NaN"]}, {"match": "any", "items": []}]}
    answer = caller.post("saved-filters/", {"name": "Rich", "conditions": wrong})
    assert error(answer)[3] == {"conditions.0-values": ["Give a number."], "conditions.1-items": ["Add at least one condition."]}


def test_clients_are_listed_by_a_filter(caller, alice):
    saved = SavedFilter.objects.create(owner=alice, name="Rich", conditions=RICH)
    rich = make_client(adviser=alice, aum=500_000)
    make_client(adviser=alice, aum=400_000)
    assert [row["id"] for row in caller.get("clients/", saved=saved.pk).json()["results"]] == [rich.pk]


def test_a_filter_that_cannot_be_asked_lists_nobody(caller, alice):
    charlie = make_user()
    make_client(adviser=alice, aum=500_000)
    private = SavedFilter.objects.create(owner=charlie, name="His", conditions=RICH)
    gone = SavedFilter.objects.create(owner=alice, name="Gone", conditions={"match": "all", "items": [{"attribute": "horoscope", "test": "known"}]})
    assert caller.get("clients/", saved=private.pk).status_code == 404
    assert error(caller.get("clients/", saved=gone.pk))[3] == {"saved": ["The firm no longer has this attribute."]}
    assert caller.get(f"saved-filters/{gone.pk}/").json()["words"] == ""
