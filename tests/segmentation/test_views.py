"""What the pages say and refuse; nothing typed is lost, nobody overwrites anybody."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from clients.models import Client
from firms.models import Job
from segmentation import publishing, tending
from segmentation.forms import flat_state
from segmentation.models import Assignment, Criterion, Scheme, SchemeVersion
from segmentation.overriding import override_segment
from segmentation.presets import create_from_preset, preset
from segmentation.publishing import firm_today, publish_version, start_draft
from segmentation.rules import load_rules
from tests import factories
from tests.segmentation.rows import editor_fields, make_book, make_draft, make_scheme, potential


@pytest.fixture
def browser(client, alice):
    client.force_login(alice)
    return client


def errors(response):
    """{field: messages} of everything marked in the editor's fields."""
    editor = response.context["editor"]
    return {form.add_prefix(name): list(messages) for form in editor._forms() for name, messages in form.errors.items()}


def test_the_same_number_of_statements_for_one_scheme_and_for_many(browser, alice, django_assert_num_queries, django_assert_max_num_queries):
    make_draft()
    url = reverse("scheme_list")
    browser.get(url)
    with django_assert_max_num_queries(12) as few:
        browser.get(url)
    for number in range(30):
        make_draft(make_scheme(name=f"Scheme {number}"))
    with django_assert_num_queries(len(few.captured_queries)):
        assert browser.get(url).content.count(b"Scheme ") >= 30


@pytest.mark.parametrize("page", ["scheme_detail", "scheme_edit", "scheme_publish"])
def test_a_scheme_page_asks_at_most_twelve_statements(browser, alice, page, django_assert_max_num_queries):
    make_book(alice, [number % 11 for number in range(30)])
    scheme = publish_version(version=create_from_preset(preset("vip")), by=alice).version.scheme
    start_draft(scheme=scheme)
    browser.get(reverse("scheme_list"))
    # Two of them open and close the request's savepoint here.
    with django_assert_max_num_queries(14):
        assert browser.get(reverse(page, args=[scheme.pk])).status_code == 200


def test_a_practice_becomes_a_draft(browser):
    response = browser.post(reverse("scheme_create"), {"preset": "aaa_aa_a"})
    scheme = Scheme.objects.get()
    assert (response["Location"], scheme.preset) == (reverse("scheme_edit", args=[scheme.pk]), "aaa_aa_a")
    assert errors(browser.get(response["Location"])) == {}


def test_saving_keeps_what_was_typed(browser, alice):
    draft = make_draft()
    browser.post(
        reverse("scheme_edit", args=[draft.scheme_id]), editor_fields(draft, **{"criteria-0-bands-3-points": "31.5", "cuts-0-least_score": "80"})
    )
    rules = load_rules(SchemeVersion.objects.get(pk=draft.pk))
    assert (str(rules.criteria[0].bands[3].points), str(rules.cuts[0].least_score)) == ("31.5000", "80.0000")


def test_figures_are_read_as_the_reader_writes_them(browser, alice):
    draft = create_from_preset(preset("premium"))
    alice.language = "fr"
    alice.save()
    page = browser.get(reverse("scheme_edit", args=[draft.scheme_id]))
    assert "500\u00a0000,01" in page.content.decode().replace("\u202f", "\u00a0")
    typed = {"criteria-0-bands-1-upper": "450 000,5", "criteria-0-bands-2-lower": "450\u202f000,50 €"}
    with translation.override("fr-ca"):
        form = editor_fields(draft, **typed)
    browser.post(reverse("scheme_edit", args=[draft.scheme_id]), form)
    bands = load_rules(draft).criteria[0].bands
    assert [(str(band.lower), str(band.upper)) for band in bands] == [
        ("None", "100000.0000"),
        ("100000.0000", "450000.5000"),
        ("450000.5000", "None"),
    ]


def test_an_unreadable_figure_is_refused_beside_its_field_and_comes_back_as_typed(browser, alice):
    draft = make_draft()
    response = browser.post(reverse("scheme_edit", args=[draft.scheme_id]), editor_fields(draft, **{"criteria-0-weight": "a lot", "do": "publish"}))
    assert list(errors(response)) == ["criteria-0-weight"]
    assert 'value="a lot"' in response.content.decode()
    assert SchemeVersion.objects.get(pk=draft.pk).revision == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"criteria-0-weight": "90"}, "criteria-0-weight"),
        ({"criteria-0-definition_fr": " "}, "criteria-0-definition_fr"),
        ({"criteria-0-bands-4-lower": "3.5"}, "criteria-0-bands-4-lower"),
        ({"criteria-0-bands-4-lower": "4.5"}, "criteria-0-bands-4-lower"),
        ({"cuts-1-least_score": "70"}, "cuts-1-least_score"),
        ({"method": "quotas", "cuts-0-quota": "10", "cuts-1-quota": "20", "cuts-2-quota": "60"}, "cuts-2-quota"),
    ],
)
def test_what_stands_against_publishing_is_saved_marked_and_not_published(browser, alice, typed, field):
    draft = make_draft()
    response = browser.post(reverse("scheme_edit", args=[draft.scheme_id]), editor_fields(draft, do="publish", **typed), follow=True)
    assert list(errors(response)) == [field]
    assert SchemeVersion.objects.get(pk=draft.pk).status == "draft"
    assert browser.post(reverse("scheme_publish", args=[draft.scheme_id]), {"version": draft.pk, "revision": 2})["Location"].endswith("/draft/")
    assert Assignment.objects.count() == 0


