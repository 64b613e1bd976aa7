"""Clients whose adviser no longer works here: those who see the whole firm are told, and find them."""

import pytest
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client
from clients.queries import unled
from firms import membership
from firms.models import User
from firms.wall import enter_firm
from tests import factories

TOLD = "an adviser who no longer works here"


@pytest.fixture
def camille(alice: User) -> User:
    """An adviser with two clients and one archived."""
    camille = factories.make_user(name="Camille Gagné", role="adviser")
    factories.make_client(adviser=camille, name="Roy")
    factories.make_client(adviser=camille, name="Côté")
    factories.make_client(adviser=camille, name="Gone", archived_at="2026-01-01T00:00Z")
    factories.make_client(adviser=alice, name="Led")
    return camille


def browse(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


def page(user: User, name: str, *args: object, **query: str) -> str:
    return browse(user).get(reverse(name, args=args), query).content.decode()


def leave(camille: User, by: User, how: str) -> None:
    if how == "disabled":
        membership.disable_user(user=camille, by=by)
    else:
        membership.change_member(user=camille, by=by, role="assistant", sees_whole_firm=False, supports=[])


@pytest.mark.parametrize("how", ["disabled", "demoted"])
def test_administrators_are_told_and_find_them(alice, camille, how):
    for name in ("client_list", "user_list"):
        assert TOLD not in page(alice, name)
    leave(camille, alice, how)
    for name in ("client_list", "user_list"):
        shown = page(alice, name)
        assert ("2 clients have " + TOLD in shown, "?led=gone" in shown) == (True, True)
    found = browse(alice).get(reverse("client_list"), {"led": "gone"})
    assert ([row.name for row in found.context["page"].rows], TOLD in found.content.decode()) == (["Côté", "Roy"], False)


def test_the_page_of_a_colleague_counts_whom_they_lead(alice, camille):
    assert "Camille Gagné leads 2 clients." in page(alice, "user_edit", camille.pk)
    leave(camille, alice, "demoted")
    shown = page(alice, "user_edit", camille.pk)
    assert ("2 clients still have Camille Gagné as adviser" in shown, f"?adviser={camille.pk}" in shown) == (True, True)
    listed = browse(alice).get(reverse("client_list"), {"adviser": camille.pk}).context["page"].rows
    assert [row.name for row in listed] == ["Côté", "Roy"]


def test_who_does_not_see_them_is_told_nothing(alice, camille):
    colleague = factories.make_user(role="adviser")
    leave(camille, alice, "disabled")
    assert TOLD not in page(colleague, "client_list")
    assert browse(colleague).get(reverse("client_list"), {"led": "gone"}).context["page"].rows == []


def test_another_firms_are_not_counted(alice, camille, beta):
    leave(camille, alice, "disabled")
    enter_firm(beta.pk)
    assert list(unled(Client.objects.all())) == []


def test_nobody_gets_new_clients_after_leaving(alice, camille):
    leave(camille, alice, "disabled")
    form = browse(alice).get(reverse("client_create")).context["form"]
    assert camille not in form.fields["adviser"].queryset
