"""What the promises themselves say in a service calendar: the firm's own channels, who calls first; and what a draft would have clients told."""

import io
from datetime import timedelta
from typing import Any

import pytest
import vobject
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from clients.models import Client
from firms.models import User
from segmentation.models import Assignment, Segment
from service_matrix.channels import ChannelDraft, save_channel
from service_matrix.models import FirmChannel, MatrixVersion, ProfileRule, Promise
from service_matrix.versions import ensure_catalogue
from tests.factories import make_client
from tests.service_matrix.rows import make_draft, make_overlay, put_in_profile, segment_of
from tests.touchpoints.rows import TODAY, make_segment, make_touchpoint, make_type, reloaded
from touchpoints.feeds import client_feed
from touchpoints.links import share_calendar
from touchpoints.models import Appointment
from touchpoints.service_calendar import Kind, calendar_document, promised_kinds, service_calendar

pytestmark = pytest.mark.usefixtures("monday")


def promised(client: Client, *, by: User, own: FirmChannel | None = None, initiative: str = "", **changes: Any) -> MatrixVersion:
    """A published matrix that promises the client's segment two check-in calls."""
    segment = make_segment(firm_id=client.firm_id)
    Segment.objects.filter(pk=segment.pk).update(initiative=initiative)
    version = MatrixVersion.objects.create(scheme=segment.scheme, number=1, status="published")
    Assignment.objects.create(client=client, scheme=segment.scheme, segment=segment, starts_on=TODAY, source="import")
    values: dict[str, Any] = {"times": 2, "channel": "phone", "performer": "assistant", "minutes": 15, "window_days": 30}
    kind = make_type(firm_id=client.firm_id)
    Promise.objects.create(version=version, segment=segment, touchpoint_type=kind, own_channel=own, **values | changes)
    return version


def messenger(by: User) -> FirmChannel:
    return save_channel(channel=None, draft=ChannelDraft(name_en="Messenger", name_fr="Messagerie", counts_as="sms", roles=[]), by=by)


def test_a_channel_of_the_firms_own_is_named_on_the_page_in_the_document_and_in_the_feed(ana: User) -> None:
    client = make_client(adviser=ana, language="fr")
    promised(client, by=ana, own=messenger(ana), channel="sms")
    for day in (10, 20):
        make_touchpoint(client=client, due_on=TODAY + timedelta(days=day), channel="sms")
    # Planned when it was promised by phone: it stays what was planned.
    make_touchpoint(client=client, due_on=TODAY + timedelta(days=30), channel="phone")
    calendar = service_calendar(reloaded(client))
    assert [entry.how for entry in calendar.entries] == ["via Messagerie", "via Messagerie", "par téléphone"]
    assert [(kind.times, kind.how) for kind in calendar.kinds] == [("une fois", "par téléphone"), ("2 fois", "via Messagerie")]
    assert "via Messagerie" in PdfReader(io.BytesIO(calendar_document(calendar))).pages[0].extract_text()
    events = [component.description.value for component in vobject.readOne(client_feed(calendar).decode()).vevent_list]
    assert sum("via Messagerie" in event for event in events) == 2
    key = share_calendar(client=client, by=ana)
    assert "via Messagerie" in Browser().get(reverse("shared_calendar", args=[key])).content.decode()


def test_where_the_client_takes_the_first_step_it_comes_at_their_call_until_an_hour_is_agreed(ana: User) -> None:
    client = make_client(adviser=ana, language="en")
    promised(client, by=ana, initiative="client")
    make_touchpoint(client=client, due_on=TODAY + timedelta(days=10))
    agreed = make_touchpoint(client=client, due_on=TODAY + timedelta(days=20))
    Appointment.objects.create(touchpoint=agreed, starts_at="2026-12-14T15:00Z", minutes=30, created_by=ana)
    # A letter needs no call.
    make_touchpoint(client=client, due_on=TODAY + timedelta(days=30), channel="post")
    calendar = service_calendar(reloaded(client))
    assert [entry.how for entry in calendar.entries] == ["by phone, at your call", "by phone", "by post"]
    assert [(kind.times, kind.how) for kind in calendar.kinds] == [("2 times", "by phone, at your call"), ("once", "by post")]


