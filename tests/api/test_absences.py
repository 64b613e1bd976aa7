"""Absences and covers, as people note them on their pages; and whether the planner has followed."""

from datetime import date, timedelta
from typing import Any

import pytest

from firms.absences import add_absence
from firms.models import Absence, PlanningRequest, User
from firms.wall import enter_firm
from messaging.models import Notice
from tests.api.rows import Caller, count_statements
from tests.api.test_base import error
from tests.factories import make_user
from touchpoints.planning import plan_if_due

AWAY = {"starts_on": "2029-07-06", "ends_on": "2029-07-17"}


@pytest.fixture
def charlie(alice: User) -> User:
    return make_user(name="Charlie Côté")


@pytest.fixture
def camille(alice: User) -> User:
    return make_user(name="Camille Roy")


@pytest.fixture
def their_user(alice: User, beta) -> User:
    """Someone of the other firm."""
    enter_firm(beta.pk)
    user = User.objects.filter(role="adviser")[0]
    enter_firm(alice.firm_id)
    return user


def rows() -> list[tuple[str, str, str | None]]:
    absences = Absence.objects.select_related("user", "covered_by").order_by("pk")
    return [(absence.user.name, str(absence.starts_on), absence.covered_by.name if absence.covered_by else None) for absence in absences]


def unversioned(answer: Any) -> dict[str, Any]:
    """What an absence is told as, but for the version, which each change makes another."""
    told: dict[str, Any] = answer.json()
    assert told.pop("version")
    return told


def test_one_notes_ones_own_absence_and_who_covers_it(charlie, camille):
    made = Caller(charlie).post("absences/", AWAY | {"covered_by": camille.pk, "note": " Gaspé "})
    assert made.status_code == 201
    assert unversioned(made) == {
        "id": Absence.objects.get().pk,
        "user": charlie.pk,
        "user_name": "Charlie Côté",
        **AWAY,
        "covered_by": camille.pk,
        "covered_by_name": "Camille Roy",
        "note": "Gaspé",
    }
    # Who is to cover is told, and the year is planned around it.
    assert list(Notice.objects.values_list("user__name", "kind")) == [("Camille Roy", "touchpoints_cover")]
    assert PlanningRequest.objects.exists()


def test_days_that_make_no_sense_and_people_who_cannot_cover_are_refused_beside_the_field(charlie, camille):
    caller, marie, leo = Caller(charlie), make_user(name="Marie", role="assistant"), make_user(name="Léo")
    add_absence(user=charlie, starts_on=date(2029, 7, 6), ends_on=date(2029, 7, 17), by=charlie)
    add_absence(user=leo, starts_on=date(2029, 8, 1), ends_on=date(2029, 8, 31), by=leo)
    before = rows()
    PlanningRequest.objects.all().delete()
    august = {"starts_on": "2029-08-03", "ends_on": "2029-08-14"}
    answers = [
        caller.post("absences/", {}),
        caller.post("absences/", august | {"ends_on": "2029-08-01"}),
        caller.post("absences/", august | {"ends_on": "2032-08-01"}),
        caller.post("absences/", AWAY | {"ends_on": "2029-07-07"}),
        caller.post("absences/", august | {"covered_by": marie.pk}),
        caller.post("absences/", august | {"covered_by": leo.pk}),
    ]
    required = "This field is required."
    assert [error(answer)[::3] for answer in answers] == [
        (400, {"starts_on": [required], "ends_on": [required]}),
        (400, {"ends_on": ["An absence ends on the day it starts or later."]}),
        (400, {"ends_on": ["An absence lasts two years at the most."]}),
        (400, {"starts_on": ["These days overlap another absence of the same person."]}),
        (400, {"covered_by": ["Marie cannot cover this absence."]}),
        (400, {"covered_by": ["Léo is away on all these days too."]}),
    ]
    assert (rows(), PlanningRequest.objects.exists(), Notice.objects.exists()) == (before, False, False)


def test_only_who_manages_users_notes_and_sees_the_absences_of_others(alice, charlie, camille, their_user):
    assert error(Caller(charlie).post("absences/", AWAY | {"user": camille.pk}))[3].keys() == {"user"}
    assert error(Caller(alice).post("absences/", AWAY | {"user": their_user.pk}))[3].keys() == {"user"}
    assert rows() == []
    made = Caller(alice).post("absences/", AWAY | {"user": charlie.pk}).json()
    assert (made["user"], rows()) == (charlie.pk, [("Charlie Côté", "2029-07-06", None)])
    for person, seen in ((alice, [made["id"]]), (charlie, [made["id"]]), (camille, [])):
        caller = Caller(person)
        assert [row["id"] for row in caller.get("absences/").json()["results"]] == seen
        assert caller.get(f"absences/{made['id']}/").status_code == (200 if seen else 404)
    assert Caller(camille).send("DELETE", f"absences/{made['id']}/").status_code == 404
    assert len(rows()) == 1


