"""What is read before a meeting, and written where it is read."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from clients.context import Context, ContextChangedMeanwhile, change_context, context_of, contexts_of
from clients.follow_ups import FollowUpDraft, add_follow_up
from clients.interactions import InteractionDraft, log_interaction
from clients.models import Client
from clients.queries import NotInYourBook
from tests import factories

HTMX = {"HX-Request": "true"}


def talk(client, by, subject):
    return log_interaction(client=client, by=by, draft=InteractionDraft(channel="phone", subject=subject))


def test_the_newest_exchanges_and_the_nearest_follow_ups_of_each(ana):
    roy, cote = (factories.make_client(adviser=ana, name=name, personal_context=f"{name}’s boat") for name in ("Roy", "Côté"))
    talks = [talk(roy, ana, str(number)) for number in range(5)]
    late, soon = (add_follow_up(client=roy, by=ana, draft=FollowUpDraft(text="x", due_on=date(2026, 12, day))) for day in (9, 2))
    assert contexts_of([roy.pk, cote.pk], firm_id=ana.firm_id) == {
        roy.pk: Context("Roy’s boat", [talks[4], talks[3], talks[2]], [soon, late], roy.people.get()),
        cote.pk: Context("Côté’s boat", contact=cote.people.get()),
    }
    assert context_of(roy).last == talks[4]
    assert context_of(cote).last is None


def test_one_statement_for_one_as_for_thirty(ana, django_assert_num_queries):
    clients = [factories.make_client(adviser=ana, people=False) for _ in range(30)]
    for client in clients:
        talk(client, ana, "Call")
    for number in (1, 30):
        with django_assert_num_queries(1):
            found = contexts_of([client.pk for client in clients[:number]], firm_id=ana.firm_id)
        assert [len(context.interactions) for context in found.values()] == [1] * number


def test_what_someone_else_wrote_meanwhile_is_not_lost(ana):
    roy = factories.make_client(adviser=ana, personal_context="Two children.\nA boat.")
    change_context(client=roy, by=ana, read="Two children.\r\nA boat.", text="Three children.\r\nA boat.")
    with pytest.raises(ContextChangedMeanwhile) as changed:
        change_context(client=roy, by=ana, read="Two children.\nA boat.", text="Sold the boat.")
    assert changed.value.now == "Three children.\nA boat."
    with pytest.raises(NotInYourBook):
        change_context(client=roy, by=factories.make_user(), read=changed.value.now, text="Gossip")
    with pytest.raises(ValidationError):
        change_context(client=roy, by=ana, read=changed.value.now, text="x" * 5001)
    assert Client.objects.get(pk=roy.pk).personal_context == "Three children.\nA boat."


@pytest.mark.parametrize("headers", [None, HTMX])
def test_it_is_edited_in_place_and_a_conflict_keeps_both(client, ana, headers):
    roy = factories.make_client(adviser=ana, personal_context="A boat.")
    client.force_login(ana)
    address = reverse("context_edit", args=[roy.pk])
    answer = client.post(address, {"read": "A boat.", "personal_context": "A new boat."}, headers=headers)
    assert answer.status_code == (200 if headers else 302)
    answer = client.post(address, {"read": "A boat.", "personal_context": "A plane."}, headers=headers)
    text = answer.content.decode()
    assert ("A new boat." in text, "A plane." in text) == (True, True)
    assert answer.context["form"]["read"].value() == "A new boat."


@pytest.mark.parametrize("place", ["personal-context", "context-personal"])
def test_it_comes_back_into_the_part_of_the_page_that_asked(client, ana, place):
    roy = factories.make_client(adviser=ana, personal_context="A boat.")
    client.force_login(ana)
    address, asks = reverse("context_edit", args=[roy.pk]), HTMX | {"HX-Target": place}
    form = client.get(address, headers=asks).content.decode()
    assert (f'id="{place}"' in form, form.count(f'hx-target="#{place}"')) == (True, 2)
    shown = client.post(address, {"read": "A boat.", "personal_context": "A plane."}, headers=asks).content.decode()
    assert (f'id="{place}"' in shown, "A plane." in shown, "<html" in shown) == (True, True, False)
