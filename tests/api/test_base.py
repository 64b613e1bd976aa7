"""What every resource shares: who calls, pages, errors, one transaction."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.throttling import SimpleRateThrottle

from advisory_crm.api import router
from clients.models import Client, Interaction
from firms.api import FirmViewSet, PersonThrottle
from firms.models import ApiToken, User
from firms.permissions import Permission
from firms.tokens import revoke_token
from firms.wall import enter_firm, leave_firm
from tests.api.rows import API, Caller, fill_book
from tests.factories import make_client, make_user
from tests.service_matrix.rows import make_draft

LISTS = [
    "clients/",
    "people/",
    "interactions/",
    "schemes/",
    "segments/",
    "assignments/",
    "touchpoint-types/",
    "matrix-versions/",
    "promises/",
    "touchpoints/",
]


def error(response) -> tuple[int, str, str, dict[str, list[str]]]:
    body = response.json()
    assert list(body) == ["error"]
    assert sorted(body["error"]) == ["code", "fields", "message"]
    return response.status_code, body["error"]["code"], body["error"]["message"], body["error"]["fields"]


# Declared permissions


def test_a_resource_that_leaves_an_action_undeclared_does_not_load():
    with pytest.raises(TypeError, match="declares no permission for: retrieve"):

        class Half(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
            model = Client
            permissions = {"list": Permission.VIEW_CLIENTS}


def test_an_extra_action_left_undeclared_does_not_load_either():
    with pytest.raises(TypeError, match="declares no permission for: shred"):

        class Extra(FirmViewSet):
            model = Client

            @action(detail=True, methods=["post"])
            def shred(self, request, pk): ...


def test_a_second_method_at_the_same_address_left_undeclared_does_not_load_either():
    with pytest.raises(TypeError, match="declares no permission for: tear"):

        class Twice(FirmViewSet):
            model = Client
            permissions = {"shred": Permission.VIEW_CLIENTS}

            @action(detail=True, methods=["get"])
            def shred(self, request, pk): ...

            @shred.mapping.put
            def tear(self, request, pk): ...


# Keys


def test_a_key_acts_as_its_person_inside_the_persons_firm(alice):
    mine = make_client(adviser=make_user())
    caller = Caller(alice)
    leave_firm()
    response = caller.get("clients/")
    assert [row["id"] for row in response.json()["results"]] == [mine.pk]


def test_a_key_sees_its_persons_book_alone(alice):
    charlie = make_user()
    own = make_client(adviser=charlie)
    make_client(adviser=make_user())
    assert [row["id"] for row in Caller(charlie).get("clients/").json()["results"]] == [own.pk]


def test_a_read_key_changes_nothing(alice):
    client = make_client(adviser=alice)
    caller = Caller(alice, scope="read")
    assert caller.get(f"clients/{client.pk}/").status_code == 200
    assert error(caller.patch(f"clients/{client.pk}/", {"city": "Gaspé"})) == (403, "read_only_key", "This API key may only read.", {})
    client.refresh_from_db()
    assert client.city == ""


def test_keys_that_ended_are_refused(alice):
    expired, revoked, disabled = Caller(alice), Caller(alice), Caller(make_user())
    ApiToken.objects.filter(pk=expired.token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    revoke_token(token=revoked.token, by=alice)
    User.objects.filter(pk=disabled.token.user_id).update(is_active=False)
    for caller in (expired, revoked, disabled):
        response = caller.get("clients/")
        assert error(response) == (401, "authentication_failed", "This API key is unknown, expired or revoked.", {})
        assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer", "Bearer crm_1_nonsense", "Bearer crm_999999999999999999_" + "a" * 43, "Bearer \x00"])
def test_what_is_no_key_is_refused(alice, header):
    assert error(Browser(headers={"Authorization": header}).get(API + "clients/"))[:2] == (401, "authentication_failed")


def test_without_a_key_or_a_session_nobody_is_let_in(alice):
    assert error(Browser().get(API + "clients/")) == (401, "not_authenticated", "Authentication credentials were not provided.", {})


def test_a_session_works_too_and_writes_only_with_its_csrf_token(alice):
    client = make_client(adviser=alice)
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(alice)
    assert browser.get(API + "clients/").status_code == 200
    refused = browser.patch(f"{API}clients/{client.pk}/", {"city": "Gaspé"}, content_type="application/json")
    assert error(refused)[0] == 403


def test_what_a_key_changed_is_remembered_with_its_person(alice):
    client = make_client(adviser=alice)
    caller = Caller(alice)
    caller.patch(f"clients/{client.pk}/", {"city": "Gaspé"})
    events: Any = client.events  # type: ignore[attr-defined]
    last = events.order_by("-pgh_id").first()
    assert (last.city, last.pgh_context["user"], last.pgh_context["api_key"]) == ("Gaspé", alice.pk, caller.token.pk)


# Pages


@pytest.mark.parametrize("path", LISTS)
def test_a_list_takes_as_many_queries_for_thirty_rows_as_for_one(alice, path):
    make_draft(by=alice)
    caller = Caller(alice)
    fill_book(alice, 1)
    caller.get(path)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert caller.get(path).status_code == 200
        return len(captured)

    before = statements()
    fill_book(alice, 29)
    assert statements() == before
    assert before <= 8


def test_pages_show_each_row_once_whatever_is_added_meanwhile(alice):
    first = [make_client(adviser=alice).pk for _ in range(7)]
    caller = Caller(alice)
    seen, path = [], "clients/?page_size=3"
    while path:
        page = caller.get(path).json()
        seen += [row["id"] for row in page["results"]]
        make_client(adviser=alice)
        path = page["next"] and page["next"].split(API)[1]
    assert seen == first[::-1]


@pytest.mark.parametrize("cursor", ["x", "cD1hYmM=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OQ==", "%00", "é"])
def test_a_cursor_that_never_was_is_refused(alice, cursor):
    assert error(Caller(alice).get("clients/", cursor=cursor))[:2] == (404, "not_found")


def test_filters_that_make_no_sense_are_refused_by_name(alice):
    assert error(Caller(alice).get("touchpoints/", due_from="soon", status="lost")) == (
        400,
        "invalid",
        "Some values are not valid.",
        {"due_from": ["Enter a valid date."], "status": ["Select a valid choice. lost is not one of the available choices."]},
    )


def test_every_list_refuses_a_parameter_that_it_does_not_know(alice):
    caller = Caller(alice)
    lists = [f"{prefix}/" for prefix, resource, _name in router.registry if hasattr(resource, "list")]
    assert set(LISTS) <= set(lists)
    refused = {path: error(caller.get(path, adviserr="3")) for path in lists}
    assert {path: (*answer[:2], *answer[3]) for path, answer in refused.items()} == dict.fromkeys(lists, (400, "invalid", "adviserr"))
    assert {caller.get(path, page_size="1").status_code for path in lists} == {200}
    words = ["There is no such parameter here. Known: client, cursor, email, format, page_size."]
    assert error(caller.get("people/", limit="1", page="2", client="1"))[3] == {"limit": words, "page": words}


def test_what_is_no_list_refuses_one_too_and_does_nothing(alice):
    client, caller = make_client(adviser=alice), Caller(alice)
    assert error(caller.post(f"clients/{client.pk}/archive/?dry_run=1"))[3].keys() == {"dry_run"}
    client.refresh_from_db()
    assert client.archived_at is None
    assert error(caller.get("service-audit/", advisor="3"))[3].keys() == {"advisor"}
    assert caller.get("absences/covering/", on="2026-01-05").status_code == 200
    assert error(caller.get("absences/covering/", user="3"))[3] == {"user": ["There is no such parameter here. Known: format, on."]}


@pytest.mark.parametrize("size", ["0", "-1", "201", "9" * 40, "ten", ""])
def test_a_page_is_asked_for_in_a_size_there_is(alice, size):
    words = "Give a whole number from 1 to 200."
    assert error(Caller(alice).get("clients/", page_size=size)) == (400, "invalid", "Some values are not valid.", {"page_size": [words]})


# Errors


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"name":\n "Roy",}', "The body of this request is not JSON: it cannot be read from line 2, column 8 on."),
        ('{"name": "Éva"}'.encode("latin-1"), "The body of this request is not JSON in UTF-8."),
        (b'{"aum": NaN}', "The body of this request is not JSON in UTF-8."),
    ],
)
def test_a_body_that_is_no_json_is_refused_in_words_of_our_own(alice, body, words):
    answer = Caller(alice).browser.generic("POST", API + "clients/", data=body, content_type="application/json")
    assert error(answer) == (400, "parse_error", words, {})
    french = Caller(alice, **{"Accept-Language": "fr"}).browser.generic("POST", API + "clients/", data=body, content_type="application/json")
    assert error(french)[2].startswith("Le corps de cette requête n’est pas du JSON")


def test_every_refusal_has_one_shape(alice):
    caller = Caller(alice)
    assert error(caller.get("clients/987654321/"))[:2] == (404, "not_found")
    assert error(caller.get("clients/99999999999999999999/"))[:2] == (404, "not_found")
    assert error(caller.get("nowhere/"))[:2] == (404, "not_found")
    assert error(caller.send("DELETE", "clients/"))[:2] == (405, "method_not_allowed")
    assert error(caller.send("POST", "clients/", "not an object"))[:2] == (400, "invalid")
    assert error(caller.browser.generic("POST", API + "clients/", data=b"{", content_type="application/json"))[:2] == (400, "parse_error")
    assert error(caller.browser.generic("POST", API + "clients/", data=b"a=1", content_type="text/plain"))[:2] == (415, "unsupported_media_type")
    assert error(caller.browser.get(API + "clients/", headers={"Accept": "text/html"}))[:2] == (406, "not_acceptable")
    huge = b'{"name": "' + b"x" * 2_100_000 + b'"}'
    assert error(caller.browser.generic("POST", API + "clients/", data=huge, content_type="application/json"))[:2] == (413, "too_large")


class Unreadable:
    """A request's body that must not be touched."""

    def read(self, *_sizes: int) -> bytes:
        raise AssertionError("the request was read")

    readline = read