def test_a_profile_that_leaves_the_first_step_to_the_client_is_heard(ana: User) -> None:
    client = make_client(adviser=ana, language="fr")
    version = promised(client, by=ana)
    put_in_profile(client, 2)
    MatrixVersion.objects.filter(pk=version.pk).update(overlay=make_overlay())
    ProfileRule.objects.create(version=version, profile=segment_of(make_overlay(), 2), initiative="client")
    make_touchpoint(client=client, due_on=TODAY + timedelta(days=10))
    assert [entry.how for entry in service_calendar(reloaded(client)).entries] == ["par téléphone, à votre appel"]


# --- What a segment would be told under a version ---


def preview(reader: User, version: MatrixVersion, segment: Segment) -> str:
    browser = Browser()
    browser.force_login(reader)
    return browser.get(reverse("matrix_calendar", args=[version.pk, segment.pk])).content.decode()


def test_a_versions_column_leads_to_what_a_client_of_the_segment_would_be_told(alice: User) -> None:
    draft = make_draft(by=alice)
    segment = segment_of(draft.scheme, 1)
    browser = Browser()
    browser.force_login(alice)
    address = reverse("matrix_calendar", args=[draft.pk, segment.pk])
    assert f'href="{address}"' in browser.get(reverse("matrix"), {"version": "draft"}).content.decode()
    page = browser.get(address)
    assert page.context["segment"] == segment
    assert [each.pk for each in page.context["segments"]] == list(
        Segment.objects.filter(scheme=draft.scheme).order_by("rank").values_list("pk", flat=True)
    )


def test_it_says_how_often_and_how_without_what_is_not_announced_in_the_readers_language(alice: User) -> None:
    kinds = ensure_catalogue(by=alice)
    draft = make_draft(by=alice, preset=None)
    segment = segment_of(draft.scheme, 1)
    Segment.objects.filter(pk=segment.pk).update(initiative="client")
    values: dict[str, Any] = {"version": draft, "segment": segment, "performer": "adviser", "minutes": 30, "window_days": 10}
    for key, said in {
        "newsletter": {"times": 4, "channel": "sms", "own_channel": messenger(alice)},
        "annual_review": {"times": 1, "times_at_most": 2, "channel": "in_person"},
        "birthday_greeting": {"times": 1, "channel": "phone", "anchor": "birthday"},
        "check_in_call": {"times": 1, "channel": "phone", "anchor": "event", "anchor_event": "meeting_held", "anchor_days": 7},
    }.items():
        Promise.objects.create(touchpoint_type=kinds[key], **values | said)
    promises = Promise.objects.filter(version=draft).select_related("touchpoint_type", "own_channel")
    with translation.override("en"):
        assert promised_kinds(promises, initiative="client") == [
            Kind("Annual review", "once", "in person, at your call"),
            Kind(kinds["newsletter"].name_en, "4 times", "via Messenger"),
        ]
    User.objects.filter(pk=alice.pk).update(language="fr")
    alice.refresh_from_db()
    text = preview(alice, draft, segment)
    for words in ("Revue annuelle", "une fois, en personne, à votre appel", kinds["newsletter"].name_fr, "4 fois, via Messagerie"):
        assert words in text
    for unsaid in (kinds["birthday_greeting"].name_fr, kinds["check_in_call"].name_fr):
        assert unsaid not in text


def test_the_preview_of_a_segment_that_is_promised_nothing_says_so_and_of_another_schemes_is_not_there(alice: User) -> None:
    draft = make_draft(by=alice, preset=None)
    assert "promised nothing that is announced" in preview(alice, draft, segment_of(draft.scheme, 2))
    elsewhere = segment_of(make_overlay(), 1)
    browser = Browser()
    browser.force_login(alice)
    assert browser.get(reverse("matrix_calendar", args=[draft.pk, elsewhere.pk])).status_code == 404


def test_the_number_of_statements_is_the_same_for_1_and_30(ana: User, django_assert_num_queries) -> None:
    client = make_client(adviser=ana)
    version = promised(client, by=ana, initiative="client")
    for number in (1, 30):
        client = make_client(adviser=ana)
        Assignment.objects.create(
            client=client, scheme=version.scheme, segment=make_segment(firm_id=client.firm_id), starts_on=TODAY, source="import"
        )
        for day in range(number):
            make_touchpoint(client=client, due_on=TODAY + timedelta(days=day))
        client = reloaded(client)
        with django_assert_num_queries(4):
            service_calendar(client)
