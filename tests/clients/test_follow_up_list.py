"""Every follow-up that waits is on somebody's list: one's own, an absent colleague's, and those whose person is gone."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients.follow_ups import DAYS_AHEAD, MOST_SHOWN, Whose, follow_ups_to_do, open_follow_ups
from clients.models import FollowUp
from firms.models import Absence, Support, User
from firms.row_versions import version_of
from tests import factories

TODAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel("2026-11-23T15:00:00Z", tick=False):
        yield


@pytest.fixture
def paul(alice):
    return factories.make_user(name="Paul Roy")


def promise(client, assignee, text, *, days=0, **fields):
    return FollowUp.objects.create(client=client, text=text, due_on=TODAY + timedelta(days=days), assignee=assignee, by=assignee, **fields)


def to_do(user):
    return [follow_up.text for follow_up in follow_ups_to_do(user=user, on=TODAY)]


def waiting(user, whose=Whose.MINE):
    return [follow_up.text for follow_up in open_follow_ups(user=user, whose=whose)]


def test_whoever_covers_has_the_absent_colleagues_too(ana, paul, marie, roy):
    promise(roy, ana, "Ana's")
    promise(roy, marie, "Marie's")
    other = factories.make_user(name="Léa", role="assistant")
    assert (to_do(paul), to_do(other)) == ([], [])
    for absent, covering in ((ana, paul), (marie, other)):
        Absence.objects.create(user=absent, covered_by=covering, starts_on=TODAY, ends_on=TODAY + timedelta(days=3))
    paul, other = User.objects.get(pk=paul.pk), User.objects.get(pk=other.pk)
    assert (to_do(paul), to_do(other), waiting(other)) == (["Ana's"], ["Marie's"], ["Marie's"])
    with time_machine.travel("2026-11-27T15:00:00Z", tick=False):
        assert to_do(User.objects.get(pk=paul.pk)) == []


@pytest.mark.parametrize("gone", ["disabled", "supports another", "client moved"])
def test_what_was_asked_of_who_is_gone_is_the_advisers(ana, paul, marie, roy, gone):
    promise(roy, marie, "Marie's")
    assert (to_do(ana), to_do(marie)) == ([], ["Marie's"])
    if gone == "disabled":
        User.objects.filter(pk=marie.pk).update(is_active=False)
    elif gone == "supports another":
        Support.objects.update(adviser=paul)
    else:
        type(roy).objects.filter(pk=roy.pk).update(adviser=paul)
    leader, other = (paul, ana) if gone == "client moved" else (ana, paul)
    leader, other = User.objects.get(pk=leader.pk), User.objects.get(pk=other.pk)
    assert (to_do(leader), to_do(other)) == (["Marie's"], [])
    assert (waiting(leader), waiting(leader, Whose.NOBODY), waiting(other, Whose.NOBODY)) == (["Marie's"], ["Marie's"], [])


def test_who_sees_the_client_otherwise_keeps_theirs(alice, ana, marie, roy):
    everywhere = factories.make_user(name="Zoé", sees_whole_firm=True)
    for person in (alice, everywhere, marie, ana):
        promise(roy, person, person.name)
    assert waiting(ana, Whose.NOBODY) == []
    assert [to_do(person) for person in (alice, everywhere, marie, ana)] == [[person.name] for person in (alice, everywhere, marie, ana)]


def test_done_archived_and_unseen_are_on_no_list(ana, paul, roy):
    promise(roy, ana, "Done", done_at="2026-11-20T15:00Z", done_by=ana)
    promise(factories.make_client(adviser=ana, archived_at="2026-11-20T15:00Z"), ana, "Archived")
    promise(factories.make_client(adviser=paul), paul, "Paul's")
    assert [waiting(ana, whose) for whose in Whose] == [[], [], []]


def test_one_more_than_is_shown_tells_that_there_are_more(client, ana, roy):
    for number in range(MOST_SHOWN):
        promise(roy, ana, f"Promise {number}", days=-number)
    client.force_login(ana)
    assert "There are more" not in client.get(reverse("queue")).content.decode()
    promise(roy, ana, "One more", days=DAYS_AHEAD)
    page = client.get(reverse("queue")).content.decode()
    assert (len(to_do(ana)), "There are more: all follow-ups" in page, "One more" in page) == (MOST_SHOWN + 1, True, False)


def test_the_page_lists_them_by_when_they_are_due(client, ana, marie, roy):
    for text, days in (("Later", 8), ("Soon", 7), ("Late", -1)):
        promise(roy, ana, text, days=days)
    promise(roy, marie, "Marie's")
    client.force_login(ana)
    page = client.get(reverse("follow_up_list"))
    assert [(section.label, [each.text for each in section.follow_ups]) for section in page.context["sections"]] == [
        ("Late", ["Late"]),
        ("Next 7 days", ["Soon"]),
        ("Later", ["Later"]),
    ]
    everyone = client.get(reverse("follow_up_list"), {"whose": "everyone"}).content.decode()
    assert ("Marie’s" in everyone or "Marie&#x27;s" in everyone, "Marie Côté" in everyone) == (True, True)


def test_a_long_list_continues_where_it_ended(client, ana, roy):
    for number in range(53):
        promise(roy, ana, f"Promise {number:02}", days=number // 30)
    client.force_login(ana)
    first = client.get(reverse("follow_up_list"))
    second = client.get(reverse("follow_up_list") + first.context["more"])
    texts = [each.text for page in (first, second) for section in page.context["sections"] for each in section.follow_ups]
    assert (texts, second.context["more"]) == ([f"Promise {number:02}" for number in range(53)], "")
    assert client.get(reverse("follow_up_list"), {"after": "nonsense_x"}).status_code == 200


def test_changed_or_removed_from_a_page_one_is_back_on_it(client, ana, roy):
    follow_up = promise(roy, ana, "Send the form")
    client.force_login(ana)
    page = reverse("follow_up_list")
    edit = reverse("follow_up_edit", args=[follow_up.pk])
    assert f"{edit}?next={page}" in client.get(page).content.decode()
    form = client.get(f"{edit}?next={page}").content.decode()
    assert f'name="next" value="{page}"' in form
    saved = client.post(edit, {"text": "Send it", "due_on": TODAY.isoformat(), "assignee": ana.pk, "next": page, "version": version_of(follow_up)})
    assert (saved["Location"], FollowUp.objects.get().text) == (page, "Send it")
    # Who saves what it says already overwrites nobody.
    elsewhere = client.post(edit, {"text": "Send it", "due_on": TODAY.isoformat(), "assignee": ana.pk, "next": "https://elsewhere.test/"})
    assert elsewhere["Location"] == reverse("client_detail", args=[roy.pk])
    assert client.post(reverse("follow_up_remove", args=[follow_up.pk]), {"next": page, "version": version_of(follow_up)})["Location"] == page


def test_a_line_swapped_in_leads_back_to_the_page_it_is_on(client, ana, roy):
    follow_up = promise(roy, ana, "Send the form")
    client.force_login(ana)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/queue/?view=late"}
    line = client.post(reverse("follow_up_finish", args=[follow_up.pk]), headers=headers).content.decode()
    line += client.post(reverse("follow_up_reopen", args=[follow_up.pk]), headers=headers).content.decode()
    assert (line.count('value="/queue/?view=late"'), "?next=/queue/%3Fview%3Dlate" in line) == (2, True)


def test_as_many_statements_for_thirty_as_for_one(client, ana, roy):
    client.force_login(ana)
    counts = []
    for number in (1, 29):
        for _each in range(number):
            promise(factories.make_client(adviser=ana), ana, "Send the form")
        client.get(reverse("follow_up_list"))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("follow_up_list"))
        counts.append(sum("SAVEPOINT" not in query["sql"] for query in captured))
    assert counts[0] == counts[1] <= 12
