"""Schemes and their versions through the API: drafts and their rules, who would move, publication, the way back."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from clients.models import Client
from firms.jobs import run_job
from firms.models import Job, PlanningRequest, User
from firms.wall import enter_firm
from segmentation import flows, publishing
from segmentation.drafting import share_draft
from segmentation.models import Assignment, Criterion, Placement, Scheme, SchemeVersion
from segmentation.overriding import override_segment
from segmentation.presets import PRESETS, create_from_preset, preset
from segmentation.publishing import firm_today, publish_version, schedule_version, start_draft
from segmentation.rules import load_rules
from tests.api.rows import Caller, count_statements
from tests.api.test_base import error
from tests.factories import make_client, make_user
from tests.segmentation.rows import make_book, make_draft, make_scheme


@pytest.fixture
def caller(alice: User) -> Caller:
    return Caller(alice)


def statuses(scheme: Scheme) -> dict[int, str]:
    return dict(scheme.versions.order_by("number").values_list("number", "status"))


def in_force() -> list[tuple[str, str]]:
    rows = Assignment.objects.filter(ends_on=None).order_by("client__name")
    return list(rows.values_list("client__name", "segment__name_en"))


def written(draft: SchemeVersion, caller: Caller) -> dict[str, Any]:
    """A draft's rules as they are sent back."""
    return {**caller.get(f"scheme-versions/{draft.pk}/rules/").json(), "revision": draft.revision}


# Schemes


def test_a_scheme_begins_from_a_practice_or_from_nothing(caller):
    made = caller.post("schemes/", {"preset": "aaa_aa_a"})
    assert (made.status_code, made.json()["preset"], made.json()["published_version"]) == (201, "aaa_aa_a", None)
    draft = caller.get(f"scheme-versions/{made.json()['draft']}/").json()
    assert (draft["scheme"], draft["number"], draft["status"]) == (made.json()["id"], 1, "draft")
    own = caller.post("schemes/", {"name_en": "Own", "name_fr": "À nous", "levels": 4}).json()
    assert [row["name_en"] for row in caller.get("segments/", scheme=own["id"]).json()["results"]] == ["D", "C", "B", "A"]
    refused = {"preset": "horoscope", "name_en": " ", "levels": 9}
    assert error(caller.post("schemes/", refused))[3].keys() == {"preset", "name_en", "levels"}
    assert error(caller.post("schemes/", {"name_en": "Own"}))[3] == {"name_fr": ["This field is required."]}
    assert Scheme.objects.count() == 2


def test_a_scheme_is_cloned_followed_and_made_the_service_scheme_once_published(caller, alice):
    scheme = make_draft().scheme
    address = f"schemes/{scheme.pk}/"
    clone = caller.post(address + "clone/").json()
    assert (clone["name_en"], clone["is_service"], clone["draft"] is not None) == ("Levels (copy)", False, True)
    assert caller.patch(address, {"moves_by_itself": True, "is_service": True}).json()["moves_by_itself"] is True
    assert error(caller.post(address + "make-service/"))[:3] == (409, "rules_refused", "Publish the scheme first.")
    assert not Scheme.objects.filter(is_service=True).exists()
    publish_version(version=make_draft(make_scheme(name="First")), by=alice)
    publish_version(version=scheme.versions.get(), by=alice)
    assert caller.post(address + "make-service/").json()["is_service"] is True
    assert Scheme.objects.get(is_service=True) == scheme


def test_a_scheme_has_one_draft_which_begins_like_what_was_decided_last(caller, alice):
    published = publish_version(version=make_draft(), by=alice).version
    address = f"schemes/{published.scheme_id}/draft/"
    draft = caller.post(address).json()
    assert (draft["number"], draft["status"], draft["revision"], caller.post(address).json()) == (2, "draft", 1, draft)
    assert caller.get(f"schemes/{published.scheme_id}/").json()["draft"] == draft["id"]
    assert written(SchemeVersion.objects.get(pk=draft["id"]), caller)["criteria"] == written(published, caller)["criteria"]