@pytest.mark.parametrize("who", ["session", "key", "nobody"])
def test_what_announces_itself_far_too_large_is_refused_unread_in_the_same_shape(alice, who):
    browser = Caller(alice).browser if who == "key" else Browser()
    if who == "session":
        browser.force_login(alice)
    environment: dict[str, Any] = {"CONTENT_LENGTH": str(200_000_000), "wsgi.input": Unreadable()}
    answer = browser.generic("POST", API + "clients/", content_type="application/json", **environment)
    assert (error(answer), answer["Content-Type"]) == ((413, "too_large", "This request is too large.", {}), "application/json")


def test_what_is_hostile_is_refused_like_what_is_wrong(alice):
    """Found by fuzzing: each of these once was a failure of ours."""
    client, caller = make_client(adviser=alice), Caller(alice)
    interaction = {"client": client.pk, "channel": "phone", "subject": "News"}
    answers = {
        "end of the calendar": caller.get("clients/", updated_since="9999-12-31T23:59:59-14:00"),
        "moment at its end": caller.post("interactions/", interaction | {"happened_at": "9999-12-31T23:59:59"}),
        "moment at its start": caller.post("interactions/", interaction | {"happened_at": "0001-01-01T00:00:00Z"}),
        "part of a row's number": caller.get("clients/", adviser="1.5"),
        "too large a row's number": caller.get("clients/", adviser="9" * 30),
        "half a surrogate pair": caller.patch(f"clients/{client.pk}/", {"kind": "\ud800"}),
        "depth": caller.browser.generic("POST", API + "clients/", data=b"[" * 100_000, content_type="application/json"),
    }
    assert {name: error(answer)[:2] for name, answer in answers.items()} == dict.fromkeys(answers, (400, "invalid")) | {"depth": (400, "parse_error")}
    assert error(caller.browser.get(API + "nowhere%0Aelse/"))[:2] == (404, "not_found")
    # PostgreSQL takes no such offset; the moment is one all the same.
    assert len(caller.get("clients/", updated_since="2026-01-01T00:00:00+22:19").json()["results"]) == 1


