"""What work says of how it goes: the firm's own channels and the client's first step, in the queue, in a person's feed and in the year that was."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import vobject
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from clients.models import Client, Interaction
from firms.models import User
from segmentation.models import Assignment
from service_matrix.channels import ChannelDraft, save_channel
from service_matrix.models import MatrixVersion
from tests.factories import make_client
from tests.touchpoints.rows import TODAY, make_segment, make_touchpoint, make_type, reloaded
from tests.touchpoints.test_promised_calendar import messenger, promised
from touchpoints.feeds import person_feed
from touchpoints.models import Appointment, Status, Touchpoint
from touchpoints.ways import WorkWay, ways_to_do
from touchpoints.year_review import year_review

pytestmark = pytest.mark.usefixtures("monday")


def agree(touchpoint: Touchpoint, by: User) -> None:
    Appointment.objects.create(touchpoint=touchpoint, starts_at="2026-11-25T15:00Z", minutes=30, created_by=by)


def test_the_queue_names_the_firms_channel_and_says_that_the_first_step_is_the_clients(ana: User) -> None:
    client = make_client(adviser=ana)
    version = promised(client, by=ana, own=messenger(ana), channel="sms", initiative="client")
    call = make_type(firm_id=ana.firm_id, key="call", name_en="Call", name_fr="Appel")
    version.promises.create(
        segment=make_segment(firm_id=ana.firm_id), touchpoint_type=call, times=1, channel="phone", performer="adviser", minutes=20, window_days=30
    )
    written = make_touchpoint(client=client, channel="sms")
    waits = make_touchpoint(client=client, touchpoint_type=call)
    agreed = make_touchpoint(client=client, touchpoint_type=call)
    agree(agreed, ana)
    # Planned when it was promised by e-mail.
    former = make_touchpoint(client=client, channel="email")
    elsewhere = make_touchpoint(adviser=ana, channel="sms")
    touchpoints = list(Touchpoint.objects.filter(pk__in=[each.pk for each in (written, waits, agreed, former, elsewhere)]))
    with translation.override("en"):
        assert ways_to_do(touchpoints, firm_id=ana.firm_id, on=TODAY) == {
            written.pk: WorkWay("Messenger"),
            waits.pk: WorkWay("", is_at_call=True),
            agreed.pk: WorkWay(""),
        }
    browser = Browser()
    browser.force_login(ana)
    page = browser.get(reverse("queue")).content.decode()
    said = {int(part.split('"', 1)[0]): part.split("</li>", 1)[0] for part in page.split('<li class="queue-row" id="touchpoint-')[1:]}
    assert {pk: ("Messenger" in row, "first step: the client" in row) for pk, row in said.items()} == {
        written.pk: (True, False),
        waits.pk: (False, True),
        agreed.pk: (False, False),
        former.pk: (False, False),
        elsewhere.pk: (False, False),
    }
    for touchpoint, words in ((written, "Messenger · 15 min · Ana Roy"), (waits, "Phone · 15 min · first step: the client · Ana Roy")):
        panel = browser.get(reverse("queue_touchpoint", args=[touchpoint.pk]), headers={"HX-Request": "true"}).content.decode()
        assert words in panel


def test_a_persons_feed_says_the_same_and_nothing_of_the_first_step_once_it_is_done(ana: User) -> None:
    client = make_client(adviser=ana)
    promised(client, by=ana, initiative="client", performer="adviser")
    make_touchpoint(client=client, due_on=TODAY)
    make_touchpoint(client=client, due_on=TODAY + timedelta(days=1), status=Status.DONE)
    with translation.override("fr"):
        events = vobject.readOne(person_feed(User.objects.select_related("firm").get(pk=ana.pk), on=TODAY).decode()).vevent_list
    assert [event.description.value.split("\n")[0].replace("\u202f", " ").replace("\xa0", " ") for event in events] == [
        "Téléphone · 15 min · premier pas : le client",
        "Téléphone · 15 min",
    ]


def test_the_year_that_was_names_the_firms_channel_and_whose_call_it_was(ana: User) -> None:
    client = make_client(adviser=ana, language="en")
    version = promised(client, by=ana, own=messenger(ana), channel="sms", initiative="client")
    call = make_type(firm_id=ana.firm_id, key="call", name_en="Call", name_fr="Appel")
    version.promises.create(
        segment=make_segment(firm_id=ana.firm_id), touchpoint_type=call, times=1, channel="phone", performer="adviser", minutes=20, window_days=30
    )
    done: dict[str, Any] = {"status": Status.DONE, "closed_at": datetime(2026, 3, 1, 15, tzinfo=UTC), "closed_by": ana}
    make_touchpoint(client=client, channel="sms", **done)
    # Promised by the firm's channel, done by telephone: as the interaction says.
    said: dict[str, Any] = {"channel": "phone", "subject": "Call", "summary": "Well.", "by": ana}
    interaction = Interaction.objects.create(client=client, happened_at=datetime(2026, 3, 2, 15, tzinfo=UTC), **said)
    make_touchpoint(client=client, channel="sms", interaction=interaction, **done)
    make_touchpoint(client=client, touchpoint_type=call, **done | {"closed_at": datetime(2026, 3, 3, 15, tzinfo=UTC)})
    agree(make_touchpoint(client=client, touchpoint_type=call, **done | {"closed_at": datetime(2026, 3, 4, 15, tzinfo=UTC)}), ana)
    review = year_review(reloaded(client), year=2026)
    assert [(each.what, each.how) for each in review.deliveries] == [
        ("Check-in call", "via Messenger"),
        ("Check-in call", "by phone, at your call"),
        ("Call", "by phone, at your call"),
        ("Call", "by phone"),
    ]
    assert [(kind.what, kind.times, kind.how) for kind in review.kinds] == [
        ("Call", "2 times", "by phone, at your call"),
        ("Check-in call", "once", "by phone, at your call"),
        ("Check-in call", "once", "via Messenger"),
    ]


def test_a_year_that_was_speaks_by_the_matrix_in_force_when_each_thing_fell_due(ana: User) -> None:
    client = make_client(adviser=ana, language="en")
    today = promised(client, by=ana)
    MatrixVersion.objects.filter(pk=today.pk).update(number=3, effective_on=date(2026, 3, 1))
    chat = save_channel(channel=None, draft=ChannelDraft(name_en="Portal chat", name_fr="Clavardage", counts_as="sms", roles=[]), by=ana)
    said = {"segment": make_segment(firm_id=ana.firm_id), "touchpoint_type": make_type(firm_id=ana.firm_id), "channel": "sms"}
    for number, begins, own in ((1, date(2024, 1, 1), chat), (2, date(2025, 7, 1), messenger(ana))):
        version = MatrixVersion.objects.create(scheme=today.scheme, number=number, status="retired", effective_on=begins)
        version.promises.create(**said, own_channel=own, times=2, performer="assistant", minutes=15, window_days=30)
    # Placed where nothing is promised since.
    Assignment.objects.filter(client=client).update(starts_on=date(2024, 1, 1), ends_on=date(2026, 1, 1))
    elsewhere = make_segment(firm_id=ana.firm_id, rank=2)
    Assignment.objects.create(client=client, scheme=today.scheme, segment=elsewhere, starts_on=date(2026, 1, 1), source="import")
    for month, due in ((1, date(2024, 12, 20)), (7, date(2025, 6, 30)), (8, date(2025, 7, 1))):
        closed_at = datetime(2025, month, 15, 15, tzinfo=UTC)
        make_touchpoint(client=client, channel="sms", due_on=due, status=Status.DONE, closed_at=closed_at, closed_by=ana)
    assert [each.how for each in year_review(reloaded(client), year=2025).deliveries] == ["via Portal chat", "via Portal chat", "via Messenger"]


def test_each_asks_as_many_statements_for_thirty_clients_as_for_one(ana: User) -> None:
    browser = Browser()
    browser.force_login(ana)
    first = make_client(adviser=ana)
    version = promised(first, by=ana, initiative="client", performer="adviser")
    make_touchpoint(client=first)

    def placed() -> Client:
        client = make_client(adviser=ana)
        segment = make_segment(firm_id=client.firm_id)
        Assignment.objects.create(client=client, scheme=version.scheme, segment=segment, starts_on=TODAY, source="import")
        return client

    def asked() -> tuple[int, int]:
        counts = []
        for read in (lambda: browser.get(reverse("queue")), lambda: person_feed(User.objects.select_related("firm").get(pk=ana.pk), on=TODAY)):
            with CaptureQueriesContext(connection) as captured:
                read()
            counts.append(len([query for query in captured if "SAVEPOINT" not in query["sql"]]))
        return counts[0], counts[1]

    asked()
    one = asked()
    for _number in range(29):
        make_touchpoint(client=placed())
    assert asked() == one
    assert one[0] <= 15