def test_a_draft_is_for_who_may_edit_it_and_for_colleagues_while_it_is_shared(caller, alice):
    draft, charlie = make_draft(), Caller(make_user())
    address = f"scheme-versions/{draft.pk}/"
    seen = [charlie.get(address + action).status_code for action in ("", "rules/", "problems/", "what-if/", "movers/")]
    assert (seen, charlie.get("scheme-versions/").json()["results"]) == ([404] * 5, [])
    assert charlie.get(f"schemes/{draft.scheme_id}/").json()["draft"] is None
    assert caller.post(address + "share/", {"shared": True}).json()["is_shared"] is True
    assert [charlie.get(address + action).status_code for action in ("", "rules/", "problems/", "what-if/", "movers/")] == [200] * 5
    assert charlie.get(f"schemes/{draft.scheme_id}/").json()["draft"] == draft.pk
    assert error(charlie.post(address + "publish/", {"revision": 1}))[:2] == (403, "permission_denied")
    caller.post(address + "share/", {"shared": False})
    assert charlie.get(address).status_code == 404


def test_a_draft_is_discarded_and_a_scheme_never_published_with_it(caller, alice):
    published = publish_version(version=make_draft(), by=alice).version
    draft, alone = start_draft(scheme=published.scheme), make_draft(make_scheme(name="Alone"))
    assert error(caller.send("DELETE", f"scheme-versions/{published.pk}/"))[:2] == (409, "already_published")
    assert [caller.send("DELETE", f"scheme-versions/{each.pk}/").status_code for each in (draft, alone)] == [204, 204]
    assert list(SchemeVersion.objects.all()) == [published]
    assert list(Scheme.objects.all()) == [published.scheme]


# Rules


@pytest.mark.parametrize("practice", [each.key for each in PRESETS])
def test_the_rules_of_every_practice_are_read_and_written_back_the_same(caller, practice):
    draft = create_from_preset(preset(practice))
    before, sent = load_rules(draft), written(draft, caller)
    answer = caller.send("PUT", f"scheme-versions/{draft.pk}/rules/", sent)
    assert (answer.status_code, answer.json()["revision"]) == (200, 2)
    draft = SchemeVersion.objects.get(pk=draft.pk)
    assert written(draft, caller) | {"revision": 1} == sent
    after = load_rules(draft)
    assert (after.cuts, after.plane, after.method, after.fallback) == (before.cuts, before.plane, before.method, before.fallback)
    assert [each for each in caller.get(f"scheme-versions/{draft.pk}/problems/").json() if not each["is_warning"]] == []


def test_rules_are_written_as_they_were_read_and_into_drafts_alone(caller, alice):
    draft = make_draft()
    address, sent = f"scheme-versions/{draft.pk}/rules/", written(draft, caller)
    sent["criteria"][0]["weight"] = "60.00"
    sent["cuts"][0]["least_score"] = "80.0000"
    assert caller.send("PUT", address, sent).json()["revision"] == 2
    rules = load_rules(SchemeVersion.objects.get(pk=draft.pk))
    assert [rules.criteria[0].weight, rules.cuts[0].least_score] == [Decimal(60), Decimal(80)]
    assert error(caller.send("PUT", address, sent))[:2] == (409, "stale_draft")
    # What is not right yet is kept, and said.
    problems = caller.get(f"scheme-versions/{draft.pk}/problems/").json()
    assert [(each["at"], each["message"], each["is_warning"]) for each in problems] == [
        ("criteria-0-weight", "The weights add up to 60%. They must add up to 100%.", False),
        ("criteria", "Three to five criteria work best: fewer say little, more blur the picture.", True),
    ]
    published = publish_version(version=make_draft(make_scheme(name="Published")), by=alice).version
    refused = caller.send("PUT", f"scheme-versions/{published.pk}/rules/", written(published, caller))
    assert error(refused)[:2] == (409, "stale_draft")


