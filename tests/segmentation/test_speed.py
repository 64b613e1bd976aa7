import time

import pytest
from django.urls import reverse

from segmentation.models import Method
from segmentation.publishing import publish_version, start_draft
from tests.segmentation.methods import make_clients, make_draft_of
from tests.segmentation.rows import editor_fields


@pytest.mark.parametrize("size", [1000, 20000])
@pytest.mark.parametrize("method", Method.values)
def test_speed(client, alice, method, size):
    client.force_login(alice)
    make_clients(alice, size)
    scheme = publish_version(version=make_draft_of(method), by=alice).version.scheme
    draft = start_draft(scheme=scheme)
    from django.db import connection
    connection.cursor().execute("analyze clients_client"); connection.cursor().execute("analyze segmentation_assignment")
    fields = editor_fields(draft)
    url = reverse("scheme_preview", args=[draft.scheme_id])
    from segmentation.rules import load_rules
    from segmentation.whatif import what_if
    rules = load_rules(draft)
    what_if(rules=rules, scheme=scheme)
    client.post(url, fields)
    times, whats, cpu = [], [], []
    for _ in range(7):
        t=time.perf_counter(); what_if(rules=rules, scheme=scheme); whats.append(time.perf_counter()-t)
        t=time.perf_counter(); c=time.process_time(); r=client.post(url, fields); times.append(time.perf_counter()-t); cpu.append(time.process_time()-c)
    print("SPEED", size, method, "preview best/median ms", round(1000*min(times)), round(1000*sorted(times)[3]), "cpu", round(1000*min(cpu)), "what_if best", round(1000*min(whats)), "bytes", len(r.content))
