from datetime import UTC, datetime, timedelta

import time_machine
from allauth.usersessions.models import UserSession
from django.urls import reverse

NOW = datetime(2026, 11, 23, 14, tzinfo=UTC)


def test_a_session_is_noted_when_first_used_and_then_every_five_minutes(client, alice):
    with time_machine.travel(NOW, tick=False) as traveller:
        client.force_login(alice)
        seen = []
        for minutes in (0, 4, 5):
            traveller.move_to(NOW + timedelta(minutes=minutes))
            client.get(reverse("profile"))
            seen.append(UserSession.objects.get(user=alice).last_seen_at)
        assert seen == [NOW, NOW, NOW + timedelta(minutes=5)]
