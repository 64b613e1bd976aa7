"""What was logged is said right, by whoever works for the client; what was logged by mistake is removed within a day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation

from clients.history import history_of
from clients.interactions import InteractionDraft, InteractionRefused, correct_interaction, log_interaction, remove_interaction
from clients.models import FollowUp, Interaction
from clients.promised import NOTHING
from clients.queries import NotInYourBook
from firms.models import PlanningRequest
from firms.row_versions import version_of
from tests import factories
from tests.touchpoints.rows import make_touchpoint
from touchpoints.models import Touchpoint
from touchpoints.queue import complete_touchpoint

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False) as now:
        yield now


def log(client, by, *, about=NOTHING, **fields):
    said: dict[str, Any] = {"channel": "phone", "subject": "Cal", "summary": "All is wel."} | fields
    return log_interaction(client=client, by=by, draft=InteractionDraft(**said, about=about))


def correct(interaction, by, *, version=None, **fields):
    said: dict[str, Any] = {
        "channel": "video",
        "subject": "Call",
        "summary": "All is well.",
        "value": "win",
        "value_note": "Saved tax.",
        "satisfaction": 8,
    } | fields
    return correct_interaction(interaction=interaction, by=by, version=version or version_of(interaction), draft=InteractionDraft(**said))


def whole(interaction):
    return Interaction.objects.filter(pk=interaction.pk).values().get()


def test_it_is_said_right_and_the_history_keeps_what_was_said(ana, marie, roy):
    interaction = log(roy, ana)
    PlanningRequest.objects.all().delete()
    correct(interaction, marie)
    now = Interaction.objects.get()
    assert (now.channel, now.subject, now.summary, now.value, now.value_note, now.satisfaction, now.happened_at, now.by) == (
        "video", "Call", "All is well.", "win", "Saved tax.", 8, NOW, ana,
    )  # fmt: skip
    assert list(PlanningRequest.objects.values_list("client_id", flat=True)) == [roy.pk]
    with translation.override("en"):
        changes = [change for change in history_of(roy, firm=ana.firm) if change.what == "Interaction" and change.action == "update"]
    assert ("Subject", "Cal", "Call") in [(line.label, line.before, line.after) for line in changes[0].lines]


@pytest.mark.parametrize(
    "fields", [{"subject": ""}, {"channel": "pigeon"}, {"satisfaction": 11}, {"value": ""}, {"happened_at": NOW + timedelta(hours=1)}]
)
def test_what_cannot_be_is_refused_and_nothing_written(ana, roy, fields):
    interaction = log(roy, ana)
    before = whole(interaction)
    with pytest.raises(ValidationError):
        correct(Interaction.objects.get(), ana, **fields)
    assert whole(interaction) == before


def test_the_second_of_two_is_told_and_a_stranger_is_refused(ana, marie, roy):
    interaction = log(roy, ana)
    read = version_of(interaction)
    correct(interaction, marie, version=read)
    before = whole(interaction)
    with pytest.raises(InteractionRefused):
        correct(Interaction.objects.get(), ana, version=read, subject="Mine")
    with pytest.raises(NotInYourBook):
        correct(Interaction.objects.get(), factories.make_user(name="Paul"))
    assert whole(interaction) == before


def test_what_it_counts_for_stays_when_it_is_corrected(ana, roy):
    call = make_touchpoint(client=roy)
    interaction = log(roy, ana, about="")
    correct(interaction, ana)
    assert Touchpoint.objects.get(pk=call.pk).interaction == interaction


def test_what_was_logged_by_mistake_goes_and_its_follow_ups_stay(ana, roy):
    interaction = log(roy, ana)
    FollowUp.objects.create(client=roy, text="Send it", due_on=date(2026, 12, 1), assignee=ana, by=ana, interaction=interaction)
    PlanningRequest.objects.all().delete()
    remove_interaction(interaction=interaction, by=ana)
    assert (Interaction.objects.count(), FollowUp.objects.get().interaction, PlanningRequest.objects.count()) == (0, None, 1)
    with translation.override("en"):
        told = [(change.what, change.action) for change in history_of(roy, firm=ana.firm)]
    assert ("Interaction", "delete") in told


def test_it_is_removed_within_a_day_by_who_logged_it_or_an_administrator(alice, ana, marie, roy, monday):
    first, second = log(roy, ana), log(roy, ana)
    # The database's own clock says when it was written.
    Interaction.objects.update(created_at=timezone.now())
    first, second = Interaction.objects.order_by("pk")
    with pytest.raises(InteractionRefused):
        remove_interaction(interaction=first, by=marie)
    remove_interaction(interaction=first, by=alice)
    monday.shift(timedelta(days=1, seconds=1))
    for person in (ana, alice):
        with pytest.raises(InteractionRefused):
            remove_interaction(interaction=second, by=person)
    assert list(Interaction.objects.all()) == [second]


@pytest.mark.parametrize(("fulfils", "words"), [(True, "say first that it was not this one"), (False, "completed in the queue")])
def test_what_proves_a_touchpoint_is_not_removed(ana, roy, fulfils, words):
    call = make_touchpoint(client=roy)
    if fulfils:
        interaction = log(roy, ana, about="")
    else:
        interaction = complete_touchpoint(touchpoint=call, by=ana, draft=InteractionDraft(channel="phone", subject="Call"))
    with translation.override("en"), pytest.raises(InteractionRefused) as refusal:
        remove_interaction(interaction=Interaction.objects.get(pk=interaction.pk), by=ana)
    assert (words in str(refusal.value), Touchpoint.objects.get(pk=call.pk).interaction) == (True, interaction)


def test_the_page_keeps_the_hour_of_the_day_and_takes_noon_of_another(client, ana, roy):
    interaction = log(roy, ana)
    client.force_login(ana)
    page, edit = reverse("client_interactions", args=[roy.pk]), reverse("interaction_edit", args=[interaction.pk])
    assert edit in client.get(page).content.decode()
    sent = {"channel": "phone", "subject": "Call", "happened_on": "2026-11-23", "version": version_of(interaction)}
    assert client.post(edit, sent)["Location"] == f"{page}#interaction-{interaction.pk}"
    assert (Interaction.objects.get().subject, Interaction.objects.get().happened_at) == ("Call", NOW)
    client.post(edit, sent | {"happened_on": "2026-11-20", "version": version_of(interaction)})
    assert Interaction.objects.get().happened_at == datetime(2026, 11, 20, 17, tzinfo=UTC)
    stale = client.post(edit, sent)
    assert (stale.status_code, "Someone changed this interaction meanwhile" in stale.content.decode()) == (200, True)


def test_the_page_removes_and_says_why_not(client, ana, roy):
    call = make_touchpoint(client=roy)
    interaction = log(roy, ana, about="")
    client.force_login(ana)
    remove = reverse("interaction_remove", args=[interaction.pk])
    assert "say first that it was not this one" in client.post(remove, follow=True).content.decode()
    client.post(reverse("touchpoint_not_this", args=[call.pk]))
    assert "is removed from the file of Roy" in client.post(remove, follow=True).content.decode()
    assert not Interaction.objects.exists()
