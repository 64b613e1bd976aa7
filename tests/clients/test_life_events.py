"""What happens in a client's life: written in place, remembered, shown before each meeting, and planned after."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone, translation

from clients.context import context_of, contexts_of
from clients.history import history_of
from clients.life_events import LifeEventDraft, LifeEventRefused, add_life_event, change_life_event, remove_life_event
from clients.models import LifeEvent
from clients.queries import NotInYourBook
from firms.models import PlanningRequest
from firms.row_versions import version_of
from tests import factories

HTMX = {"HX-Request": "true"}
BORN = LifeEventDraft(on=date(2026, 1, 5), kind="birth", words="  Léa ")


@pytest.fixture
def ana(alice):
    return factories.make_user(name="Ana Roy", role="adviser")


@pytest.fixture
def roy(ana):
    return factories.make_client(adviser=ana, name="Roy", people=False)


@pytest.fixture
def signed_in(client, ana):
    client.force_login(ana)
    return client


def lived():
    return list(LifeEvent.objects.values_list("on", "kind", "words", "by__name"))


def change(event, by, draft):
    return change_life_event(event=event, by=by, version=version_of(event), draft=draft)


def test_it_is_noted_corrected_and_taken_back_and_the_client_planned_each_time(ana, alice, roy):
    PlanningRequest.objects.all().delete()
    event = add_life_event(client=roy, by=ana, draft=BORN)
    assert (lived(), str(event)) == ([(date(2026, 1, 5), "birth", "Léa", "Ana Roy")], "Birth or adoption: Léa")
    change(event, alice, LifeEventDraft(on=date(2026, 1, 6), kind="birth", words="Léa and Zoé"))
    # Who noted it first stays; who corrected it is in the history.
    assert lived() == [(date(2026, 1, 6), "birth", "Léa and Zoé", "Ana Roy")]
    remove_life_event(event=event, by=ana, version=version_of(event))
    assert (lived(), list(PlanningRequest.objects.values_list("client_id", flat=True))) == ([], [roy.pk] * 3)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (LifeEventDraft(on=date(1899, 12, 31), kind="birth"), "on"),
        (LifeEventDraft(on=timezone.localdate() + timedelta(days=1831), kind="retirement"), "on"),
        (LifeEventDraft(on=date(2026, 1, 5), kind="other", words=" "), "words"),
        (LifeEventDraft(on=date(2026, 1, 5), kind="party"), "kind"),
        (LifeEventDraft(on=date(2026, 1, 5), kind="birth", words="x" * 301), "words"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(ana, roy, draft, field):
    event = add_life_event(client=roy, by=ana, draft=BORN)
    PlanningRequest.objects.all().delete()
    for write in (lambda: add_life_event(client=roy, by=ana, draft=draft), lambda: change(event, ana, draft)):
        with pytest.raises(ValidationError) as refusal:
            write()
        assert list(refusal.value.message_dict) == [field]
    assert (lived(), PlanningRequest.objects.exists()) == ([(date(2026, 1, 5), "birth", "Léa", "Ana Roy")], False)


def test_the_second_of_two_who_correct_it_is_told_and_so_is_who_corrects_what_is_gone(ana, alice, roy):
    event = add_life_event(client=roy, by=ana, draft=BORN)
    read = version_of(event)
    change(event, alice, LifeEventDraft(on=date(2026, 1, 6), kind="birth", words="Zoé"))
    PlanningRequest.objects.all().delete()
    with translation.override("en"), pytest.raises(LifeEventRefused, match="Someone changed this life event meanwhile"):
        change_life_event(event=event, by=ana, version=read, draft=BORN)
    assert (lived(), PlanningRequest.objects.exists()) == ([(date(2026, 1, 6), "birth", "Zoé", "Ana Roy")], False)
    with translation.override("en"), pytest.raises(LifeEventRefused, match="Someone changed this life event meanwhile"):
        remove_life_event(event=event, by=ana, version=read)
    remove_life_event(event=event, by=alice, version=version_of(event))
    with translation.override("en"), pytest.raises(LifeEventRefused, match="Someone removed this life event meanwhile"):
        change_life_event(event=event, by=ana, version=read, draft=BORN)
    assert lived() == []


def test_a_retirement_is_known_beforehand(ana, roy):
    day = timezone.localdate() + timedelta(days=1000)
    add_life_event(client=roy, by=ana, draft=LifeEventDraft(on=day, kind="retirement"))
    assert lived() == [(day, "retirement", "", "Ana Roy")]


def test_another_book_is_left_alone(ana, roy):
    stranger = factories.make_user(name="Carl", role="adviser")
    event = add_life_event(client=roy, by=ana, draft=BORN)
    for write in (
        lambda: add_life_event(client=roy, by=stranger, draft=BORN),
        lambda: change(event, stranger, BORN),
        lambda: remove_life_event(event=event, by=stranger, version=version_of(event)),
    ):
        with pytest.raises(NotInYourBook):
            write()
    assert len(lived()) == 1


def test_the_history_tells_what_was_noted_changed_and_removed(ana, alice, roy):
    event = add_life_event(client=roy, by=ana, draft=BORN)
    change(event, ana, LifeEventDraft(on=date(2026, 1, 5), kind="home", words="A house"))
    remove_life_event(event=event, by=ana, version=version_of(event))
    told = [
        (change.action, [(line.before, line.after) for line in change.lines][:2])
        for change in history_of(roy, firm=alice.firm)
        if change.what == "Life event"
    ]
    assert [action for action, _lines in told] == ["delete", "update", "insert"]
    assert ("Birth or adoption", "Home bought or sold, or a move") in told[1][1]


def test_the_latest_are_read_before_a_meeting_in_the_same_statement(ana, roy, django_assert_num_queries):
    for number in range(8):
        add_life_event(client=roy, by=ana, draft=LifeEventDraft(on=date(2026, 1, 1) + timedelta(days=number), kind="work", words=str(number)))
    other = factories.make_client(adviser=ana, name="Côté", people=False)
    with django_assert_num_queries(1):
        known = contexts_of([roy.pk, other.pk], firm_id=ana.firm_id)
    assert [(event.on, event.words) for event in known[roy.pk].life_events] == [
        (date(2026, 1, 1) + timedelta(days=n), str(n)) for n in (7, 6, 5, 4, 3, 2)
    ]
    assert known[other.pk].life_events == []


# --- The panel ---


def test_it_is_written_where_the_personal_context_is_read(signed_in, roy):
    form = signed_in.get(reverse("life_event_create", args=[roy.pk]), headers=HTMX).content.decode()
    assert ('id="personal-context"' in form, "<html" in form) == (True, False)
    refused = signed_in.post(reverse("life_event_create", args=[roy.pk]), {"kind": "other", "on": "2026-01-05"}, headers=HTMX).content.decode()
    assert "Say what happens." in refused
    panel = signed_in.post(reverse("life_event_create", args=[roy.pk]), {"kind": "birth", "on": "2026-01-05", "words": "Léa"}, headers=HTMX)
    assert ("Birth or adoption" in panel.content.decode(), len(lived())) == (True, 1)
    event = LifeEvent.objects.get()
    assert f'hx-get="{reverse("life_event_edit", args=[event.pk])}"' in signed_in.get(reverse("client_detail", args=[roy.pk])).content.decode()
    read = version_of(event)
    assert f'name="version" value="{read}"' in signed_in.get(reverse("life_event_edit", args=[event.pk])).content.decode()
    sent = {"kind": "birth", "on": "2026-01-07", "words": "Léa", "version": read}
    changed = signed_in.post(reverse("life_event_edit", args=[event.pk]), sent, headers=HTMX)
    assert "Jan 7, 2026" in changed.content.decode()
    stale = signed_in.post(reverse("life_event_edit", args=[event.pk]), sent | {"words": "Zoé"}, headers=HTMX).content.decode()
    assert ("Someone changed this life event meanwhile" in stale, LifeEvent.objects.get().words) == (True, "Léa")
    stale = signed_in.post(reverse("life_event_remove", args=[event.pk]), {"version": read}, headers=HTMX).content.decode()
    assert ("Someone changed this life event meanwhile" in stale, len(lived())) == (True, 1)
    # As the list shows it.
    read = version_of(event)
    assert f'name="version" value="{read}"' in stale
    gone = signed_in.post(reverse("life_event_remove", args=[event.pk]), {"version": read}, headers=HTMX).content.decode()
    assert ("nothing is written yet" in gone, lived()) == (True, [])


def test_the_same_without_a_script(signed_in, roy):
    page = signed_in.get(reverse("life_event_create", args=[roy.pk])).content.decode()
    assert "Life event of Roy" in page
    answer = signed_in.post(reverse("life_event_create", args=[roy.pk]), {"kind": "birth", "on": "2026-01-05"})
    assert (answer.url, len(context_of(roy).life_events)) == (reverse("client_detail", args=[roy.pk]), 1)
    event = LifeEvent.objects.get()
    answer = signed_in.post(reverse("life_event_remove", args=[event.pk]), {"version": version_of(event)}, follow=True)
    assert "The life event is removed." in answer.content.decode()


def test_the_clients_page_takes_as_many_statements_with_life_events_as_without(signed_in, ana, roy):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for number in (0, 30):
        LifeEvent.objects.bulk_create(LifeEvent(client=roy, by=ana, on=date(2026, 1, 5), kind="work", words=str(each)) for each in range(number))
        signed_in.get(reverse("client_detail", args=[roy.pk]))
        with CaptureQueriesContext(connection) as captured:
            signed_in.get(reverse("client_detail", args=[roy.pk]))
        counts.append(len(captured))
    assert counts[0] == counts[1]