def test_rules_that_cannot_even_be_kept_are_refused_each_at_its_place(caller):
    draft, other = make_draft(), make_scheme(name="Other")
    address, sent = f"scheme-versions/{draft.pk}/rules/", written(draft, caller)
    criterion = sent["criteria"][0]
    elsewhere = other.segments.get(rank=1).pk
    wrong: dict[str, dict[str, Any]] = {
        "revision": {name: value for name, value in sent.items() if name != "revision"},
        "method": sent | {"method": "horoscope"},
        "margin": sent | {"margin": "51"},
        "cuts": sent | {"cuts": sent["cuts"][:2]},
        "cuts.0.least_score": sent | {"cuts": [sent["cuts"][0] | {"least_score": "NaN"}, *sent["cuts"][1:]]},
        "cuts.0.conditions.0-attribute": sent
        | {
            "cuts": [
                sent["cuts"][0] | {"conditions": {"match": "all", "items": [{"attribute": "horoscope", "test": "known", "values": []}]}},
                *sent["cuts"][1:],
            ]
        },
        "fallback": sent | {"fallback": elsewhere},
        "plane": sent | {"method": "plane"},
        "plane.cells": sent | {"method": "plane", "plane": {"x_cuts": ["50"], "y_cuts": [], "cells": [[elsewhere, elsewhere]]}},
        "criteria.1.attribute": sent | {"criteria": [criterion, criterion]},
        "criteria.0.attribute": sent | {"criteria": [criterion | {"attribute": "name"}]},
        "criteria.0.axis": sent | {"criteria": [criterion | {"axis": 2}]},
        "criteria.0.weight": sent | {"criteria": [criterion | {"weight": "101"}]},
        "criteria.0.bands.0.points": sent | {"criteria": [criterion | {"bands": [{"points": "101"}]}]},
    }
    answers = {at: caller.send("PUT", address, body) for at, body in wrong.items()}
    assert {at: (error(answer)[0], list(error(answer)[3])) for at, answer in answers.items()} == {at: (400, [at]) for at in wrong}
    too_many = [criterion | {"attribute": key} for key in ("potential", "aum", "annual_revenue")] * 6
    assert "criteria" in error(caller.send("PUT", address, sent | {"criteria": too_many}))[3]
    draft.refresh_from_db()
    assert (draft.revision, written(draft, caller), Criterion.objects.filter(version=draft).count()) == (1, sent, 1)


# What if


def test_the_what_if_says_who_would_move_and_touches_nothing(caller, alice):
    make_book(alice, [9, 5, 1])
    published = publish_version(version=make_draft(), by=alice).version
    segments = {segment.rank: segment.pk for segment in published.scheme.segments.all()}
    client = Client.objects.get(name="Client 2")
    override_segment(
        client=client,
        segment=published.scheme.segments.get(rank=1),
        reason="As agreed",
        expires_on=firm_today(alice.firm_id) + timedelta(days=90),
        by=alice,
    )
    Client.objects.filter(name="Client 1").update(potential=8)
    make_book(alice, [None])
    PlanningRequest.objects.all().delete()
    draft, before = start_draft(scheme=published.scheme), (in_force(), Placement.objects.count())
    found = caller.get(f"scheme-versions/{draft.pk}/what-if/").json()
    figures = {name: found[name] for name in ("moved", "arrived", "overridden", "overridden_elsewhere", "uncaught")}
    assert figures == {"moved": 1, "arrived": 1, "overridden": 1, "overridden_elsewhere": 1, "uncaught": 0}
    assert found["clients"] == {"before": 3, "after": 4}
    assert [(row["segment_name"], row["clients"]) for row in found["segments"]] == [
        ("Top", {"before": 2, "after": 3}),
        ("Middle", {"before": 1, "after": 0}),
        ("Rest", {"before": 0, "after": 1}),
    ]
    streams = {(row["before"], row["after"]): row["clients"] for row in found["streams"]}
    assert streams == {(None, segments[3]): 1, (segments[1], segments[1]): 2, (segments[2], segments[1]): 1}
    assert "Nobody would be in Middle." in found["foreseen"]
    assert [each["at"] for each in found["warnings"]] == ["criteria"]

    def movers(**query: object) -> list[tuple[str, int | None, int]]:
        page = caller.get(f"scheme-versions/{draft.pk}/movers/", **query).json()
        assert (page["visible"], page["hidden"]) == (len(page["results"]), 0)
        return [(row["client_name"], row["before"], row["computed"]) for row in page["results"]]

    assert movers() == [("Client 1", segments[2], segments[1])]
    assert movers(only="overridden") == [("Client 2", segments[1], segments[3])]
    assert movers(to=segments[3]) == [("Client 0", None, segments[3])]
    assert movers(**{"from": segments[2], "to": segments[1]}) == movers()
    assert movers(only="uncaught") == []
    assert ((in_force(), Placement.objects.count()), PlanningRequest.objects.exists()) == (before, False)


