"""The description of the API: complete, without a warning, and true of the running application."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from clients.models import Amount, AttributeDefinition, Client, FollowUp, Interaction, LifeEvent, Person, Referral, SavedFilter, Transfer
from firms.api import PersonThrottle
from firms.models import Absence, Job, User
from segmentation.models import Assignment, Scheme, SchemeVersion, Segment
from service_matrix.models import FirmChannel, MatrixVersion, ProfileRule, Promise, PromiseException, StrategyTemplate, TouchpointType
from tests.access import undone
from tests.api.access import make_explained, make_relative
from tests.api.access_versions import make_former, make_scheduled, make_shared
from tests.api.rows import API, Caller, fill_book
from tests.clients.access_filters import RICH
from tests.clients.access_logging import make_follow_up, make_life_event, make_transfer
from tests.clients.access_records import make_amount, make_definition, make_referral
from tests.factories import make_client
from tests.firms.access import make_absence
from tests.segmentation.access import make_publication
from tests.service_matrix.access import make_channel, make_excepted, make_template
from tests.service_matrix.rows import make_draft, make_rule
from touchpoints.models import Touchpoint

MODELS: dict[str, Any] = {
    "absences": Absence,
    "amounts": Amount,
    "assignments": Assignment,
    "attributes": AttributeDefinition,
    "channels": FirmChannel,
    "clients": Client,
    "follow-ups": FollowUp,
    "interactions": Interaction,
    "matrix-versions": MatrixVersion,
    "people": Person,
    "client-promises": Client,
    "profile-rules": ProfileRule,
    "life-events": LifeEvent,
    "promise-exceptions": PromiseException,
    "promises": Promise,
    "referrals": Referral,
    "saved-filters": SavedFilter,
    "scheme-publications": Job,
    "scheme-versions": SchemeVersion,
    "schemes": Scheme,
    "strategy-templates": StrategyTemplate,
    "segments": Segment,
    "touchpoint-types": TouchpointType,
    "touchpoints": Touchpoint,
    "transfers": Transfer,
}
CHECKS = [status_code_conformance, content_type_conformance, response_headers_conformance, response_schema_conformance]


def test_the_description_is_made_without_a_warning():
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def test_it_documents_keys_errors_and_every_operation_by_name(alice):
    schema = json.loads(Caller(alice).get("schema/", format="json").content)
    assert sorted(schema["components"]["securitySchemes"]) == ["ApiKey", "cookieAuth"]
    operations = [(path, method, operation) for path, methods in schema["paths"].items() for method, operation in methods.items()]
    assert len(operations) >= 35
    unsaid = [
        (path, method)
        for path, method, operation in operations
        if not operation.get("description") or not {"401", "403", "404", "429"} <= operation["responses"].keys()
    ]
    assert unsaid == []


@pytest.fixture
def one_connection() -> Iterator[None]:
    """Requests end without closing the connection: it is inside the test's own transaction."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


class RealRows:
    """Rows of the book, to put where a request only has made-up numbers."""

    def __init__(self, alice: User) -> None:
        fill_book(alice, 2)
        make_explained(alice)
        make_relative(alice)
        for make in (make_amount, make_definition, make_referral):
            make(alice)
        make_client(adviser=alice, archived_at="2026-01-01T00:00:00Z")
        draft = make_draft(by=alice)
        make_rule(draft, by=alice, channel="video")
        draft.refresh_from_db()
        make_excepted(alice)
        make_follow_up(alice)
        make_life_event(alice)
        make_transfer(alice)
        for make_one in (make_absence, make_channel, make_template, make_shared, make_former, make_scheduled, make_publication):
            make_one(alice)
        touchpoint_type = TouchpointType.objects.order_by("pk")[0]
        self.numbers: dict[str, int] = {
            "adviser": alice.pk,
            "by": alice.pk,
            "client": Client.objects.order_by("pk")[0].pk,
            "referred": Client.objects.order_by("pk")[1].pk,
            "scheme": draft.scheme_id,
            "segment": Segment.objects.filter(scheme=draft.scheme_id).order_by("pk")[0].pk,
            "touchpoint_type": touchpoint_type.pk,
            "user": alice.pk,
        }
        # A version of the matrix and one of a scheme are read at revisions of their own.
        matrix = {"version": draft.pk, "revision": draft.revision}
        self.versions = {"promises": matrix, "strategy-templates": matrix, "matrix-versions": matrix, "scheme-versions": {"revision": 1}}
        SavedFilter.objects.create(owner=alice, name="Rich", conditions=RICH)
        self.ids = {name: sorted(model.objects.values_list("pk", flat=True)) for name, model in MODELS.items()}

    def put_into(self, case: Any, pick: int) -> None:
        """Whatever names a row in this request now names one that is there."""
        resource = case.path.split("/")[3]
        if "id" in case.path_parameters:
            case.path_parameters["id"] = str(self.ids[resource][pick % len(self.ids[resource])])
        numbers = self.numbers | self.versions.get(resource, {})
        for values in (case.body, case.query):
            if isinstance(values, dict):
                values.update({name: number for name, number in numbers.items() if name in values})
        for name in {"until", "effective_on"} & case.body.keys() if isinstance(case.body, dict) else ():
            case.body[name] = str(timezone.localdate() + timedelta(days=1))


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "not fitting"])
def test_whatever_is_asked_the_answer_is_one_of_those_described_and_never_a_failure(alice, mode, one_connection, monkeypatch):
    """Hypothesis invents requests from the description: about rows that are there, and about others."""
    monkeypatch.setattr(PersonThrottle, "rate", None)
    rows, key = RealRows(alice), {"Authorization": f"Bearer {Caller(alice).key}"}
    schema = schemathesis.openapi.from_wsgi(f"{API}schema/?format=json", WSGIHandler(), headers=key)
    answered: dict[str, set[int]] = {}

    def ask(case: Any, real: bool, pick: int) -> None:
        if real:
            rows.put_into(case, pick)
        with undone():
            response = case.call(headers=key)
        answered.setdefault(case.operation.label, set()).add(response.status_code)
        assert response.status_code < 500, f"{case.as_curl_command()}\n{response.text}"
        case.validate_response(response, checks=CHECKS)

    everything = list(HealthCheck)
    bounds = settings(max_examples=6, deadline=None, database=None, derandomize=True, phases=[Phase.generate], suppress_health_check=everything)
    offered = set()
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        offered.add(result.ok().label)
        cases = result.ok().as_strategy(generation_mode=mode)
        bounds(given(case=cases, real=st.booleans(), pick=st.integers(0, 9))(ask))()
    # Every operation was asked; when asked for what it offers, nearly every one did it.
    assert answered.keys() == offered
    assert mode is GenerationMode.NEGATIVE or sum(min(statuses) < 300 for statuses in answered.values()) >= 30
