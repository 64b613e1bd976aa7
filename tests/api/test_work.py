"""Follow-ups, touchpoints in bulk and transfers, as the pages do them."""

import pytest
from django.utils import timezone

from clients.models import Client, FollowUp, Interaction
from firms.models import User
from firms.wall import enter_firm
from tests.api.rows import Caller
from tests.api.test_base import error
from tests.factories import make_client, make_user
from tests.touchpoints.rows import make_touchpoint
from touchpoints.models import Touchpoint


@pytest.fixture
def caller(alice: User) -> Caller:
    return Caller(alice)


@pytest.fixture
def their_user(alice: User, beta) -> User:
    """Someone of the other firm."""
    enter_firm(beta.pk)
    user = User.objects.all()[0]
    enter_firm(alice.firm_id)
    return user


def test_an_interaction_brings_its_value_and_its_follow_ups(caller, alice, their_user):
    client, charlie = make_client(adviser=alice), make_user(name="Charlie", role="admin")
    promised = {"text": "Send the form", "due_on": "2026-12-01"}
    sent = {"client": client.pk, "channel": "video", "subject": "Review", "value": "win", "value_note": "Saved tax", "satisfaction": 9}
    logged = caller.post("interactions/", sent | {"follow_ups": [promised, promised | {"assignee": charlie.pk}]})
    assert (logged.status_code, logged.json()["value"], logged.json()["satisfaction"]) == (201, "win", 9)
    rows = caller.get("follow-ups/", client=client.pk, open="true").json()["results"]
    assert sorted((row["text"], row["assignee_name"], row["interaction"]) for row in rows) == [
        ("Send the form", "Alice Roy", logged.json()["id"]),
        ("Send the form", "Charlie", logged.json()["id"]),
    ]
    refused = caller.post("interactions/", sent | {"follow_ups": [promised | {"assignee": their_user.pk}]})
    assert (error(refused)[0], Interaction.objects.count()) == (400, 1)


def test_a_follow_up_is_done_once(caller, alice):
    client = make_client(adviser=alice)
    made = caller.post("follow-ups/", {"client": client.pk, "text": "Call", "due_on": "2026-12-01"}).json()
    assert caller.patch(f"follow-ups/{made['id']}/", {"text": "Call back"}).json()["text"] == "Call back"
    assert caller.post(f"follow-ups/{made['id']}/finish/", {}).json()["done_by"] == alice.pk
    assert error(caller.post(f"follow-ups/{made['id']}/finish/", {}))[:2] == (409, "follow_up_handled")
    assert caller.post(f"follow-ups/{made['id']}/reopen/", {}).json()["done_at"] is None
    assert caller.send("DELETE", f"follow-ups/{made['id']}/").status_code == 204
    assert FollowUp.objects.count() == 0


def test_many_touchpoints_are_handled_and_taken_back(caller, alice):
    first, second = (make_touchpoint(adviser=alice, due_on=timezone.localdate()) for _ in range(2))
    answer = caller.post("touchpoints/bulk/", {"act": "complete", "ids": [first.pk]}).json()
    assert (answer["handled"], [left["id"] for left in answer["left"]]) == ([], [first.pk])
    answer = caller.post("touchpoints/bulk/", {"act": "skip", "reason": "Away", "ids": [first.pk, second.pk, 987654321]}).json()
    assert answer == {"handled": [first.pk, second.pk], "left": []}
    assert caller.post("touchpoints/undo/", {}).json() == {"undone": [first.pk, second.pk], "changed_since": 0, "stays": []}
    assert error(caller.post("touchpoints/undo/", {}))[:2] == (409, "not_undoable")
    assert error(caller.post("touchpoints/bulk/", {"act": "snooze", "ids": [first.pk]}))[3].keys() == {"until"}
    assert caller.post(f"touchpoints/{first.pk}/reassign/", {"to": alice.pk}).json()["assigned_to"] == alice.pk
    assert set(Touchpoint.objects.values_list("status", flat=True)) == {"planned"}


def test_clients_are_transferred_and_come_back(caller, alice, their_user):
    clients, camille = [make_client(adviser=alice) for _ in range(2)], make_user(name="Camille")
    sent = {"clients": [client.pk for client in clients], "to": [camille.pk]}
    done = caller.post("transfers/", sent)
    assert (done.status_code, done.json()["moved"], Client.objects.filter(adviser=camille).count()) == (201, 2, 2)
    assert [(row["moved"], row["job_status"]) for row in caller.get("transfers/").json()["results"]] == [(2, None)]
    assert caller.post(f"transfers/{done.json()['transfer']}/undo/", {}).json() == {"returned": 2, "moved_since": 0}
    assert error(caller.post(f"transfers/{done.json()['transfer']}/undo/", {}))[:2] == (409, "transfer_closed")
    assert error(caller.post("transfers/", sent | {"to": [their_user.pk]}))[0] == 400
    assert Client.objects.filter(adviser=alice).count() == 2