def test_the_cover_changes_and_ends_and_each_time_who_is_concerned_is_told(charlie, camille, alice):
    caller, leo = Caller(charlie), make_user(name="Léo")
    created = caller.post("absences/", AWAY | {"covered_by": camille.pk})
    read, made = created.json()["version"], unversioned(created)
    address = f"absences/{made['id']}/"
    assert caller.patch(address, {"covered_by": leo.pk}).json()["covered_by_name"] == "Léo"
    assert error(caller.patch(address, {"covered_by": charlie.pk}))[3] == {"covered_by": ["Charlie Côté cannot cover this absence."]}
    assert error(caller.patch(address, {"covered_by": 987654321}))[3].keys() == {"covered_by"}
    # Nothing said changes nothing.
    assert unversioned(caller.patch(address, {})) == made | {"covered_by": leo.pk, "covered_by_name": "Léo"}
    assert caller.patch(address, {"covered_by": None}).json()["covered_by"] is None
    assert list(Notice.objects.order_by("pk").values_list("user__name", "kind")) == [
        ("Camille Roy", "touchpoints_cover"),
        ("Léo", "touchpoints_cover"),
        ("Camille Roy", "touchpoints_cover_ended"),
        ("Léo", "touchpoints_cover_ended"),
    ]
    assert error(caller.send("DELETE", f"{address}?version={read}"))[:2] == (409, "row_changed")
    assert caller.send("DELETE", address).status_code == 204
    assert (rows(), caller.get(address).status_code) == ([], 404)


def test_days_and_note_change_and_the_year_is_planned_again(charlie, camille):
    caller = Caller(charlie)
    made = unversioned(caller.post("absences/", AWAY | {"note": "Gaspé"}))
    address = f"absences/{made['id']}/"
    PlanningRequest.objects.all().delete()
    assert unversioned(caller.patch(address, {"note": "Percé", "user": camille.pk})) == made | {"note": "Percé"}
    assert not PlanningRequest.objects.exists()
    moved = {"starts_on": "2029-07-10", "ends_on": "2029-07-20"}
    assert unversioned(caller.patch(address, moved)) == made | {"note": "Percé"} | moved
    assert PlanningRequest.objects.exists()
    assert error(caller.patch(address, {"ends_on": "2029-07-01"}))[3] == {"ends_on": ["An absence ends on the day it starts or later."]}
    assert unversioned(caller.get(address)) == made | {"note": "Percé"} | moved


def test_absences_are_filtered(alice, charlie, camille):
    july, august = (
        add_absence(user=charlie, starts_on=date(2029, month, 1), ends_on=date(2029, month, 20), by=alice, covered_by=cover)
        for month, cover in ((7, camille), (8, None))
    )
    mine = add_absence(user=alice, starts_on=date(2029, 7, 1), ends_on=date(2029, 7, 1), by=alice)
    caller = Caller(alice)

    def found(**query: object) -> list[int]:
        return [row["id"] for row in caller.get("absences/", **query).json()["results"]]

    assert found() == [mine.pk, august.pk, july.pk]
    assert found(user=charlie.pk) == [august.pk, july.pk]
    assert found(covered_by=camille.pk) == [july.pk]
    assert found(since="2029-07-20") == [august.pk, july.pk]
    assert found(until="2029-07-31") == [mine.pk, july.pk]


def test_who_covers_sees_whom_on_which_day_and_not_why(charlie, camille):
    add_absence(user=charlie, starts_on=date(2029, 7, 6), ends_on=date(2029, 7, 17), by=charlie, covered_by=camille, note="Surgery")
    caller = Caller(camille)
    covered = [{"user": charlie.pk, "user_name": "Charlie Côté", **AWAY}]
    assert [caller.get("absences/covering/", on=on).json() for on in ("2029-07-05", "2029-07-06", "2029-07-17")] == [[], covered, covered]
    assert caller.get("absences/covering/").json() == []
    assert error(caller.get("absences/covering/", on="soon"))[3].keys() == {"on"}
    assert caller.get("absences/").json()["results"] == []


def test_who_may_cover_is_said(alice, charlie, camille):
    marie, theo = make_user(name="Marie", role="assistant"), make_user(name="Théo", role="assistant")
    User.objects.filter(pk=camille.pk).update(is_active=False)
    advisers = [{"id": person.pk, "name": person.name} for person in sorted((alice, charlie), key=lambda each: each.name)]
    assert Caller(marie).get("absences/who-may-cover/").json() == [{"id": theo.pk, "name": "Théo"}]
    assert Caller(charlie).get("absences/who-may-cover/").json() == [each for each in advisers if each["id"] != charlie.pk]
    assert Caller(alice).get("absences/who-may-cover/", user=marie.pk).json() == [{"id": theo.pk, "name": "Théo"}]
    assert error(Caller(charlie).get("absences/who-may-cover/", user=marie.pk))[3].keys() == {"user"}


def test_the_list_costs_the_same_for_one_row_and_thirty(alice, charlie, camille):
    caller, counts = Caller(alice), []
    for days in (range(1), range(1, 30)):
        for day in days:
            on = date(2029, 1, 1) + timedelta(days=day)
            add_absence(user=charlie, starts_on=on, ends_on=on, by=alice, covered_by=camille)
        counts.append(count_statements(caller, "absences/"))
    assert counts[0] == counts[1] <= 8
    assert len(caller.get("absences/").json()["results"]) == 30


def test_the_planner_says_whether_it_has_followed(alice, charlie):
    caller = Caller(charlie)
    assert caller.get("planning/").json() == {"is_up_to_date": True, "asked_at": None}
    caller.post("absences/", AWAY)
    behind = caller.get("planning/").json()
    assert (behind["is_up_to_date"], behind["asked_at"] is not None) == (False, True)
    plan_if_due(firm_id=alice.firm_id)
    enter_firm(alice.firm_id)
    assert caller.get("planning/").json() == {"is_up_to_date": True, "asked_at": None}