def test_movers_are_listed_page_by_page_as_far_as_the_reader_sees_them(alice, monkeypatch):
    monkeypatch.setattr(flows, "PAGE_SIZE", 4)
    charlie = make_user()
    for number in range(9):
        make_client(adviser=charlie, name=f"Client {number}", potential=5, people=False)
    make_client(adviser=alice, name="Not Charlie's", potential=5, people=False)
    published = publish_version(version=make_draft(), by=alice).version
    Client.objects.update(potential=9)
    draft = start_draft(scheme=published.scheme)
    share_draft(version=draft, shared=True, by=alice)
    caller, seen, path = Caller(charlie), [], f"scheme-versions/{draft.pk}/movers/"
    pages = []
    while path:
        page = caller.get(path).json()
        pages.append(page)
        seen += [row["client_name"] for row in page["results"]]
        path = page["next"] and page["next"].split("/api/v1/")[1]
    assert seen == [f"Client {number}" for number in range(9)]
    assert [(page["visible"], page["hidden"], page["previous"] is None) for page in pages] == [(9, 1, True), (9, 1, False), (9, 1, False)]
    back = caller.get(pages[2]["previous"].split("/api/v1/")[1]).json()
    assert back["results"] == pages[1]["results"]


def test_what_makes_no_sense_is_refused_by_name(caller, alice):
    published = publish_version(version=make_draft(), by=alice).version
    draft = start_draft(scheme=published.scheme)
    address = f"scheme-versions/{draft.pk}/movers/"
    assert error(caller.get(address, only="lucky"))[3].keys() == {"only"}
    for query in ({"to": "x"}, {"to": 987654321}, {"from": published.scheme.segments.get(rank=1).pk}):
        assert error(caller.get(address, **query))[3] == {"to": ["There is no such flow between segments of this scheme."]}
    assert error(caller.get(address, after="nonsense"))[:2] == (404, "not_found")
    for action in ("what-if/", "movers/"):
        gone = error(caller.get(f"scheme-versions/{published.pk}/{action}"))
        assert gone[:3] == (404, "not_found", "There is no draft: it was published or discarded.")
    Criterion.objects.filter(version=draft).update(definition_en="", weight=50)
    at = {"criteria-0-weight", "criteria-0-definition_en"}
    for answer in (caller.get(address), caller.get(f"scheme-versions/{draft.pk}/what-if/")):
        assert (error(answer)[0], set(error(answer)[3])) == (400, at)


# Publication


def test_publishing_places_everybody_keeps_what_was_shown_and_has_the_year_planned(caller, alice):
    make_book(alice, [9, 5, 1])
    draft = make_draft()
    shown = caller.get(f"scheme-versions/{draft.pk}/what-if/").json()["shown"]
    answer = caller.post(f"scheme-versions/{draft.pk}/publish/", {"revision": 1, "note": "Our first", "shown": shown})
    body = answer.json()
    assert (answer.status_code, answer["Location"]) == (202, "http://testserver/api/v1/planning/")
    assert (body["version"]["status"], body["version"]["published_by_name"], body["version"]["note"]) == ("published", "Alice Roy", "Our first")
    segments = {segment.rank: segment.pk for segment in draft.scheme.segments.all()}
    assert body["counts"] == [{"segment": segments[rank], "clients": 1} for rank in (1, 2, 3)]
    assert in_force() == [("Client 0", "Top"), ("Client 1", "Middle"), ("Client 2", "Rest")]
    draft.refresh_from_db()
    assert (draft.simulation or {})["arrived"] == 3
    assert caller.get("planning/").json()["is_up_to_date"] is False


def test_what_was_shown_of_another_draft_is_not_kept_with_the_decision(caller, alice):
    draft, other = make_draft(), make_draft(make_scheme(name="Other"))
    shown = caller.get(f"scheme-versions/{other.pk}/what-if/").json()["shown"]
    assert caller.post(f"scheme-versions/{draft.pk}/publish/", {"revision": 1, "shown": shown}).status_code == 202
    draft.refresh_from_db()
    assert draft.simulation is None


def test_a_draft_that_is_stale_wrong_or_decided_is_not_published(caller, alice):
    make_book(alice, [9])
    draft = make_draft()
    address = f"scheme-versions/{draft.pk}/publish/"
    assert error(caller.post(address, {}))[3].keys() == {"revision"}
    assert error(caller.post(address, {"revision": 7}))[:2] == (409, "stale_draft")
    Criterion.objects.filter(version=draft).update(weight=60)
    wrong = {"criteria-0-weight": ["The weights add up to 60%. They must add up to 100%."]}
    for body in ({"revision": 1}, {"revision": 1, "effective_on": str(firm_today(alice.firm_id) + timedelta(days=3))}):
        assert error(caller.post(address, body)) == (400, "invalid", "Some values are not valid.", wrong)
    Criterion.objects.filter(version=draft).update(weight=100)
    far = firm_today(alice.firm_id) + timedelta(days=367)
    for day in (firm_today(alice.firm_id), firm_today(alice.firm_id) - timedelta(days=1), far):
        refused = error(caller.post(address, {"revision": 1, "effective_on": str(day)}))
        assert refused[::3] == (400, {"effective_on": ["Choose a day after today, within a year."]})
    assert (statuses(draft.scheme), in_force(), PlanningRequest.objects.exists()) == ({1: "draft"}, [], False)
    assert caller.post(address, {"revision": 1}).status_code == 202
    assert error(caller.post(address, {"revision": 1}))[:2] == (409, "already_published")