def test_the_second_editor_is_told_and_keeps_the_input(browser, alice):
    draft = make_draft()
    url = reverse("scheme_edit", args=[draft.scheme_id])
    browser.post(url, editor_fields(draft, **{"criteria-0-definition_en": "First"}))
    response = browser.post(url, editor_fields(draft, **{"criteria-0-definition_en": "Second"}))
    assert response.context["conflict"] is True
    assert (Criterion.objects.get(version=draft).definition_en, ">\nSecond</textarea>" in response.content.decode()) == ("First", True)
    browser.post(url, editor_fields(draft, **{"criteria-0-definition_en": "Second", "revision": "2"}))
    assert Criterion.objects.get(version=draft).definition_en == "Second"


def test_adding_and_removing_changes_the_form_alone(browser, alice):
    draft = make_draft()
    url = reverse("scheme_edit", args=[draft.scheme_id])
    kept = {"criteria-0-definition_en": "Half a sente"}
    added = browser.post(url, editor_fields(draft, do="add-criterion", **kept)).context["editor"].state
    assert (len(added.criteria), added.criteria[0].fields["definition_en"]) == (2, "Half a sente")
    chosen = {**flat_state(added), "criteria-1-attribute": "risk_attitude", "do": "attribute:1"}
    fitted = browser.post(url, chosen).context["editor"].state
    assert [band["choice"] for band in fitted.criteria[1].bands] == ["low", "moderate", "high"]
    assert len(browser.post(url, {**flat_state(fitted), "do": "remove-band:1:0"}).context["editor"].state.criteria[1].bands) == 2
    assert len(browser.post(url, {**flat_state(fitted), "do": "remove-criterion:0"}).context["editor"].state.criteria) == 1
    assert (Criterion.objects.count(), SchemeVersion.objects.get(pk=draft.pk).revision) == (1, 1)


def test_the_preview_counts_what_is_typed_and_writes_nothing(browser, alice):
    make_book(alice, [9, 5, 5, 1])
    draft = make_draft()
    publish_version(version=draft, by=alice)
    second = start_draft(scheme=draft.scheme)
    response = browser.post(reverse("scheme_preview", args=[draft.scheme_id]), editor_fields(second, **{"cuts-1-least_score": "60"}))
    preview = response.context["preview"]
    assert [(segment.name_en, before, after) for segment, before, after in preview.rows] == [("Top", 1, 1), ("Middle", 2, 0), ("Rest", 1, 3)]
    assert (preview.moved, preview.arrived, Assignment.objects.count()) == (2, 0, 4)


def test_publishing_tells_the_second_person_the_result(browser, alice):
    make_book(alice, [9])
    draft = make_draft()
    confirmed = {"version": draft.pk, "revision": draft.revision}
    url = reverse("scheme_publish", args=[draft.scheme_id])
    assert "1 clients have a segment" in browser.post(url, confirmed, follow=True).content.decode()
    assert "Alice Roy has just published this version" in browser.post(url, confirmed, follow=True).content.decode()


