"""Each resource does what its page does."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from clients.models import Client, Interaction, Person
from firms.models import User
from firms.wall import enter_firm
from segmentation.models import Scheme, Segment
from service_matrix.models import Promise, TouchpointType
from tests.api.access import make_explained
from tests.api.rows import Caller, fill_book
from tests.api.test_base import error
from tests.factories import make_client, make_user
from tests.service_matrix.rows import make_draft, segment_of
from tests.touchpoints.rows import make_touchpoint
from touchpoints.models import Touchpoint


@pytest.fixture
def caller(alice: User) -> Caller:
    return Caller(alice)


@pytest.fixture
def theirs(alice: User, beta) -> Client:
    """A client of the other firm."""
    enter_firm(beta.pk)
    client = Client.objects.all()[0]
    enter_firm(alice.firm_id)
    return client


# Clients


def test_a_client_is_opened_with_its_primary_contact(caller, alice):
    charlie = make_user()
    response = caller.post(
        "clients/", {"name": "Roy", "adviser": charlie.pk, "aum": "1250000.50", "person": {"last_name": "Roy", "first_name": "Zoé"}}
    )
    assert response.status_code == 201
    made = response.json()
    assert (made["name"], made["adviser"], made["adviser_name"], made["aum"], made["status"]) == (
        "Roy",
        charlie.pk,
        charlie.name,
        "1250000.50",
        "client",
    )
    assert Client.objects.get(pk=made["id"]).aum == Decimal("1250000.50")
    assert Person.objects.get(client=made["id"]).is_primary
    assert caller.get(f"clients/{made['id']}/").json() == made


def test_values_that_make_no_sense_are_refused_by_field(caller, alice):
    response = caller.post("clients/", {"name": "Roy", "adviser": alice.pk, "aum": "-5", "kind": "alien"})
    assert error(response) == (400, "invalid", "Some values are not valid.", {"kind": ['"alien" is not a valid choice.']})
    response = caller.post("clients/", {"name": "Roy", "adviser": alice.pk, "aum": "-5", "client_since": "2999-01-01"})
    assert error(response)[3] == {"aum": ["This amount cannot be negative."], "client_since": ["This date is in the future."]}
    assert not Client.objects.exists()


def test_a_client_is_not_opened_in_a_book_one_does_not_work_in(alice, theirs):
    charlie, diane = make_user(), make_user()
    for adviser in (diane.pk, theirs.adviser_id, 987654321):
        response = Caller(charlie).post("clients/", {"name": "Roy", "adviser": adviser})
        assert error(response)[3] == {"adviser": [f'Invalid pk "{adviser}" - object does not exist.']}


def test_a_client_is_changed_and_moved_to_another_book(caller, alice):
    client, charlie = make_client(adviser=alice), make_user()
    changed = caller.patch(f"clients/{client.pk}/", {"city": "Gaspé", "adviser": charlie.pk}).json()
    assert (changed["city"], changed["adviser"]) == ("Gaspé", charlie.pk)


def test_who_read_an_older_version_overwrites_nothing(caller, alice):
    client = make_client(adviser=alice)
    read = caller.get(f"clients/{client.pk}/").json()["version"]
    # Rows written in one transaction look alike to each other: here is another.
    with transaction.atomic():
        Client.objects.filter(pk=client.pk).update(city="Rimouski")
    assert error(caller.patch(f"clients/{client.pk}/", {"city": "Gaspé", "version": read}))[:2] == (409, "changed_meanwhile")
    client.refresh_from_db()
    assert client.city == "Rimouski"


def test_a_client_is_archived_once_and_brought_back(caller, alice):
    client = make_client(adviser=alice)
    assert caller.post(f"clients/{client.pk}/archive/").json()["archived_at"] is not None
    assert error(caller.post(f"clients/{client.pk}/archive/"))[:3] == (409, "already_archived", "This client is archived already.")
    assert caller.get("clients/").json()["results"] == []
    assert [row["id"] for row in caller.get("clients/", archived="true").json()["results"]] == [client.pk]
    assert caller.post(f"clients/{client.pk}/restore/").json()["archived_at"] is None


def test_clients_are_filtered(caller, alice):
    charlie = make_user()
    roy = make_client(adviser=alice, name="Élise Roy", aum=500_000, status="client")
    cote = make_client(adviser=charlie, name="Jean Côté", aum=50_000, status="prospect", kind="company")

    def found(**query: object) -> list[int]:
        return [row["id"] for row in caller.get("clients/", **query).json()["results"]]

    assert found(q="eli") == [roy.pk]
    assert found(status="prospect") == [cote.pk]
    assert found(kind="company") == [cote.pk]
    assert found(adviser=alice.pk) == [roy.pk]
    assert found(aum_from=100_000) == [roy.pk]
    assert found(aum_to=100_000) == [cote.pk]
    assert found(updated_since=(timezone.now() + timedelta(days=1)).isoformat()) == []


# People and interactions


def test_people_come_and_go_and_one_is_the_primary_contact(caller, alice):
    client = make_client(adviser=alice, people=False)
    first = caller.post("people/", {"client": client.pk, "last_name": "Roy"}).json()
    second = caller.post("people/", {"client": client.pk, "last_name": "Côté", "birth_date": "1980-02-29"}).json()
    assert (first["is_primary"], second["is_primary"]) == (True, False)
    assert error(caller.send("DELETE", f"people/{first['id']}/"))[:2] == (409, "primary_contact")
    assert caller.post(f"people/{second['id']}/make-primary/").json()["is_primary"] is True
    assert caller.send("DELETE", f"people/{first['id']}/").status_code == 204
    assert caller.patch(f"people/{second['id']}/", {"email": "not an address"}).json()["error"]["fields"] == {
        "email": ["Enter a valid email address."]
    }
    assert [row["last_name"] for row in caller.get("people/", client=client.pk).json()["results"]] == ["Côté"]


def test_nobody_is_put_into_another_firms_client(caller, theirs):
    response = caller.post("people/", {"client": theirs.pk, "last_name": "Planted"})
    missing = caller.post("people/", {"client": 987654321, "last_name": "Planted"})
    assert error(response)[3] == {"client": [f'Invalid pk "{theirs.pk}" - object does not exist.']}
    assert response.json() == json.loads(missing.content.replace(b"987654321", str(theirs.pk).encode()))


def test_an_interaction_is_logged_in_the_callers_name(caller, alice, theirs):
    client = make_client(adviser=alice)
    response = caller.post(
        "interactions/", {"client": client.pk, "channel": "video", "subject": "Review", "happened_at": "2026-11-02T10:00:00-05:00"}
    )
    assert (response.status_code, response.json()["by"], response.json()["by_name"]) == (201, alice.pk, "Alice Roy")
    assert [row["subject"] for row in caller.get("interactions/", client=client.pk, since="2026-11-01T00:00:00Z").json()["results"]] == ["Review"]
    assert caller.get("interactions/", until="2026-11-01T00:00:00Z").json()["results"] == []
    assert error(caller.post("interactions/", {"client": theirs.pk, "channel": "video", "subject": "Review"}))[3].keys() == {"client"}
    assert Interaction.objects.count() == 1


# Segmentation


def test_schemes_segments_and_assignments_are_read(caller, alice):
    client = fill_book(alice, 1)[0]
    scheme = Scheme.objects.get()
    assert [row["name_fr"] for row in caller.get("segments/", scheme=scheme.pk).json()["results"]] == ["Acquisition", "Standard", "Premium"]
    assert [(row["id"], row["is_service"], row["published_version"]) for row in caller.get("schemes/").json()["results"]] == [(scheme.pk, True, None)]
    row = caller.get("assignments/", client=client.pk, current="true").json()["results"][0]
    assert (row["segment_name"], row["source"], row["starts_on"], row["is_current"]) == ("Premium", "import", "2026-01-01", True)
    assert caller.get("assignments/", on="2025-12-31").json()["results"] == []
    assert len(caller.get("assignments/", on="2026-01-01").json()["results"]) == 1


def test_an_assignment_explains_itself(caller, alice):
    assignment = make_explained(alice)
    explained = caller.get(f"assignments/{assignment.pk}/explanation/").json()
    assert (explained["computed_segment_name"], explained["score"], explained["has_drifted"], explained["lines"]) == ("Premium", "80.0000", False, [])
    unexplained = fill_book(alice, 1)[0].assignments.get()
    assert error(caller.get(f"assignments/{unexplained.pk}/explanation/"))[:2] == (404, "not_found")


# The matrix


def cell(draft, *, rank: int = 1, key: str = "newsletter", **changes: object) -> dict[str, object]:
    return {
        "version": draft.pk,
        "revision": draft.revision,
        "segment": segment_of(draft.scheme, rank).pk,
        "touchpoint_type": TouchpointType.objects.get(key=key).pk,
        "times": 4,
        "channel": "email",
        "performer": "assistant",
        "minutes": 5,
        "window_days": 20,
        **changes,
    }


def test_a_cell_of_the_draft_is_written_as_it_was_read(caller, alice):
    draft = make_draft(by=alice, preset=None)
    written = caller.post("promises/", cell(draft))
    assert (written.status_code, written.json()["times"], written.json()["times_at_most"]) == (201, 4, None)
    assert error(caller.post("promises/", cell(draft, times=1)))[:2] == (409, "draft_changed")
    assert caller.get("matrix-versions/", status="draft").json()["results"][0]["revision"] == 2
    address = f"promises/{written.json()['id']}/"
    assert error(caller.send("DELETE", address))[3].keys() == {"revision"}
    assert error(caller.send("DELETE", address + "?revision=1"))[:2] == (409, "draft_changed")
    assert caller.send("DELETE", address + "?revision=2").status_code == 204
    assert not Promise.objects.exists()


def test_absurd_promises_are_refused_in_words(caller, alice):
    draft = make_draft(by=alice, preset=None)
    assert error(caller.post("promises/", cell(draft, minutes=-5, times=10**30)))[3] == {
        "minutes": ["Minutes cannot be negative."],
        "times": ["At most 52 times a year: once a week."],
    }
    assert not Promise.objects.exists()


def test_times_beside_an_interval_are_refused_unless_they_are_its_own(caller, alice):
    draft = make_draft(by=alice, preset=None)
    said: dict[str, Any] = {"every": 6, "every_unit": "weeks"}
    assert error(caller.post("promises/", cell(draft, **said)))[3] == {"times": ["The interval says how many times a year: leave the times empty."]}
    assert not Promise.objects.exists()
    assert caller.post("promises/", cell(draft, **said, times=8)).json()["times"] == 8


def test_nothing_is_promised_of_a_type_out_of_use(caller, alice):
    draft = make_draft(by=alice, preset=None)
    TouchpointType.objects.filter(key="newsletter").update(is_active=False)
    assert error(caller.post("promises/", cell(draft)))[::3] == (400, {"touchpoint_type": ["This touchpoint type is no longer in use."]})
    draft.refresh_from_db()
    assert (Promise.objects.count(), draft.revision) == (0, 1)


def test_a_segment_deleted_while_its_promise_is_written_is_refused_in_words(caller, alice):
    draft = make_draft(by=alice, preset=None)
    sent = cell(draft, rank=3)
    deleted: list[object] = []

    def delete_the_segment(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not deleted and "service_matrix_matrixversion" in sql and ("FOR UPDATE" in sql or sql.startswith("UPDATE")):
            deleted.append(Segment.objects.filter(scheme=draft.scheme, rank=3).delete())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(delete_the_segment):
        refused = caller.post("promises/", sent)
    assert (len(deleted), error(refused)[:2]) == (1, (409, "cell_gone"))
    draft.refresh_from_db()
    assert (Promise.objects.count(), draft.revision) == (0, 1)


def test_types_come_with_their_procedure(caller, alice):
    make_draft(by=alice)
    found = caller.get("touchpoint-types/", key="newsletter").json()["results"]
    assert [(row["name_fr"], len(row["steps"])) for row in found] == [("Lettre d’information", 2)]


# Touchpoints


def test_a_touchpoint_is_completed_once(caller, alice):
    touchpoint = make_touchpoint(adviser=alice, due_on=date(2100, 1, 4))
    done = caller.post(f"touchpoints/{touchpoint.pk}/complete/", {"channel": "phone", "subject": "News", "summary": "All well"}).json()
    assert (done["status"], done["closed_by"], done["interaction"]) == ("done", alice.pk, Interaction.objects.get().pk)
    status, code, message, _fields = error(caller.post(f"touchpoints/{touchpoint.pk}/complete/", {"channel": "phone", "subject": "News"}))
    assert (status, code, message.startswith("Alice Roy already completed this touchpoint (")) == (409, "already_handled", True)
    assert Interaction.objects.count() == 1


def test_a_touchpoint_is_claimed_snoozed_and_skipped(caller, alice):
    touchpoint = make_touchpoint(adviser=alice, due_on=date(2100, 1, 4))
    address = f"touchpoints/{touchpoint.pk}/"
    assert caller.post(address + "claim/").json()["claimed_by"] == alice.pk
    assert error(caller.post(address + "snooze/", {"until": "2100-12-31"}))[:2] == (409, "not_snoozable")
    assert caller.post(address + "snooze/", {"until": "2100-01-20"}).json()["snoozed_until"] == "2100-01-20"
    assert error(caller.post(address + "skip/", {"reason": "  "}))[3] == {"reason": ["This field may not be blank."]}
    assert caller.post(address + "skip/", {"reason": "Abroad"}).json()["status"] == "skipped"


def test_a_touchpoint_is_moved_within_its_window(caller, alice):
    touchpoint = make_touchpoint(adviser=alice, due_on=date(2100, 1, 4))
    address = f"touchpoints/{touchpoint.pk}/move/"
    assert error(caller.post(address, {"to": "2100-12-31"}))[:2] == (409, "day_refused")
    moved = caller.post(address, {"to": "2100-01-20"}).json()
    assert (moved["due_on"], moved["moved_from"]) == ("2100-01-20", "2100-01-04")


def test_touchpoints_are_filtered(caller, alice):
    touchpoint = make_touchpoint(adviser=alice, due_on=date(2100, 1, 4), performer="adviser")

    def found(**query: object) -> list[int]:
        return [row["id"] for row in caller.get("touchpoints/", **query).json()["results"]]

    assert found(client=touchpoint.client_id, status=["planned", "claimed"], performer="adviser", due_from="2100-01-04") == [touchpoint.pk]
    assert found(status="done") == found(due_to="2100-01-03") == found(performer="assistant") == found(service_year=1999) == []
    assert Touchpoint.objects.count() == 1
