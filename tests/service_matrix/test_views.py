import re
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from firms.models import User
from firms.working_time import Terms, set_role_terms
from service_matrix.channels import ChannelDraft, save_channel
from service_matrix.models import FirmChannel, MatrixVersion, ProfileRule, Promise, TouchpointType
from service_matrix.presets import PRESETS
from service_matrix.versions import ensure_catalogue, publish_version, set_promise, start_draft
from tests.factories import make_user
from tests.service_matrix.rows import except_client, make_draft, make_exempted, make_rule, make_scheme, place_clients, segment_of, terms

HTMX = {"HX-Request": "true"}
FORM = {"revision": "1", "times": "4", "times_at_most": "", "channel": "phone", "performer": "adviser", "minutes": "30", "window_days": "14"}


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


def address(draft: MatrixVersion, *, key: str = "newsletter", rank: int = 1) -> str:
    return reverse("promise_edit", args=[TouchpointType.objects.get(key=key).pk, segment_of(draft.scheme, rank).pk])


def test_without_a_service_scheme_the_page_says_what_to_do_first(signed_in):
    assert "First decide who gets what" in signed_in.get("/matrix/").content.decode()


def test_a_preset_chosen_becomes_a_draft(signed_in, alice):
    make_scheme()
    assert "Start from this matrix" in signed_in.get("/matrix/").content.decode()
    response = signed_in.post("/matrix/draft/", {"preset": "premium_standard_acquisition"})
    assert (response.status_code, response["Location"]) == (302, "/matrix/?version=draft")
    page = signed_in.get("/matrix/?version=draft").content.decode()
    assert "3–4 × In person · 60 min" in page
    assert "12 × Phone · 15 min" in page


def test_what_a_preset_promises_of_a_type_out_of_use_is_left_out_and_named(signed_in, alice):
    make_scheme("vip_gold_silver_bronze")
    ensure_catalogue(by=alice)
    unused = TouchpointType.objects.filter(key__in=["newsletter", "reporting"]).order_by("pk")
    TouchpointType.objects.filter(key__in=["newsletter", "reporting", "lunch_and_learn"]).update(is_active=False)
    page = signed_in.post("/matrix/draft/", {"preset": "vip_gold_silver_bronze"}, follow=True).content.decode()
    promised = set(Promise.objects.values_list("touchpoint_type__key", flat=True))
    assert promised == set(PRESETS["vip_gold_silver_bronze"].rows) - {"newsletter", "reporting"}
    names = ", ".join(unused.values_list("name_en", flat=True))
    assert f"These touchpoint types are no longer in use and are left out: {names}." in page


def test_a_preset_that_does_not_exist_or_fit_starts_nothing(signed_in):
    make_scheme()
    for preset in ("no_such_matrix", "vip_gold_silver_bronze"):
        signed_in.post("/matrix/draft/", {"preset": preset})
    assert not MatrixVersion.objects.exists()


def test_the_footer_counts_the_hours_of_the_clients_in_each_segment(signed_in, alice):
    draft = make_draft(by=alice)
    place_clients(draft.scheme, by_rank={1: 2, 3: 4}, adviser=alice)
    footer = signed_in.get("/matrix/").context["grid"].footer
    # Premium: 3 meetings of 60, 12 calls of 15, 4 reports of 15 minutes; Acquisition: 1, 2 and 1 of the same; an hour of answering for each.
    assert [(line.label, [value if value is None else float(value) for value in line.values]) for line in footer] == [
        ("Hours a year per client", [8.0, 4.5, 2.8]),
        ("Cost a year per client", [None, None, None]),
        ("Clients", [2.0, 0.0, 4.0]),
        ("Hours a year", [16.0, 0.0, 11.0]),
        ("of which: adviser", [13.0, 0.0, 8.0]),
        ("of which: assistant", [3.0, 0.0, 3.0]),
        ("Cost a year", [None, 0.0, None]),
    ]


