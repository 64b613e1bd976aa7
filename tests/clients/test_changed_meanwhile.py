"""Follow-ups, referrals and dated amounts written by two people: the second is told what it says by now, and overwrites nothing."""

from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Amount, Client, FollowUp, Referral
from firms.models import User
from firms.row_versions import version_of
from tests.api.rows import Caller
from tests.factories import make_client, make_user

DAY = date(2026, 1, 5)
ROWS: dict[str, tuple[Any, dict[str, Any], str]] = {
    # What it is, what a form says of it, and the field that both change.
    "follow-ups": (FollowUp, {"text": "Send the form", "due_on": DAY}, "text"),
    "referrals": (Referral, {"name": "Zoé", "made_on": DAY}, "name"),
    "amounts": (Amount, {"kind": "revenue", "amount": 100, "starts_on": DAY, "ends_on": DAY, "note": "First"}, "note"),
}
PAGES = {"follow-ups": "follow_up_edit", "referrals": "referral_edit", "amounts": "amount_edit"}


@pytest.fixture
def ana(alice: User) -> User:
    return make_user(name="Ana Roy", role="adviser", language="en")


def make(path: str, ana: User) -> tuple[Any, dict[str, Any], str]:
    model, values, field = ROWS[path]
    client: Client = make_client(adviser=ana)
    added: dict[str, dict[str, Any]] = {"follow-ups": {"assignee": ana}, "referrals": {}, "amounts": {"source": "entered"}}
    more = added[path]
    row = model.objects.create(client=client, by=ana, **values, **more)
    sent = {name: str(value) for name, value in values.items()} | ({"assignee": str(ana.pk)} if "assignee" in more else {})
    return row, sent, field


def said(row: Any, field: str) -> Any:
    return getattr(type(row).objects.get(pk=row.pk), field)


@pytest.mark.parametrize("path", ROWS)
def test_the_second_form_is_told_what_the_first_made_of_it(path: str, client: Browser, ana: User) -> None:
    row, sent, field = make(path, ana)
    client.force_login(ana)
    page = reverse(PAGES[path], args=[row.pk])
    read = version_of(row)
    assert f'name="version" value="{read}"' in client.get(page).content.decode()
    assert client.post(page, sent | {field: "Of the first", "version": read}).status_code == 302
    refused = client.post(page, sent | {field: "Of the second", "version": read})
    assert refused.status_code == 200
    text = refused.content.decode()
    assert "Someone changed this meanwhile. It now says: " in text
    assert ": Of the first. Open it again" in text
    assert said(row, field) == "Of the first"
    # What was read anew is written; and who says the same loses nobody's change.
    assert client.post(page, sent | {field: "Of the second", "version": version_of(row)}).status_code == 302
    assert client.post(page, sent | {field: "Of the second", "version": read}).status_code == 302
    assert said(row, field) == "Of the second"
    type(row).objects.all().delete()
    assert client.post(page, sent | {"version": read}).status_code == 404


@pytest.mark.parametrize("path", ROWS)
def test_a_program_that_says_which_version_it_read_is_refused_the_same_way(path: str, ana: User) -> None:
    row, _sent, field = make(path, ana)
    caller = Caller(ana)
    read = caller.get(f"{path}/{row.pk}/").json()["version"]
    changed = caller.patch(f"{path}/{row.pk}/", {field: "Of the first", "version": read})
    assert (changed.status_code, changed.json()[field]) == (200, "Of the first")
    refused = caller.patch(f"{path}/{row.pk}/", {field: "Of the second", "version": read})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "row_changed")
    assert "Of the first" in refused.json()["error"]["message"]
    assert caller.patch(f"{path}/{row.pk}/", {field: "Without"}).status_code == 200
    assert (
        caller.patch(f"{path}/{row.pk}/", {field: "Of the second", "version": caller.get(f"{path}/{row.pk}/").json()["version"]}).status_code == 200
    )


REMOVALS = {"follow-ups": "follow_up_remove", "referrals": "referral_remove", "amounts": "amount_remove"}


@pytest.mark.parametrize("path", ROWS)
def test_what_someone_changed_meanwhile_is_not_removed(path: str, client: Browser, ana: User) -> None:
    row, sent, field = make(path, ana)
    client.force_login(ana)
    page, remove = reverse(PAGES[path], args=[row.pk]), reverse(REMOVALS[path], args=[row.pk])
    read = version_of(row)
    assert client.get(page).content.decode().count(f'name="version" value="{read}"') == 2
    assert client.post(page, sent | {field: "Of the first", "version": read}).status_code == 302
    text = client.post(remove, {"version": read}, follow=True).content.decode()
    assert "Someone changed this meanwhile. It now says: " in text
    assert said(row, field) == "Of the first"
    assert client.post(remove, {"version": version_of(row)}).status_code == 302
    assert not type(row).objects.exists()


@pytest.mark.parametrize("path", ROWS)
def test_a_program_that_says_which_version_it_read_removes_no_other(path: str, ana: User) -> None:
    row, _sent, field = make(path, ana)
    caller = Caller(ana)
    address = f"{path}/{row.pk}/"
    read = caller.get(address).json()["version"]
    caller.patch(address, {field: "Of the first"})
    refused = caller.send("DELETE", f"{address}?version={read}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "row_changed")
    assert "Of the first" in refused.json()["error"]["message"]
    assert caller.send("DELETE", f"{address}?versoin={read}").status_code == 400
    assert type(row).objects.exists()
    assert caller.send("DELETE", f"{address}?version={caller.get(address).json()['version']}").status_code == 204


def test_an_amount_changed_meanwhile_is_told_as_money(client: Browser, ana: User) -> None:
    row, sent, _field = make("amounts", ana)
    client.force_login(ana)
    page, read = reverse(PAGES["amounts"], args=[row.pk]), version_of(row)
    for entered, told in [("120500", "$120,500"), ("120500.50", "$120,500.50")]:
        with transaction.atomic():
            Amount.objects.filter(pk=row.pk).update(amount=entered)
        assert f"It now says: Amount: {told}. Open it again" in client.post(page, sent | {"version": read}).content.decode()