def test_errors_are_in_the_language_asked_for_else_in_the_persons_own(alice):
    User.objects.filter(pk=alice.pk).update(language="fr")
    french = "Certaines valeurs ne sont pas valides."
    assert error(Caller(alice).post("clients/", {}))[2] == french
    assert error(Caller(alice, **{"Accept-Language": "en"}).post("clients/", {}))[2] == "Some values are not valid."
    User.objects.filter(pk=alice.pk).update(language="en")
    assert error(Caller(alice, **{"Accept-Language": "fr-CA"}).post("clients/", {}))[2] == french


def test_our_own_failure_is_said_and_leaves_nothing_written(alice, monkeypatch):
    client = make_client(adviser=alice)
    caller = Caller(alice)
    caller.browser.raise_request_exception = False
    # The row is written; showing it fails.
    monkeypatch.setattr("clients.api.InteractionSerializer.to_representation", lambda *_: 1 / 0)
    response = caller.post("interactions/", {"client": client.pk, "channel": "phone", "subject": "News"})
    assert error(response) == (500, "failure", "Something went wrong on our side. Nothing was changed.", {})
    assert not Interaction.objects.exists()


def test_a_refused_request_leaves_nothing_written(alice):
    charlie = make_user()
    make_client(adviser=charlie, external_reference="R-1")
    caller = Caller(alice)
    response = caller.post("clients/", {"name": "Roy", "adviser": charlie.pk, "external_reference": "R-1", "person": {"last_name": "Roy"}})
    assert error(response) == (400, "invalid", "Some values are not valid.", {"non_field_errors": ["Another client has this reference."]})
    enter_firm(alice.firm_id)
    assert Client.objects.filter(name="Roy").count() == 0


def test_who_calls_too_often_is_told_when_to_come_back(alice, monkeypatch):
    monkeypatch.setattr(PersonThrottle, "rate", "2/min")
    caller = Caller(alice)
    answers = [caller.get("segments/") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert error(answers[2])[1] == "throttled"
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert issubclass(PersonThrottle, SimpleRateThrottle)
