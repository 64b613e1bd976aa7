"""Moving many clients to another book: what was confirmed and nothing else, remembered, resumable."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clients import assigning
from clients.assigning import Selection, SelectionChanged, TakenBack, TransferClosed, assign_clients, undo_transfer
from clients.editing import NotAnAdviser, change_adviser
from clients.models import Client, FollowUp
from clients.moving import what_goes_along
from clients.queries import NotInYourBook, visible_to
from firms.jobs import run_job
from firms.models import Job, PlanningRequest
from firms.wall import acting_for
from tests import factories

EVENTS: Any = apps.get_model("clients", "ClientEvent")


@pytest.fixture
def camille(alice):
    return factories.make_user(name="Camille", role="adviser")


@pytest.fixture
def book(alice, camille):
    return [
        factories.make_client(adviser=adviser, name=name, people=False) for adviser, name in ((alice, "Roy"), (alice, "Côté"), (camille, "Gagné"))
    ]


def assign(alice, adviser, clients=None, mark=None):
    clients = visible_to(alice) if clients is None else clients
    return assign_clients(clients=clients, to=[adviser], by=alice, mark=mark or Selection.of(clients).mark)


def advisers():
    return sorted(Client.objects.values_list("name", "adviser__name"))


def test_every_client_of_the_list_moves_and_is_remembered(alice, camille, book):
    PlanningRequest.objects.all().delete()
    assert assign(alice, camille).moved == 2
    assert advisers() == [("Côté", "Camille"), ("Gagné", "Camille"), ("Roy", "Camille")]
    events = EVENTS.objects.filter(pgh_label="update")
    assert sorted(events.values_list("name", "adviser_id")) == [("Côté", camille.pk), ("Roy", camille.pk)]
    assert PlanningRequest.objects.exists()


def test_only_the_clients_listed_move(alice, camille, book):
    assert assign(alice, camille, Client.objects.filter(name="Roy")).moved == 1
    assert advisers() == [("Côté", "Alice Roy"), ("Gagné", "Camille"), ("Roy", "Camille")]


def test_nobody_moves_who_was_not_shown(alice, camille, book):
    mark = Selection.of(visible_to(alice)).mark
    late = factories.make_client(adviser=alice, name="Late", people=False)
    with pytest.raises(SelectionChanged) as changed:
        assign(alice, camille, mark=mark)
    assert changed.value.now == Selection.of(visible_to(alice))
    # As many clients as were confirmed, and not the same ones.
    Client.objects.filter(name="Roy").delete()
    with pytest.raises(SelectionChanged):
        assign(alice, camille, mark=mark)
    late.delete()
    assert advisers() == [("Côté", "Alice Roy"), ("Gagné", "Camille")]


def test_clients_are_given_to_those_who_lead_clients_in_ones_own_books(alice, camille, book):
    for refused, adviser in ((NotAnAdviser, factories.make_user(role="assistant")), (NotAnAdviser, factories.make_user(is_active=False))):
        with pytest.raises(refused):
            assign(alice, adviser)
    with pytest.raises(NotInYourBook):
        assign_clients(clients=visible_to(camille), to=[alice], by=camille, mark=Selection.of(visible_to(camille)).mark)
    assert advisers() == [("Côté", "Alice Roy"), ("Gagné", "Camille"), ("Roy", "Alice Roy")]


def test_a_move_is_shown_before_it_is_made(signed_in, alice, camille, book):
    url = reverse("assign_adviser") + "?status=client"
    page = signed_in.get(url)
    assert (page.context["books"], "moving" in page.content.decode()) == ([("Alice Roy", alice.pk, 2), ("Camille", camille.pk, 1)], False)
    shown = signed_in.post(url, {"to": camille.pk})
    assert (shown.context["moving"], "Move 2 clients" in shown.content.decode(), advisers()[0]) == (2, True, ("Côté", "Alice Roy"))
    done = signed_in.post(url, {"to": camille.pk, "mark": shown.context["mark"]}, follow=True)
    assert "2 clients have moved." in done.content.decode()
    assert advisers()[0] == ("Côté", "Camille")


def test_what_changed_since_is_shown_again(signed_in, alice, camille, book):
    url = reverse("assign_adviser")
    mark = signed_in.post(url, {"to": camille.pk}).context["mark"]
    factories.make_client(adviser=alice, name="Late", people=False)
    again = signed_in.post(url, {"to": camille.pk, "mark": mark})
    assert ("The list has changed" in again.content.decode(), again.context["moving"]) == (True, 3)
    # Another adviser than the one who was shown: shown first, too.
    diane = factories.make_user(name="Diane", role="adviser")
    other = signed_in.post(url, {"to": diane.pk, "mark": again.context["mark"]})
    assert ("Move 4 clients" in other.content.decode(), Client.objects.filter(adviser=diane).exists()) == (True, False)


def test_a_list_is_chosen_from_by_hand(signed_in, alice, camille, book):
    url = reverse("assign_adviser")
    sent = {"to": camille.pk, "by_hand": "1", "picked": [book[0].pk, "x"]}
    shown = signed_in.post(url, sent)
    assert (shown.context["moving"], [picked for _client, picked in shown.context["by_hand"]]) == (1, [False, False, True])
    signed_in.post(url, sent | {"mark": shown.context["mark"]})
    assert advisers() == [("Côté", "Alice Roy"), ("Gagné", "Camille"), ("Roy", "Camille")]


def test_several_successors_get_as_many_and_as_much(alice, camille):
    diane = factories.make_user(name="Diane", role="adviser")
    for aum in (800, 700, 600, 500, 400, 300, 200, 100):
        factories.make_client(adviser=alice, name=str(aum), aum=aum, people=False)
    clients = Client.objects.all()
    assign_clients(clients=clients, to=[camille, diane], by=alice, mark=Selection.of(clients).mark)
    books = [sorted(int(client.aum or 0) for client in Client.objects.filter(adviser=adviser)) for adviser in (camille, diane)]
    assert books == [[100, 400, 500, 800], [200, 300, 600, 700]]


def test_what_goes_along_and_what_stays_is_counted_before(alice, camille, book):
    roy = book[0]
    for assignee in (alice, camille):
        FollowUp.objects.create(client=roy, text="Call", due_on="2026-12-01", assignee=assignee, by=alice)
    along = what_goes_along(Client.objects.filter(pk=roy.pk))
    assert [(going.label, going.count, going.stays) for going in along] == [
        ("Follow-ups of the adviser", 1, False),
        ("Follow-ups of others", 1, True),
    ]


def test_taking_a_transfer_back_gives_back_exactly_who_moved_unless_moved_since(alice, camille, book):
    roy, cote, gagne = book
    late = factories.make_client(adviser=alice, name="Roy fils", people=False)
    follow_up = FollowUp.objects.create(client=roy, text="Call", due_on="2026-12-01", assignee=alice, by=alice)
    moved = assign(alice, camille, Client.objects.filter(pk__in=[roy.pk, cote.pk, gagne.pk]))
    assert (moved.moved, FollowUp.objects.get().assignee) == (2, camille)
    diane = factories.make_user(name="Diane", role="adviser")
    change_adviser(client=Client.objects.get(pk=cote.pk), by=alice, adviser=diane)
    change_adviser(client=late, by=alice, adviser=camille)
    assert undo_transfer(transfer=moved.transfer, by=alice) == TakenBack(1, 1)
    assert advisers() == [("Côté", "Diane"), ("Gagné", "Camille"), ("Roy", "Alice Roy"), ("Roy fils", "Camille")]
    follow_up.refresh_from_db()
    assert follow_up.assignee == alice
    with pytest.raises(TransferClosed):
        undo_transfer(transfer=moved.transfer, by=alice)


def test_a_transfer_is_taken_back_within_a_day_by_who_may_transfer(alice, camille, book):
    moved = assign(alice, camille)
    with pytest.raises(TransferClosed):
        undo_transfer(transfer=moved.transfer, by=camille)
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1), tick=False), pytest.raises(TransferClosed):
        undo_transfer(transfer=moved.transfer, by=alice)
    assert advisers()[0] == ("Côté", "Camille")


def test_the_page_of_a_transfer_leads_back(signed_in, alice, camille, book):
    moved = assign(alice, camille)
    page = signed_in.get(reverse("transfer_detail", args=[moved.transfer.pk]))
    assert (page.context["pairs"], page.context["may_undo"]) == ([("Alice Roy", "Camille", 2)], True)
    back = signed_in.post(reverse("transfer_undo", args=[moved.transfer.pk]), follow=True)
    assert "2 clients are back." in back.content.decode()
    assert advisers()[0] == ("Côté", "Alice Roy")


@pytest.mark.django_db(transaction=True)
def test_a_large_transfer_goes_back_as_a_job(monkeypatch):
    monkeypatch.setattr(assigning, "STEP", 3)
    firm, alice, camille = committed_book(7)
    with acting_for(firm.pk):
        clients = visible_to(alice)
        transfer = assign_clients(clients=clients, to=[camille], by=alice, mark=Selection.of(clients).mark).transfer
        assert transfer is not None
        monkeypatch.setattr(assigning, "AT_ONCE", 2)
        job = undo_transfer(transfer=transfer, by=alice).job
    assert job is not None
    finished = run_job(firm_id=firm.pk, job_id=job.pk)
    assert (finished.status, finished.counts) == (Job.Status.DONE, {"returned": 7})
    with acting_for(firm.pk):
        assert Client.objects.filter(adviser=alice).count() == 7


def test_whoever_leaves_with_clients_is_proposed_for_succession(signed_in, alice, camille, book):
    type(camille).objects.filter(pk=camille.pk).update(is_active=False)
    page = signed_in.get(reverse("user_edit", args=[camille.pk])).content.decode()
    assert ("Choose a successor" in page, f"{reverse('assign_adviser')}?adviser={camille.pk}" in page) == (True, True)


def test_an_adviser_is_not_offered_to_give_clients_to_others(client, camille, signed_in, book):
    address = reverse("assign_adviser")
    assert address in signed_in.get(reverse("client_list")).content.decode()
    client.force_login(camille)
    assert address not in client.get(reverse("client_list")).content.decode()


def test_an_action_of_another_room_receives_the_lists_address(signed_in, book, monkeypatch):
    from clients import columns
    from clients.columns import BulkAction
    from firms.permissions import Permission

    action = BulkAction(key="x", label="Write to them", icon="mail", url_name="filter_create", permission=Permission.VIEW_CLIENTS)
    monkeypatch.setitem(columns._bulk_actions, "x", action)
    page = signed_in.get(reverse("client_list"), {"q": "roy"}).content.decode()
    assert ("Write to them" in page, f'href="{reverse("filter_create")}?q=roy"' in page) == (True, True)


def committed_book(size):
    firm = factories.make_firm(name="Gamma")
    with acting_for(firm.pk):
        alice = factories.make_user(name="Alice", role="admin")
        camille = factories.make_user(name="Camille", role="adviser")
        Client.objects.bulk_create(Client(adviser=alice, name=f"Client {number}") for number in range(size))
    return firm, alice, camille


@pytest.mark.django_db(transaction=True)
def test_a_large_move_is_a_job_that_resumes_where_it_was_killed(monkeypatch, client):
    monkeypatch.setattr(assigning, "AT_ONCE", 2)
    monkeypatch.setattr(assigning, "STEP", 3)
    firm, alice, camille = committed_book(7)
    with acting_for(firm.pk):
        client.force_login(alice)
    mark = client.post(reverse("assign_adviser"), {"to": camille.pk}).context["mark"]
    answer = client.post(reverse("assign_adviser"), {"to": camille.pk, "mark": mark})
    with acting_for(firm.pk):
        job = Job.objects.get(kind="assign_clients")
        assert (answer.url, Client.objects.filter(adviser=camille).count()) == (reverse("assign_progress", args=[job.pk]), 0)
    killed = {"after": 1}
    move = assigning._move

    def killable(*args, **kwargs):
        if killed["after"] == 0:
            killed["after"] = -1
            raise KeyboardInterrupt
        killed["after"] -= 1
        return move(*args, **kwargs)

    monkeypatch.setattr(assigning, "_move", killable)
    with pytest.raises(KeyboardInterrupt):
        run_job(firm_id=firm.pk, job_id=job.pk)
    with acting_for(firm.pk):
        # Someone opened since is not among those that were confirmed.
        Client.objects.create(adviser=alice, name="Late")
        assert Client.objects.filter(adviser=camille).count() == 3
    finished = run_job(firm_id=firm.pk, job_id=job.pk)
    with acting_for(firm.pk):
        assert (finished.status, finished.counts, finished.done) == (Job.Status.DONE, {"moved": 7}, 7)
        assert Client.objects.filter(adviser=camille).count() == 7
        event = EVENTS.objects.filter(pgh_label="update").latest("pgh_id")
        assert (event.pgh_context["user"], event.pgh_context["job"]) == (alice.pk, job.pk)
    assert "7 clients have moved." in client.get(answer.url).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_job_stops_when_the_adviser_no_longer_leads_clients(monkeypatch, client):
    monkeypatch.setattr(assigning, "AT_ONCE", 2)
    firm, alice, camille = committed_book(4)
    with acting_for(firm.pk):
        clients = visible_to(alice)
        job = assign_clients(clients=clients, to=[camille], by=alice, mark=Selection.of(clients).mark).job
        assert job is not None
        type(camille).objects.filter(pk=camille.pk).update(is_active=False)
    assert job is not None
    finished = run_job(firm_id=firm.pk, job_id=job.pk)
    assert (finished.status, finished.error) == (Job.Status.FAILED, "Camille no longer leads clients: the rest was not moved.")
    with acting_for(firm.pk):
        client.force_login(alice)
    assert "The move stopped" in client.get(reverse("assign_progress", args=[job.pk])).content.decode()
    with acting_for(firm.pk):
        assert not Client.objects.filter(adviser=camille).exists()


def test_the_pages_of_a_transfer_take_at_most_twelve_statements_whatever_the_list(signed_in, alice, camille, book):
    url = reverse("assign_adviser")
    statements: dict[str, list[int]] = {}
    moved = assign(alice, camille, Client.objects.filter(name="Roy"))
    pages = {
        "asked": lambda: signed_in.get(url),
        "shown": lambda: signed_in.post(url, {"to": camille.pk}),
        "by hand": lambda: signed_in.post(url, {"to": camille.pk, "by_hand": "1", "picked": [book[1].pk]}),
        "done": lambda: signed_in.get(reverse("transfer_detail", args=[moved.transfer.pk])),
    }
    signed_in.get(url)
    for round_ in range(2):
        for name, visit in pages.items():
            with CaptureQueriesContext(connection) as captured:
                assert visit().status_code == 200
            statements.setdefault(name, []).append(sum("SAVEPOINT" not in query["sql"] for query in captured))
        for number in range(30 if round_ == 0 else 0):
            factories.make_client(adviser=alice, name=f"Client {number}", people=False)
    assert {name: len(set(counts)) for name, counts in statements.items()} == dict.fromkeys(pages, 1)
    assert max(max(counts) for counts in statements.values()) <= 12, statements