def test_a_version_is_scheduled_and_taken_back(caller, alice):
    draft, day = make_draft(), firm_today(alice.firm_id) + timedelta(days=30)
    address = f"scheme-versions/{draft.pk}/"
    answer = caller.post(address + "publish/", {"revision": 1, "effective_on": str(day)})
    assert (answer.status_code, answer.json()["counts"], answer.json()["look_at"]) == (200, None, None)
    assert (answer.json()["version"]["status"], answer.json()["version"]["effective_on"]) == ("scheduled", str(day))
    assert caller.get(address + "what-if/").status_code == 200
    back = caller.post(address + "cancel/").json()
    assert (back["status"], back["effective_on"]) == ("draft", None)
    assert error(caller.post(address + "cancel/"))[:2] == (409, "already_published")
    assert statuses(draft.scheme) == {1: "draft"}


def test_a_former_version_becomes_a_draft_again_unless_one_is_under_way(caller, alice):
    former = publish_version(version=make_draft(), by=alice).version
    second = start_draft(scheme=former.scheme)
    address = f"scheme-versions/{former.pk}/restore/"
    assert error(caller.post(address))[:3] == (409, "draft_under_way", "A draft is already in progress: publish or discard it first.")
    publish_version(version=second, by=alice)
    made = caller.post(address)
    assert (made.status_code, made.json()["number"], made.json()["status"]) == (201, 3, "draft")
    assert statuses(former.scheme) == {1: "retired", 2: "published", 3: "draft"}


def test_a_large_book_is_published_by_a_job_and_the_answer_says_where_to_look(caller, alice, monkeypatch):
    monkeypatch.setattr(publishing, "LARGEST_INLINE", 1)
    make_book(alice, [5, 9])
    draft = make_draft()
    answer = caller.post(f"scheme-versions/{draft.pk}/publish/", {"revision": 1})
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (202, f"http://testserver/api/v1/scheme-publications/{job.pk}/")
    assert (answer.json()["version"]["status"], answer.json()["counts"], answer.json()["look_at"]) == ("draft", None, answer["Location"])
    path = f"scheme-publications/{job.pk}/"
    waiting = caller.get(path).json()
    assert (waiting["version"], waiting["scheme"], waiting["status"], waiting["stage"]) == (draft.pk, draft.scheme_id, "queued", 0)
    # Who asks again is sent to the same job.
    assert caller.post(f"scheme-versions/{draft.pk}/publish/", {"revision": 1})["Location"] == answer["Location"]
    run_job(firm_id=alice.firm_id, job_id=job.pk)
    enter_firm(alice.firm_id)
    done = caller.get(path).json()
    assert (done["status"], done["stage"], done["stages"], done["error"]) == ("done", 4, 4, "")
    assert caller.get(f"scheme-versions/{draft.pk}/").json()["status"] == "published"
    other = Job.objects.create(kind="import", parameters={}, created_by=alice)
    assert caller.get(f"scheme-publications/{other.pk}/").status_code == 404


def test_versions_are_filtered_and_the_list_costs_the_same_for_one_row_and_thirty(caller, alice):
    published = publish_version(version=make_draft(), by=alice).version
    first = count_statements(caller, "scheme-versions/")
    for number in range(29):
        publish_version(version=make_draft(make_scheme(name=f"Scheme {number}")), by=alice)
    assert count_statements(caller, "scheme-versions/") == first <= 8
    draft = start_draft(scheme=published.scheme)
    later = firm_today(alice.firm_id) + timedelta(days=9)
    schedule_version(version=draft, by=alice, revision=1, on=later)

    def found(**query: object) -> list[int]:
        return [row["id"] for row in caller.get("scheme-versions/", **query).json()["results"]]

    assert found(scheme=published.scheme_id) == [draft.pk, published.pk]
    assert found(status="scheduled") == [draft.pk]
    assert (found(status="draft"), len(found())) == ([], 31)