def test_what_work_costs_is_shown_to_who_may_see_the_capacity(client, alice):
    publish_version(version=make_draft(by=alice), revision=1, by=alice)
    for role, is_told in (("adviser", False), ("assistant", False), ("compliance", True)):
        client.force_login(make_user(name="Ana", role=role, language="en", email=f"{role}@example.com"))
        page = client.get("/matrix/").content.decode()
        assert "Hours a year per client" in page
        assert ("Cost a year per client" in page, "what an hour of each role costs" in page) == (is_told, is_told)


def test_where_exceptions_change_what_cells_add_up_to_the_footer_says_so(signed_in, alice):
    version = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    client = make_exempted(by=alice)
    words = "on average, as profiles and exceptions have it"
    assert words not in signed_in.get("/matrix/").content.decode()
    except_client(client, TouchpointType.objects.get(key="check_in_call"), by=alice, times=24)
    page = signed_in.get("/matrix/")
    # Eight hours, and twelve calls of a quarter of an hour more.
    assert (page.context["grid"].footer[0].values[0], words in page.content.decode(), version.status) == (Decimal(11), True, "published")


def test_a_cell_is_edited_in_place(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    assert b'name="times"' in signed_in.get(address(draft), headers=HTMX).content
    response = signed_in.post(address(draft), FORM, headers=HTMX)
    assert "4 × Phone · 30 min" in response.content.decode()
    assert "promise-saved" in response["HX-Trigger-After-Settle"]
    assert list(Promise.objects.values_list("times", "channel", "minutes", "window_days")) == [(4, "phone", 30, 14)]


def test_a_cell_is_edited_without_htmx_too(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    assert signed_in.get(address(draft)).status_code == 200
    response = signed_in.post(address(draft), FORM)
    assert (response.status_code, response["Location"]) == (302, "/matrix/?version=draft")
    assert Promise.objects.count() == 1


def test_a_cell_is_emptied(signed_in, alice):
    draft = make_draft(by=alice)
    signed_in.post(address(draft, key="reporting"), {"revision": "1", "clear": "1"}, headers=HTMX)
    assert not Promise.objects.filter(touchpoint_type__key="reporting", segment__rank=1).exists()


def test_a_fault_is_said_beside_the_field_and_nothing_is_written(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    response = signed_in.post(address(draft), FORM | {"minutes": "-5", "times": "12", "window_days": "31"}, headers=HTMX)
    assert response["HX-Retarget"] == "#promise-panel"
    assert response.context["form"].errors == {"minutes": ["Minutes cannot be negative."]}
    response = signed_in.post(address(draft), FORM | {"times": "12", "window_days": "31"}, headers=HTMX)
    assert response.context["form"].errors == {"window_days": ["The next occurrence falls due after 30 days: the window must be shorter."]}
    assert not Promise.objects.exists()


def test_what_makes_no_sense_is_refused_in_our_words_and_not_in_the_browsers(signed_in, alice):
    draft = make_draft(by=alice)
    client = make_exempted(by=alice)
    here = [
        address(draft),
        reverse("matrix_publish"),
        reverse("matrix_reactive"),
        reverse("promise_exception", args=[client.pk]),
        reverse("capacity"),
    ]
    here += [reverse("strategy_edit", args=[segment_of(draft.scheme, 1).pk]), reverse("working_terms"), reverse("touchpoint_type_create")]
    for page in [*here, f"{address(draft)}cell/"]:
        headers = HTMX if page.endswith("cell/") else {}
        content = signed_in.get(page, headers=headers).content.decode()
        forms = [form for form in re.findall(r"<form[^>]*>", content.partition("<main")[2] or content) if "hidden" not in form]
        assert ["novalidate" in form for form in forms] == [True] * len(forms) != [], page


def test_publishing_says_hours_and_cost_before_and_after(signed_in, alice):
    draft = make_draft(by=alice)
    place_clients(draft.scheme, by_rank={1: 2}, adviser=alice)
    assert "Say what an hour of each role costs" in signed_in.get(reverse("matrix_publish")).content.decode()
    set_role_terms(terms={"adviser": Terms(hourly_cost=Decimal(100)), "assistant": Terms(hourly_cost=Decimal(40))}, assistant_percent=50, by=alice)
    publish_version(version=draft, revision=1, by=alice)
    start_draft(scheme=draft.scheme, by=alice)
    page = signed_in.get(reverse("matrix_publish"))
    # Of two clients: 13 hours of an adviser, 3 of an assistant.
    _segment, _load, *figures = page.context["loads"][0]
    assert [float(each) for each in figures] == [16, 16, 1420, 1420]
    assert "Say what an hour of each role costs" not in page.content.decode()


def test_who_typed_beside_someone_else_keeps_the_words_and_decides(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    cell: dict[str, Any] = {"segment": segment_of(draft.scheme, 1), "touchpoint_type": TouchpointType.objects.get(key="newsletter")}
    set_promise(version=draft, **cell, revision=1, terms=terms(times=6), by=alice)
    response = signed_in.post(address(draft), FORM, headers=HTMX)
    page = response.content.decode()
    assert "Someone else changed this cell" in page
    assert "6 × Phone, 30 min" in page
    assert Promise.objects.get().times == 6
    signed_in.post(address(draft), response.context["form"].data, headers=HTMX)
    assert Promise.objects.get().times == 4


def test_a_cell_of_a_draft_that_is_gone_leads_back_to_the_matrix(signed_in, alice):
    draft = make_draft(by=alice)
    there = address(draft)
    publish_version(version=draft, revision=1, by=alice)
    assert signed_in.post(there, FORM)["Location"] == "/matrix/"
    assert signed_in.post(there, FORM, headers=HTMX)["HX-Redirect"] == "/matrix/"


def test_publishing_shows_the_warnings_first_and_then_plans(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    set_promise(
        version=draft,
        segment=segment_of(draft.scheme, 1),
        touchpoint_type=TouchpointType.objects.get(key="newsletter"),
        revision=1,
        terms=terms(),
        by=alice,
    )
    page = signed_in.get("/matrix/draft/publish/").content.decode()
    assert "Standard is promised nothing." in page
    response = signed_in.post("/matrix/draft/publish/", {"revision": "1"})
    assert response["Location"] == "/matrix/draft/publish/"
    response = signed_in.post("/matrix/draft/publish/", {"revision": "2"})
    assert (response["Location"], MatrixVersion.objects.get().status) == ("/matrix/", "published")


def test_a_draft_is_discarded_only_as_it_was_shown(signed_in, alice):
    published = publish_version(version=make_draft(by=alice), revision=1, by=alice)
    start_draft(scheme=published.scheme, by=alice)
    signed_in.post("/matrix/draft/discard/", {"revision": "7"})
    assert MatrixVersion.objects.count() == 2
    signed_in.post("/matrix/draft/discard/", {"revision": "1"})
    assert list(MatrixVersion.objects.all()) == [published]


# Python reads no number of more than 4,300 digits.
@pytest.mark.parametrize("name", ["matrix_discard", "matrix_draft_start", "matrix_propose", "profile_rule_edit"])
def test_a_revision_of_five_thousand_digits_is_no_revision(signed_in, alice, name):
    draft = make_draft(by=alice)
    rule = make_rule(draft, by=alice, of="phone", channel="video")
    place = reverse(name, args=[rule.profile_id, rule.pk] if name == "profile_rule_edit" else [])
    sent = {"revision": "9" * 5000, "like": "9" * 5000, "clear": "1"}
    assert signed_in.post(place, sent).status_code == 302
    assert (MatrixVersion.objects.filter(status="draft").count(), ProfileRule.objects.count()) == (1, 1)


def test_a_type_is_added_and_changed_with_its_procedure(signed_in):
    typed = {
        "name_en": "Handwritten note",
        "name_fr": "Mot manuscrit",
        "channel": "post",
        "performer": "adviser",
        "minutes": "10",
        "is_active": "on",
        "steps-TOTAL_FORMS": "2",
        "steps-INITIAL_FORMS": "0",
        "steps-0-en": "Write",
        "steps-0-fr": "Écrire",
        "steps-0-performer": "adviser",
        "steps-1-en": "",
        "steps-1-fr": "",
        "steps-1-performer": "adviser",
        "agenda-TOTAL_FORMS": "1",
        "agenda-INITIAL_FORMS": "0",
        "agenda-0-en": "News",
        "agenda-0-fr": "Nouvelles",
        "subject_en": "A word from {adviser}",
        "subject_fr": "Un mot de {adviser}",
    }
    signed_in.post("/matrix/types/new/", typed)
    added = TouchpointType.objects.get()
    assert (added.name_fr, added.steps) == ("Mot manuscrit", [{"en": "Write", "fr": "Écrire", "performer": "adviser"}])
    assert (added.agenda, added.subject_fr) == ([{"en": "News", "fr": "Nouvelles"}], "Un mot de {adviser}")
    response = signed_in.post(f"/matrix/types/{added.pk}/", typed | {"subject_en": "A word from {advisor}", "message_en": "Hello"})
    assert response.context["form"].errors == {
        "subject_en": ["Nothing fills in {advisor}. What is filled in: {client}, {adviser}, {firm}, {date}."],
        "message_fr": ["Both languages, or neither."],
    }
    response = signed_in.post(f"/matrix/types/{added.pk}/", typed | {"steps-0-fr": ""})
    assert response.context["steps"].forms[0].errors == {"fr": ["Both languages, or neither."]}
    signed_in.post(f"/matrix/types/{added.pk}/", typed | {"name_en": "Note", "minutes": "5"})
    added.refresh_from_db()
    assert (added.name_en, added.minutes) == ("Note", 5)


def test_shipped_types_are_added_by_one_button(signed_in):
    assert "Add the shipped types" in signed_in.get("/matrix/types/").content.decode()
    signed_in.post("/matrix/types/restore/")
    assert TouchpointType.objects.filter(key="check_in_call").exists()


def test_who_may_only_read_sees_no_way_to_change(client, alice):
    publish_version(version=make_draft(by=alice), revision=1, by=alice)
    adviser = User.objects.create(email="adviser@alpha.test", name="Charlie", role="adviser")
    client.force_login(adviser)
    page = client.get("/matrix/").content.decode()
    assert "12 × Phone · 15 min" in page
    assert "/matrix/draft/" not in page


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_big_matrix_takes_no_more_queries_than_a_small_one(client, alice, language, django_assert_max_num_queries):
    User.objects.filter(pk=alice.pk).update(language=language)
    scheme = make_scheme(segments=6)
    draft = start_draft(scheme=scheme, by=alice)
    while TouchpointType.objects.count() < 25:
        number = TouchpointType.objects.count()
        TouchpointType.objects.create(name_en=f"Type {number}", name_fr=f"Type {number}", channel="phone", performer="adviser", minutes=10)
    Promise.objects.bulk_create(
        Promise(version=draft, segment=segment, touchpoint_type=each, times=2, channel="phone", performer="adviser", minutes=10, window_days=10)
        for segment in scheme.segments.all()
        for each in TouchpointType.objects.all()
    )
    client.force_login(alice)
    client.get("/matrix/types/")
    # Twelve, and the savepoint that stands for the transaction's BEGIN and COMMIT.
    with django_assert_max_num_queries(14):
        response = client.get("/matrix/?version=draft")
    assert sum(1 for row in response.context["grid"].rows for cell in row.cells if cell.promise) == 150


def test_a_promise_may_come_at_intervals_by_a_channel_of_the_firms_own(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    own = save_channel(channel=None, draft=ChannelDraft(name_en="Messenger", name_fr="Messagerie", counts_as="sms", roles=["urgent"]), by=alice)
    typed = FORM | {"times": "", "every": "6", "every_unit": "weeks", "channel": f"own:{own.pk}", "lead_days": "21", "note": "Never on Fridays"}
    page = signed_in.post(address(draft), typed, headers=HTMX).content.decode()
    assert "every 6 weeks · Messenger · 30 min" in page
    promise = Promise.objects.get()
    assert (promise.times, promise.every, promise.channel, promise.own_channel, promise.lead_days) == (8, 6, "sms", own, 21)
    form = signed_in.get(address(draft), headers=HTMX).context["form"]
    assert [form.initial[name] for name in ("times", "every", "channel", "note")] == [None, 6, f"own:{own.pk}", "Never on Fridays"]


def test_neither_times_nor_an_interval_is_refused_beside_the_field(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    response = signed_in.post(address(draft), FORM | {"times": ""}, headers=HTMX)
    assert response.context["form"].errors == {"times": ["How many times a year? Or every how many weeks or months?"]}
    response = signed_in.post(address(draft), FORM | {"times": "1", "anchor": "date", "anchor_month": "2", "anchor_day": "30"}, headers=HTMX)
    assert response.context["form"].errors == {"anchor_day": ["Choose a day that this month has every year."]}
    assert not Promise.objects.exists()


@pytest.mark.parametrize("typed", [{"times": "4"}, {"times": "", "times_at_most": "5"}, {"times": "8", "times_at_most": "9"}])
def test_times_beside_an_interval_are_refused_and_not_dropped(signed_in, alice, typed):
    draft = make_draft(by=alice, preset=None)
    response = signed_in.post(address(draft), FORM | {"every": "6", "every_unit": "weeks"} | typed, headers=HTMX)
    assert response.context["form"].errors == {"times": ["The interval says how many times a year: leave the times empty."]}
    assert not Promise.objects.exists()


def test_answering_is_one_figure_for_the_whole_matrix_and_no_promise(signed_in, alice):
    draft = make_draft(by=alice, preset=None)
    response = signed_in.post(address(draft, key="reactive_service"), FORM, headers=HTMX)
    assert response.context["form"].errors == {"times": ["Answering is the same for every segment: it is set for the whole matrix."]}
    assert signed_in.post("/matrix/draft/answering/", {"revision": "1", "minutes": "90"})["Location"] == "/matrix/?version=draft"
    assert "90 min a client and year, the same for every segment" in signed_in.get("/matrix/").content.decode()
    response = signed_in.post("/matrix/draft/answering/", {"revision": "2", "minutes": "-1"})
    assert response.context["form"].errors == {"minutes": ["From 0 to 6,000 minutes a client and year."]}
    signed_in.post("/matrix/draft/answering/", {"revision": "1", "minutes": "10"})
    draft.refresh_from_db()
    assert (draft.reactive_minutes, draft.revision) == (90, 2)


def test_channels_of_the_firms_own_stand_beside_the_built_in_ones(signed_in):
    signed_in.post("/matrix/channels/new/", {"name_en": "Messenger", "name_fr": "Messagerie", "counts_as": "sms", "roles": ["urgent", "reminders"]})
    added = FirmChannel.objects.get()
    assert (added.counts_as, added.roles, added.is_active) == ("sms", ["urgent", "reminders"], False)
    page = signed_in.get("/matrix/channels/").content.decode()
    assert "Messenger" in page
    assert "Official documents" in page
    response = signed_in.post(f"/matrix/channels/{added.pk}/", {"name_en": "", "name_fr": "M", "counts_as": "pigeon", "roles": ["nothing"]})
    assert sorted(response.context["form"].errors) == ["counts_as", "name_en", "roles"]
