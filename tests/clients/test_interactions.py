"""Interactions are logged after they happened, and say something."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from clients.interactions import EARLIEST, InteractionDraft, log_interaction
from clients.models import Interaction
from clients.views import RECENT
from tests import factories


def test_without_a_moment_it_happened_just_now(alice):
    client = factories.make_client(adviser=alice)
    logged = log_interaction(client=client, by=alice, draft=InteractionDraft(channel="phone", subject="Check-in", summary="All is well."))
    found = Interaction.objects.get()
    assert (found, found.by, found.client, found.summary) == (logged, alice, client, "All is well.")
    assert timezone.now() - found.happened_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"channel": "phone", "subject": ""}, "subject"),
        ({"channel": "pigeon", "subject": "Hello"}, "channel"),
        ({"channel": "phone", "subject": "Hello", "happened_at": timezone.now() + timedelta(hours=1)}, "happened_at"),
        ({"channel": "phone", "subject": "Hello", "happened_at": EARLIEST - timedelta(seconds=1)}, "happened_at"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(alice, draft, field):
    client = factories.make_client(adviser=alice)
    with pytest.raises(ValidationError) as refusal:
        log_interaction(client=client, by=alice, draft=InteractionDraft(**draft))
    assert (list(refusal.value.message_dict), Interaction.objects.count()) == ([field], 0)


def test_older_interactions_follow_on_pages_of_their_own(client, alice):
    roy = factories.make_client(adviser=alice)
    moment = timezone.now() - timedelta(days=1)
    # Several at one moment: none is lost or shown twice between two pages.
    rows = [Interaction(client=roy, by=alice, channel="phone", subject=f"Call {number:03}", happened_at=moment) for number in range(RECENT + 2)]
    Interaction.objects.bulk_create(rows)
    client.force_login(alice)
    page = reverse("client_interactions", args=[roy.pk])
    first = client.get(page)
    second = client.get(page + first.context["older"])
    subjects = [interaction.subject for shown in (first, second) for interaction, _delivered in shown.context["interactions"]]
    assert (subjects, second.context["older"]) == ([f"Call {number:03}" for number in reversed(range(RECENT + 2))], "")
    assert client.get(page, {"before": "yesterday_1"}).status_code == 200
