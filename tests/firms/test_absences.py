import threading
from datetime import date

import pytest
from django.db import connection
from django.utils import translation

from firms.absences import AbsenceRefused, absences_of, add_absence, remove_absence, set_cover
from firms.models import Absence, PlanningRequest
from firms.wall import acting_for
from tests import factories

FIRST, LAST = date(2026, 7, 6), date(2026, 7, 17)


def test_an_absence_is_noted_and_the_year_planned_again(alice):
    charlie = factories.make_user()
    absence = add_absence(user=charlie, starts_on=FIRST, ends_on=LAST, by=alice, note=" Lac-Beauport ")
    assert (absence.user, absence.note) == (charlie, "Lac-Beauport")
    assert PlanningRequest.objects.exists()


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "field", "words"),
    [
        (LAST, FIRST, "ends_on", "An absence ends on the day it starts or later."),
        (FIRST, date(2028, 7, 7), "ends_on", "An absence lasts two years at the most."),
        (LAST, date(2026, 8, 1), "starts_on", "These days overlap another absence of the same person."),
        (date(2026, 7, 8), date(2026, 7, 9), "starts_on", "These days overlap another absence of the same person."),
    ],
)
def test_days_that_make_no_sense_are_refused_in_words(alice, starts_on, ends_on, field, words):
    charlie = factories.make_user()
    add_absence(user=charlie, starts_on=FIRST, ends_on=LAST, by=alice)
    with pytest.raises(AbsenceRefused) as refusal:
        add_absence(user=charlie, starts_on=starts_on, ends_on=ends_on, by=alice)
    assert (refusal.value.field, str(refusal.value)) == (field, words)
    assert Absence.objects.count() == 1


def test_two_colleagues_may_be_away_on_the_same_days(alice):
    for person in (factories.make_user(), factories.make_user()):
        add_absence(user=person, starts_on=FIRST, ends_on=LAST, by=alice)
    assert Absence.objects.count() == 2


def test_what_is_removed_twice_is_removed_once(alice):
    absence = add_absence(user=alice, starts_on=FIRST, ends_on=LAST, by=alice)
    remove_absence(absence=absence, by=alice)
    PlanningRequest.objects.all().delete()
    remove_absence(absence=absence, by=alice)
    assert not Absence.objects.exists()
    assert not PlanningRequest.objects.exists()


def test_who_covers_what_was_removed_meanwhile_is_refused_in_words(alice):
    charlie = factories.make_user()
    absence = add_absence(user=charlie, starts_on=FIRST, ends_on=LAST, by=alice)
    Absence.objects.all().delete()
    with pytest.raises(AbsenceRefused) as refusal:
        set_cover(absence=absence, covered_by=alice, by=alice)
    assert (refusal.value.field, str(refusal.value)) == ("covered_by", "This absence was removed meanwhile.")


def test_past_absences_leave_the_list(alice):
    past = add_absence(user=alice, starts_on=date(2025, 12, 22), ends_on=date(2025, 12, 31), by=alice)
    coming = add_absence(user=alice, starts_on=FIRST, ends_on=LAST, by=alice)
    assert list(absences_of(alice, since=date(2026, 1, 1))) == [coming]
    assert list(absences_of(alice, since=date(2025, 12, 31))) == [past, coming]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_of_two_overlapping_absences_added_at_once_one_is_refused():
    firm = factories.make_firm(name="Alpha Conseil")
    with acting_for(firm.pk):
        alice = factories.make_user(role="admin")
    outcomes: list[str] = []
    barrier = threading.Barrier(2)

    def add() -> None:
        barrier.wait()
        try:
            with acting_for(firm.pk):
                add_absence(user=alice, starts_on=FIRST, ends_on=LAST, by=alice)
            outcomes.append("noted")
        except AbsenceRefused:
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["noted", "refused"]


def test_ones_own_absences_are_added_and_removed_on_ones_own_page(client, alice):
    charlie = factories.make_user(role="assistant")
    client.force_login(charlie)
    assert "No absence noted" in client.get("/profile/absences/").content.decode()
    client.post("/profile/absences/", {"starts_on": "2036-07-06", "ends_on": "2036-07-17", "note": "Gaspé"})
    assert "Gaspé" in client.get("/profile/absences/").content.decode()
    response = client.post("/profile/absences/", {"starts_on": "2036-07-10", "ends_on": "2036-07-01"})
    with translation.override("en"):
        assert response.context["form"].errors == {"ends_on": ["An absence ends on the day it starts or later."]}
    client.post(f"/absences/{Absence.objects.get().pk}/remove/")
    assert not Absence.objects.exists()


def test_an_administrator_notes_a_colleagues_absence_and_week(client, alice):
    charlie = factories.make_user(role="assistant")
    client.force_login(alice)
    address = f"/people/{charlie.pk}/time/"
    client.post(address, {"starts_on": "2036-07-06", "ends_on": "2036-07-17"})
    assert list(Absence.objects.values_list("user_id", flat=True)) == [charlie.pk]
    client.post(address, {"terms": "1", "weekly_hours": "21", "hourly_cost": "38.50"})
    charlie.refresh_from_db()
    assert (str(charlie.terms.weekly_hours), str(charlie.terms.hourly_cost)) == ("21.00", "38.50")
    response = client.post(address, {"terms": "1", "weekly_hours": "90", "hourly_cost": "-1"})
    assert sorted(response.context["terms_form"].errors) == ["hourly_cost", "weekly_hours"]
