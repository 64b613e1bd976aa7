"""What was promised in an exchange: asked of someone who works for the client, done once, handed over with the book."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from clients.editing import change_adviser
from clients.follow_ups import (
    FollowUpDraft,
    FollowUpHandled,
    add_follow_up,
    change_follow_up,
    finish_follow_up,
    follow_ups_to_do,
    remove_follow_up,
    reopen_follow_up,
)
from clients.history import history_of
from clients.interactions import InteractionDraft, log_interaction, usual_of, withdraw_interactions
from clients.models import FollowUp, Interaction
from clients.queries import NotInYourBook
from firms.models import Absence
from firms.row_versions import version_of
from tests import factories

DAY = date(2026, 12, 1)


def ask(client, by, assignee=None, text="Send the form", due_on=DAY):
    return add_follow_up(client=client, by=by, draft=FollowUpDraft(text=text, due_on=due_on, assignee=assignee))


def test_what_was_agreed_in_an_exchange_is_to_do(ana, marie, roy):
    drafts = (FollowUpDraft(text="Send the form", due_on=DAY, assignee=marie), FollowUpDraft(text="Call back", due_on=DAY))
    draft = InteractionDraft(channel="phone", subject="Call", value="decision", value_note="Sells the cottage.", satisfaction=9, follow_ups=drafts)
    logged = log_interaction(client=roy, by=ana, draft=draft)
    assert list(logged.follow_ups.order_by("pk").values_list("text", "due_on", "assignee", "by")) == [
        ("Send the form", DAY, marie.pk, ana.pk),
        ("Call back", DAY, ana.pk, ana.pk),
    ]
    assert list(Interaction.objects.values_list("value", "value_note", "satisfaction")) == [("decision", "Sells the cottage.", 9)]
    assert list(follow_ups_to_do(user=marie, on=DAY)) == [FollowUp.objects.get(text="Send the form")]
    assert list(follow_ups_to_do(user=marie, on=DAY - timedelta(days=8))) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"follow_ups": (FollowUpDraft(text="", due_on=DAY),)}, "follow_ups"),
        ({"follow_ups": (FollowUpDraft(text="Call", due_on=date(2126, 1, 1)),)}, "follow_ups"),
        ({"satisfaction": 11}, "satisfaction"),
        ({"value": "gossip"}, "value"),
        ({"value_note": "Saved tax."}, "value"),
    ],
)
def test_an_exchange_with_something_that_cannot_be_is_not_logged(ana, roy, fields, field):
    with pytest.raises(ValidationError) as refusal:
        log_interaction(client=roy, by=ana, draft=InteractionDraft(channel="phone", subject="Call", **fields))
    assert list(refusal.value.message_dict) == [field]
    assert (Interaction.objects.count(), FollowUp.objects.count()) == (0, 0)


def test_only_who_works_for_the_client_is_asked(ana, marie, roy, alice):
    stranger = factories.make_user(name="Paul")
    with pytest.raises(ValidationError) as refusal:
        ask(roy, ana, stranger)
    assert list(refusal.value.message_dict) == ["assignee"]
    Absence.objects.create(user=ana, covered_by=stranger, starts_on=timezone.localdate(), ends_on=timezone.localdate())
    assert [ask(roy, ana, each).assignee for each in (marie, alice, stranger)] == [marie, alice, stranger]
    with pytest.raises(NotInYourBook):
        ask(roy, factories.make_user(name="Zoé"))


def test_it_is_done_once_and_the_second_is_told_by_whom(ana, marie, roy):
    follow_up = ask(roy, ana)
    finish_follow_up(follow_up=follow_up, by=marie)
    with pytest.raises(FollowUpHandled) as refusal:
        finish_follow_up(follow_up=FollowUp.objects.get(), by=ana)
    with translation.override("fr"):
        assert str(refusal.value).startswith("Marie Côté")
    for act in (
        lambda: remove_follow_up(follow_up=follow_up, by=ana, version=version_of(follow_up)),
        lambda: change_follow_up(follow_up=follow_up, by=ana, version=version_of(follow_up), draft=FollowUpDraft(text="X", due_on=DAY)),
    ):
        with pytest.raises(FollowUpHandled):
            act()
    assert list(FollowUp.objects.values_list("text", "done_by")) == [("Send the form", marie.pk)]
    reopen_follow_up(follow_up=follow_up, by=ana)
    with pytest.raises(FollowUpHandled):
        reopen_follow_up(follow_up=follow_up, by=ana)
    assert FollowUp.objects.filter(done_at=None, done_by=None).count() == 1


def test_it_is_given_to_someone_else_and_the_history_tells(ana, marie, roy, alpha):
    follow_up = ask(roy, ana)
    change_follow_up(
        follow_up=follow_up, by=ana, version=version_of(follow_up), draft=FollowUpDraft(text="Send the form", due_on=DAY, assignee=marie)
    )
    assert (FollowUp.objects.get().assignee, list(follow_ups_to_do(user=ana, on=DAY))) == (marie, [])
    with translation.override("en"):
        changes = [change for change in history_of(roy, firm=alpha) if change.what == "Follow-up"]
    told = [(change.action, [(line.label, line.after) for line in change.lines]) for change in changes]
    assert ("update", [("Who", "Marie Côté")]) in told
    assert sorted(action for action, _lines in told) == ["insert", "update"]


def test_what_the_adviser_owed_goes_with_the_book_and_the_assistants_part_stays(ana, marie, roy, alice):
    other = factories.make_client(adviser=ana, name="Côté")
    done = ask(roy, ana)
    finish_follow_up(follow_up=done, by=ana)
    mine, hers, elsewhere = ask(roy, ana), ask(roy, ana, marie), ask(other, ana)
    paul = factories.make_user(name="Paul")
    change_adviser(client=roy, by=alice, adviser=paul)
    assert dict(FollowUp.objects.values_list("pk", "assignee")) == {done.pk: ana.pk, mine.pk: paul.pk, hers.pk: marie.pk, elsewhere.pk: ana.pk}


def test_taking_an_exchange_back_leaves_what_was_done_since(ana, roy):
    draft = InteractionDraft(channel="phone", subject="Call", follow_ups=[FollowUpDraft(text=text, due_on=DAY) for text in ("a", "b")])
    logged = log_interaction(client=roy, by=ana, draft=draft)
    finish_follow_up(follow_up=FollowUp.objects.get(text="a"), by=ana)
    withdraw_interactions(ids=[logged.pk], by=ana)
    left = FollowUp.objects.get()
    assert (Interaction.objects.count(), left.text, left.interaction_id) == (0, "a", None)


def test_the_form_proposes_whom_one_last_spoke_with_and_how(ana, roy, marie):
    assert (usual_of(ana).clients, usual_of(ana).channel) == ([], "phone")
    other = factories.make_client(adviser=ana, name="Côté")
    for client, channel in ((roy, "phone"), (other, "phone"), (roy, "video")):
        log_interaction(client=client, by=ana, draft=InteractionDraft(channel=channel, subject="Call"))
    assert (usual_of(ana).clients, usual_of(ana).channel) == ([roy, other], "video")
    assert usual_of(marie).clients == []
