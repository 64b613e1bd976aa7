"""The description of the API: complete, without a warning, and true of the running application."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
import schemathesis
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from playwright.sync_api import expect
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import response_schema_conformance

from clients.models import Client, Interaction, Person
from firms.api import PersonThrottle
from segmentation.models import Assignment, Scheme, Segment
from service_matrix.models import MatrixVersion, Promise, TouchpointType
from tests import factories
from tests.api.rows import API, Caller, fill_book
from tests.browser import Visitor
from tests.service_matrix.rows import make_draft
from touchpoints.models import Touchpoint


def test_the_description_is_made_without_a_warning():
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def describe(caller: Caller) -> dict[str, Any]:
    return json.loads(caller.get("schema/", format="json").content)


def test_it_documents_keys_errors_and_every_operation_by_name(alice):
    schema = describe(Caller(alice))
    assert sorted(schema["components"]["securitySchemes"]) == ["ApiKey", "cookieAuth"]
    operations = [(path, method, operation) for path, methods in schema["paths"].items() for method, operation in methods.items()]
    assert len(operations) >= 35
    unsaid = [
        (path, method)
        for path, method, operation in operations
        if not operation.get("description") or not {"401", "403", "404", "429"} <= operation["responses"].keys()
    ]
    assert unsaid == []


MODELS = {
    "clients": Client,
    "people": Person,
    "interactions": Interaction,
    "schemes": Scheme,
    "segments": Segment,
    "assignments": Assignment,
    "touchpoint-types": TouchpointType,
    "matrix-versions": MatrixVersion,
    "promises": Promise,
    "touchpoints": Touchpoint,
}


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests end without closing the connection: it is inside the test's own transaction."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "not fitting"])
def test_whatever_is_asked_the_answer_is_one_of_those_described_and_never_a_failure(alice, mode, one_connection, monkeypatch):
    """Hypothesis invents requests from the description, for rows that exist and others."""
    monkeypatch.setattr(PersonThrottle, "rate", None)
    fill_book(alice, 2)
    make_draft(by=alice)
    caller = Caller(alice)
    schema = schemathesis.openapi.from_wsgi(f"{API}schema/?format=json", get_wsgi_application(), headers={"Authorization": f"Bearer {caller.key}"})
    asked: set[str] = set()

    def ask(case: Any, real: bool) -> None:
        row = MODELS[case.path.split("/")[3]].objects.first()
        if real and row is not None and "id" in case.path_parameters:
            case.path_parameters["id"] = str(row.pk)
        response = case.call(headers={"Authorization": f"Bearer {caller.key}"})
        assert response.status_code < 500, f"{case.as_curl_command()}\n{response.text}"
        case.validate_response(response, checks=[response_schema_conformance])
        asked.add(case.operation.label)

    bounds = settings(max_examples=8, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    for result in schema.get_all_operations():
        try:
            cases = result.ok().as_strategy(generation_mode=mode)
            bounds(given(case=cases, real=st.booleans())(ask))()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE
    assert len(asked) >= (35 if mode is GenerationMode.POSITIVE else 20)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_to_try_it_renders_under_the_content_security_policy(visitor: Visitor, language):
    with visitor.committed():
        admin = factories.make_user(name="Alice Roy", role="admin", language=language)
        factories.make_client(adviser=admin, name="Élise Roy")
    visit = visitor.sign_in(admin)
    page = visit.open("/api/v1/docs/")
    page.get_by_role("button", name="GET /clients/", exact=False).first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text("Élise Roy")
    visit.screenshot(f"api-docs-{language}", whole=False)
