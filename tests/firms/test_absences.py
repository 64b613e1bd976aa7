import threading
from datetime import date

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import translation

from firms.absences import AbsenceRefused, absences_of, add_absence, change_absence, remove_absence, set_cover
from firms.models import Absence, PlanningRequest, User
from firms.row_versions import RowChanged, version_of
from firms.wall import acting_for
from tests import factories
from tests.api.rows import Caller

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
        (date(9999, 12, 30), date(9999, 12, 31), "starts_on", "This is more than five years ahead: check the year."),
        (date(26, 7, 6), date(26, 7, 7), "starts_on", "This is too long ago: check the year."),
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


def test_what_is_said_anew_of_an_absence_changes_and_the_rest_stays(alice):
    charlie, camille = factories.make_user(name="Charlie"), factories.make_user(name="Camille")
    absence = add_absence(user=charlie, starts_on=FIRST, ends_on=LAST, by=alice, note="Gaspé", covered_by=camille)
    PlanningRequest.objects.all().delete()
    # Who covers may be disabled since: a note is not about them.
    User.objects.filter(pk=camille.pk).update(is_active=False)
    change_absence(absence=absence, by=alice, version=version_of(absence), note=" Percé ")
    assert not PlanningRequest.objects.exists()
    change_absence(absence=absence, by=alice, version=version_of(absence), starts_on=date(2026, 7, 10), ends_on=date(2026, 7, 20), covered_by=None)
    kept = Absence.objects.get()
    assert (kept.user, kept.starts_on, kept.ends_on, kept.note, kept.covered_by) == (charlie, date(2026, 7, 10), date(2026, 7, 20), "Percé", None)
    assert PlanningRequest.objects.exists()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"ends_on": date(2026, 7, 1)}, "ends_on"),
        ({"ends_on": date(2028, 7, 7)}, "ends_on"),
        ({"starts_on": date(2036, 7, 1), "ends_on": date(2036, 7, 2)}, "starts_on"),
        ({"ends_on": date(2026, 8, 1)}, "starts_on"),
        ({"covered_by": "charlie"}, "covered_by"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_nothing_is_written(alice, said, field):
    charlie = factories.make_user(name="Charlie")
    absence = add_absence(user=charlie, starts_on=FIRST, ends_on=LAST, by=alice)
    add_absence(user=charlie, starts_on=date(2026, 8, 1), ends_on=date(2026, 8, 9), by=alice)
    PlanningRequest.objects.all().delete()
    before = list(Absence.objects.values())
    with pytest.raises(AbsenceRefused) as refusal:
        change_absence(absence=absence, by=alice, version=version_of(absence), **said | ({"covered_by": charlie} if "covered_by" in said else {}))
    assert (refusal.value.field, list(Absence.objects.values()), PlanningRequest.objects.exists()) == (field, before, False)


def test_what_was_removed_meanwhile_is_not_changed(alice):
    absence = add_absence(user=alice, starts_on=FIRST, ends_on=LAST, by=alice)
    read = version_of(absence)
    Absence.objects.all().delete()
    with pytest.raises(AbsenceRefused, match="This absence was removed meanwhile"):
        change_absence(absence=absence, by=alice, version=read, note="Gaspé")
    assert not Absence.objects.exists()


def test_two_colleagues_may_be_away_on_the_same_days(alice):
    for person in (factories.make_user(), factories.make_user()):
        add_absence(user=person, starts_on=FIRST, ends_on=LAST, by=alice)
    assert Absence.objects.count() == 2


def test_what_someone_changed_meanwhile_is_not_removed(alice):
    absence = add_absence(user=alice, starts_on=FIRST, ends_on=LAST, by=alice)
    read = version_of(absence)
    change_absence(absence=absence, by=alice, version=read, note="Gaspé")
    PlanningRequest.objects.all().delete()
    with pytest.raises(RowChanged, match=r"^Someone changed this meanwhile\. It now says: .*: Gaspé\. Open it again"):
        remove_absence(absence=absence, by=alice, version=read)
    assert (Absence.objects.get().note, PlanningRequest.objects.exists()) == ("Gaspé", False)


def test_what_is_removed_twice_is_removed_once(alice):
    absence = add_absence(user=alice, starts_on=FIRST, ends_on=LAST, by=alice)
    read = version_of(absence)
    remove_absence(absence=absence, by=alice, version=read)
    PlanningRequest.objects.all().delete()
    remove_absence(absence=absence, by=alice, version=read)
    assert not Absence.objects.exists()
    assert not PlanningRequest.objects.exists()


def test_who_covers_what_was_removed_meanwhile_is_refused_in_words(alice):
    charlie = factories.make_user()
    absence = add_absence(user=charlie, starts_on=FIRST, ends_on=LAST, by=alice)
    read = version_of(absence)
    Absence.objects.all().delete()
    with pytest.raises(AbsenceRefused) as refusal:
        set_cover(absence=absence, covered_by=alice, by=alice, version=read)
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
    client.post("/profile/absences/", {"starts_on": "2029-07-06", "ends_on": "2029-07-17", "note": "Gaspé"})
    assert "Gaspé" in client.get("/profile/absences/").content.decode()
    response = client.post("/profile/absences/", {"starts_on": "2029-07-10", "ends_on": "2029-07-01"})
    with translation.override("en"):
        assert response.context["form"].errors == {"ends_on": ["An absence ends on the day it starts or later."]}
    absence = Absence.objects.get()
    address, read = f"/absences/{absence.pk}/remove/", version_of(absence)
    assert client.get("/profile/absences/").content.decode().count(f'name="version" value="{read}"') == 2
    Absence.objects.update(note="Percé")
    refused = client.post(address, {"version": read}, follow=True).content.decode()
    assert ("It now says: " in refused, Absence.objects.count()) == (True, 1)
    client.post(address, {"version": version_of(absence)})
    assert not Absence.objects.exists()


def test_an_absence_is_changed_on_a_page_of_its_own(client, alice):
    charlie = factories.make_user(role="adviser")
    client.force_login(charlie)
    client.post("/profile/absences/", {"starts_on": "2029-07-06", "ends_on": "2029-07-17", "note": "Gaspé"})
    absence = Absence.objects.get()
    edit = f"/absences/{absence.pk}/"
    assert f'href="{edit}"' in client.get("/profile/absences/").content.decode()
    refused = client.post(edit, {"starts_on": "2029-07-06", "ends_on": "2029-07-01", "note": "Gaspé", "version": version_of(absence)})
    with translation.override("en"):
        assert refused.context["form"].errors == {"ends_on": ["An absence ends on the day it starts or later."]}
    sent = {"starts_on": "2029-07-08", "ends_on": "2029-07-09", "covered_by": alice.pk, "version": version_of(absence)}
    assert client.post(edit, sent)["Location"] == "/profile/absences/"
    kept = Absence.objects.get()
    assert (kept.starts_on, kept.ends_on, kept.note, kept.covered_by) == (date(2029, 7, 8), date(2029, 7, 9), "", alice)
    client.force_login(alice)
    sent = {"starts_on": "2029-07-08", "ends_on": "2029-07-10", "version": version_of(absence)}
    assert client.post(edit, sent)["Location"] == f"/people/{charlie.pk}/time/"


def test_an_administrator_notes_a_colleagues_absence_and_week(client, alice):
    charlie = factories.make_user(role="assistant")
    client.force_login(alice)
    address = f"/people/{charlie.pk}/time/"
    client.post(address, {"starts_on": "2029-07-06", "ends_on": "2029-07-17"})
    assert list(Absence.objects.values_list("user_id", flat=True)) == [charlie.pk]
    client.post(address, {"terms": "1", "weekly_hours": "21", "hourly_cost": "38.50"})
    charlie.refresh_from_db()
    assert (str(charlie.terms.weekly_hours), str(charlie.terms.hourly_cost)) == ("21.00", "38.50")
    response = client.post(address, {"terms": "1", "weekly_hours": "90", "hourly_cost": "-1"})
    assert sorted(response.context["terms_form"].errors) == ["hourly_cost", "weekly_hours"]


def test_two_who_change_an_absence_the_second_is_told_what_it_says_by_now(client, alice):
    charlie, camille = factories.make_user(name="Charlie"), factories.make_user(name="Camille")
    absence = add_absence(user=alice, starts_on=date(2029, 7, 6), ends_on=date(2029, 7, 17), by=alice)
    client.force_login(alice)
    read = version_of(absence)
    assert f'name="version" value="{read}"' in client.get("/profile/absences/").content.decode()
    edit, cover = f"/absences/{absence.pk}/", reverse("absence_cover", args=[absence.pk])
    client.post(cover, {"covered_by": charlie.pk, "version": read})
    assert Absence.objects.get().covered_by == charlie
    refused = client.post(cover, {"covered_by": camille.pk, "version": read}, follow=True).content.decode()
    assert "Someone changed this meanwhile. It now says: Covered by: Charlie." in refused
    sent = {"starts_on": "2029-07-06", "ends_on": "2029-07-10", "note": "Gaspé", "version": read}
    refused = client.post(edit, sent).content.decode()
    assert "It now says: To: Jul 17, 2029; Covered by: Charlie; Note: –. Open it again" in refused
    kept = Absence.objects.get()
    assert (kept.ends_on, kept.covered_by, kept.note) == (date(2029, 7, 17), charlie, "")
    caller = Caller(alice)
    answer = caller.patch(f"absences/{absence.pk}/", {"note": "Gaspé", "version": read})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "row_changed")
    read = caller.get(f"absences/{absence.pk}/").json()["version"]
    assert caller.patch(f"absences/{absence.pk}/", {"note": "Gaspé", "version": read}).json()["note"] == "Gaspé"
