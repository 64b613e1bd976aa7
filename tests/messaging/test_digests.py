"""When a person's digest is put together, whatever the clocks do; and what stands in it besides touchpoints."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse

from firms.models import Firm, User
from messaging import digests, notices, outbox
from messaging.digests import DigestLine, DigestPart, digest_section, make_digests
from messaging.models import Digest, Notice, OutboxMessage
from messaging.preferences import set_preferences
from tests import factories

notices.notice_kind("told", sentence=lambda values: f"Told {values['number']}")


@pytest.fixture
def everyone_has_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_sections", {})
    part = DigestPart("Title", "1 thing", [DigestLine("Roy <b> & fils", "a note", "/queue/")], 3, "/queue/")
    digest_section("test", collect=lambda _firm, readers: {reader.user.pk: 1 for reader in readers}, word=lambda _value, _firm: [part])


def moments(first: datetime, hours: int) -> list[datetime]:
    return [first + timedelta(minutes=minutes) for minutes in range(0, hours * 60, 5)]


@pytest.mark.parametrize(
    ("zone", "at", "night", "expected"),
    [
        # In Montréal clocks go from 2:00 to 3:00 on 8 March 2026, and from 2:00 back to 1:00 on 1 November; in Paris on 29 March and 25 October.
        ("America/Montreal", time(2, 30), datetime(2026, 3, 8, 0, tzinfo=UTC), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        ("America/Montreal", time(1, 30), datetime(2026, 11, 1, 0, tzinfo=UTC), datetime(2026, 11, 1, 5, 30, tzinfo=UTC)),
        ("America/Montreal", time(7), datetime(2026, 3, 8, 0, tzinfo=UTC), datetime(2026, 3, 8, 11, tzinfo=UTC)),
        ("Europe/Paris", time(2, 30), datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        ("Europe/Paris", time(2, 30), datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Europe/Paris", time(7), datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),
    ],
    ids=["no such hour", "twice that hour", "after it", "no such hour, Paris", "twice that hour, Paris", "after it, Paris"],
)
def test_the_nights_when_clocks_change(alice: User, everyone_has_something: None, zone: str, at: time, night: datetime, expected: datetime) -> None:
    """Asked every five minutes of the night and the morning: once, at the hour, or that much later where the clock leaves it out."""
    User.objects.filter(pk=alice.pk).update(time_zone=zone)
    set_preferences(by=alice, digest_at=at, on_days_off=True)
    # The day before is over.
    Digest.objects.create(user=alice, day=expected.date() - timedelta(days=1))
    told = [now for now in moments(night + timedelta(hours=5 if "America" in zone else 0), 12) if make_digests(firm_id=alice.firm_id, now=now)]
    assert told == [expected]


def test_a_late_worker_tells_what_the_morning_should_have(alice: User, everyone_has_something: None) -> None:
    assert make_digests(firm_id=alice.firm_id, now=datetime(2026, 11, 24, 4, 59, tzinfo=UTC)) == 1
    assert [digest.day for digest in Digest.objects.all()] == [date(2026, 11, 23)]
    assert make_digests(firm_id=alice.firm_id, now=datetime(2026, 11, 24, 12, tzinfo=UTC)) == 1


def test_days_off_are_quiet_unless_one_asks(alice: User, everyone_has_something: None) -> None:
    saturday = datetime(2026, 11, 28, 15, tzinfo=UTC)
    assert make_digests(firm_id=alice.firm_id, now=saturday) == 0
    set_preferences(by=alice, on_days_off=True)
    assert make_digests(firm_id=alice.firm_id, now=saturday) == 1


def test_who_left_is_told_nothing(alice: User, everyone_has_something: None) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert make_digests(firm_id=alice.firm_id, now=datetime(2026, 11, 23, 15, tzinfo=UTC)) == 0


def test_who_has_not_accepted_the_invitation_is_told_nothing(alice: User, everyone_has_something: None) -> None:
    noon = datetime(2026, 11, 23, 15, tzinfo=UTC)
    awaited = factories.make_user(role="admin")
    awaited.set_unusable_password()
    awaited.save()
    assert (make_digests(firm_id=alice.firm_id, now=noon), [digest.user for digest in Digest.objects.all()]) == (1, [alice])
    awaited.set_password(factories.PASSWORD)
    awaited.save()
    assert make_digests(firm_id=alice.firm_id, now=noon) == 1


def test_the_digest_as_it_arrives(alice: User, everyone_has_something: None, mailbox, settings: Any) -> None:
    settings.SITE_URL = "https://crm.example"
    make_digests(firm_id=alice.firm_id, now=datetime(2026, 11, 23, 15, tzinfo=UTC))
    assert outbox.send_due(firm_id=alice.firm_id) == 1
    (received,) = mailbox.messages
    assert (received["To"], received["Subject"]) == ("alice@alpha.test", "Nov 23, 2026: 1 thing")
    text, html = (received.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert "- Roy <b> & fils · a note" in text
    assert "Roy &lt;b&gt; &amp; fils" in html
    assert "https://crm.example/queue/" in html
    assert ("and 2 more" in text, "and 2 more" in html) == (True, True)
    address = received["List-Unsubscribe"].strip()
    assert address.startswith("<https://crm.example/unsubscribe/")
    assert (received["List-Unsubscribe-Post"], received["Auto-Submitted"]) == ("List-Unsubscribe=One-Click", "auto-generated")
    assert (address.strip("<>") in text, address.strip("<>") in html) == (True, True)


def unsubscribe_address(mailbox) -> str:
    return str(mailbox.messages[-1]["List-Unsubscribe"]).strip(" <>").removeprefix(settings.SITE_URL)


def test_one_click_unsubscribes_without_signing_in_and_opening_the_link_does_not(alice: User, everyone_has_something: None, mailbox, client) -> None:
    monday = datetime(2026, 11, 23, 15, tzinfo=UTC)
    make_digests(firm_id=alice.firm_id, now=monday)
    outbox.send_due(firm_id=alice.firm_id)
    address = unsubscribe_address(mailbox)

    assert client.get(address).status_code == 200
    make_digests(firm_id=alice.firm_id, now=monday + timedelta(days=1))
    assert OutboxMessage.objects.count() == 2
    strict = type(client)(enforce_csrf_checks=True)
    assert strict.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert strict.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert make_digests(firm_id=alice.firm_id, now=monday + timedelta(days=2)) == 1
    assert OutboxMessage.objects.count() == 2
    set_preferences(by=alice, digest_by_email=True)
    make_digests(firm_id=alice.firm_id, now=monday + timedelta(days=3))
    assert OutboxMessage.objects.count() == 3


@pytest.mark.parametrize("key", ["1.1", "1.1:forged", "x:y", "%00"])
def test_a_forged_link_unsubscribes_nobody(alice: User, client, key: str) -> None:
    for method in (client.get, client.post):
        assert method(f"/unsubscribe/{key}/").status_code == 404


def test_what_one_did_not_read_is_repeated_once(alice: User, alpha: Firm) -> None:
    now = datetime.now(UTC)
    monday = now + timedelta(days=(7 - now.weekday()) % 7 + 7)
    notices.post_notice(user=alice, kind="told", values={"number": 1}, dedupe_key="1", url="/profile/")
    notices.post_notice(user=alice, kind="told", values={"number": 2}, dedupe_key="2")
    colleague = factories.make_user(role="admin")
    notices.post_notice(user=colleague, kind="told", values={"number": 3}, dedupe_key="3")
    notices.mark_read(user=alice, notice=Notice.objects.get(dedupe_key="2"))
    Notice.objects.update(created_at=monday - timedelta(hours=1))
    set_preferences(by=alice, on_days_off=True)

    make_digests(firm_id=alice.firm_id, now=monday.replace(hour=16))
    assert [line for line in OutboxMessage.objects.get(to=alice.email).text.splitlines() if line.startswith("- ")] == ["- Told 1"]


# --- Preferences ---

CHOSEN = {"digest_by_email": "on", "digest_at": "06:30", "quiet_from": "21:00", "quiet_until": "06:00", "at_once": []}


def test_the_page_keeps_what_was_chosen(alice: User, client) -> None:
    client.force_login(alice)
    assert client.post(reverse("preferences"), CHOSEN).status_code == 302
    own = alice.preferences
    assert (own.digest_at, own.quiet_from, own.on_days_off) == (time(6, 30), time(21), False)
    assert own.muted_kinds == sorted(kind for kind, _label in notices.kinds_at_once())
    assert client.get(reverse("preferences")).context["form"].initial["at_once"] == []


@pytest.mark.parametrize("wrong", [{"digest_at": ""}, {"quiet_from": ""}, {"quiet_until": ""}, {"digest_at": "25:00"}])
def test_what_makes_no_sense_is_refused(alice: User, client, wrong: dict[str, Any]) -> None:
    client.force_login(alice)
    answer = client.post(reverse("preferences"), CHOSEN | wrong)
    assert (answer.status_code, bool(answer.context["form"].errors)) == (200, True)
    assert not hasattr(User.objects.get(pk=alice.pk), "preferences")