def test_a_large_book_shows_its_job_until_it_is_done(browser, alice, monkeypatch):
    monkeypatch.setattr(publishing, "LARGEST_INLINE", 0)
    make_book(alice, [9])
    draft = make_draft()
    response = browser.post(reverse("scheme_publish", args=[draft.scheme_id]), {"version": draft.pk, "revision": 1})
    job = Job.objects.get()
    assert response["Location"] == reverse("scheme_publication", args=[draft.scheme_id, job.pk])
    assert b"<progress" in browser.get(response["Location"]).content
    Job.objects.filter(pk=job.pk).update(status="done", counts={"1": 1})
    assert browser.get(response["Location"], headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert browser.get(response["Location"])["Location"] == reverse("scheme_detail", args=[draft.scheme_id])


def test_discarding_the_only_draft_discards_the_scheme(browser, alice):
    draft = make_draft()
    browser.post(reverse("scheme_discard", args=[draft.scheme_id]))
    assert Scheme.objects.count() == 0


def test_the_client_page_says_why(browser, alice):
    make_book(alice, [2, 10])
    (client,) = make_book(alice, [5])
    publish_version(version=make_draft(), by=alice)
    page = browser.get(reverse("client_segment", args=[client.pk])).content.decode()
    assert ("Why Middle?" in page, "50 points out of 100" in page, "20 points below Top" in page, "10 points above Rest" in page) == (True,) * 4


def test_with_quotas_the_distance_is_to_the_last_of_the_segment_above(browser, alice):
    make_book(alice, [2, 10])
    (client,) = make_book(alice, [5])
    publish_version(version=make_draft(method="quotas", quotas=(34, 33, 33)), by=alice)
    page = browser.get(reverse("client_segment", args=[client.pk])).content.decode()
    assert ("50 points below Top" in page) or ("Why Top?" in page)


def test_missing_data_is_shown_as_missing(browser, alice):
    (client,) = make_book(alice, [None])
    publish_version(version=make_draft(), by=alice)
    page = browser.get(reverse("client_segment", args=[client.pk])).content.decode()
    assert ("not known" in page, "What is not known counts as zero." in page) == (True, True)


def test_drift_is_said_and_nothing_moves(browser, alice):
    (client,) = make_book(alice, [5])
    publish_version(version=make_draft(), by=alice)
    Client.objects.filter(pk=client.pk).update(potential=9)
    tending.tend_schemes(firm_id=alice.firm_id, today=firm_today(alice.firm_id) + timedelta(days=1))
    page = browser.get(reverse("client_segment", args=[client.pk])).content.decode()
    assert ("Why Middle?" in page, "The rules now say Top" in page) == (True, True)


def test_an_override_by_the_page(browser, alice):
    (client,) = make_book(alice, [5])
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    until = firm_today(alice.firm_id) + timedelta(days=30)
    top, url = scheme.segments.get(rank=1), reverse("segment_override", args=[client.pk, scheme.pk])
    refused = browser.post(url, {"segment": top.pk, "reason": "", "expires_on": firm_today(alice.firm_id).isoformat()})
    assert list(refused.context["form"].errors) == ["reason"]
    refused = browser.post(url, {"segment": top.pk, "reason": "Why not", "expires_on": firm_today(alice.firm_id).isoformat()})
    assert list(refused.context["form"].errors) == ["expires_on"]
    browser.post(url, {"segment": top.pk, "reason": "Daughter of a VIP", "expires_on": until.isoformat()})
    page = browser.get(reverse("client_segment", args=[client.pk])).content.decode()
    assert ("Why Top?" in page, "Daughter of a VIP" in page, "The rules would place this client in Middle." in page) == (True,) * 3
    assert "Daughter of a VIP" in browser.get(reverse("scheme_detail", args=[scheme.pk])).content.decode()
    browser.post(reverse("segment_override_end", args=[client.pk, scheme.pk]))
    assert Assignment.objects.get(client=client, ends_on=None).source == "computed"


def test_overrides_of_a_colleagues_book_stay_unseen(client, alice):
    adviser, colleague = factories.make_user(name="Anna"), factories.make_user(name="Zoé")
    (theirs,) = make_book(colleague, [5])
    scheme = publish_version(version=make_draft(), by=alice).version.scheme
    until = firm_today(alice.firm_id) + timedelta(days=30)
    override_segment(client=theirs, segment=scheme.segments.get(rank=1), reason="Secret reason", expires_on=until, by=alice)
    client.force_login(adviser)
    assert "Secret reason" not in client.get(reverse("scheme_detail", args=[scheme.pk])).content.decode()


def test_the_list_shows_and_filters_by_segment(browser, alice):
    high, low = make_book(alice, [9, 5])
    scheme = publish_version(version=make_draft(criteria=(potential(),)), by=alice).version.scheme
    page = browser.get(reverse("client_list"), {"segment": scheme.segments.get(rank=1).pk}).content.decode()
    assert (high.name in page, low.name in page) == (True, False)


@pytest.mark.parametrize("weight", ["NaN", "sNaN", "Infinity", "a quarter"])
def test_a_weight_that_is_no_number_is_refused_beside_its_field(browser, alice, weight):
    draft = create_from_preset(preset("vip"))
    answer = browser.post(reverse("scheme_edit", args=[draft.scheme_id]), editor_fields(draft, **{"criteria-0-weight": weight}))
    assert list(errors(answer)) == ["criteria-0-weight"]
    assert answer.context["editor"].axes[0].total == 60
