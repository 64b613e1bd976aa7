"""What this room adds to the client's pages costs little where its reasons do not show."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from segmentation.presets import create_from_preset, preset
from segmentation.publishing import publish_version
from tests import factories


@pytest.mark.parametrize(
    ("tab", "most"), [("client_people", 11), ("client_interactions", 11), ("client_history", 12), ("client_detail", 12), ("client_segment", 11)]
)
def test_the_segment_of_a_placed_client_is_read_with_its_reasons_on_the_first_tab_alone(client, alice, tab, most):
    placed = factories.make_client(adviser=alice, aum=5)
    publish_version(version=create_from_preset(preset("premium")), by=alice)
    client.force_login(alice)
    url = reverse(tab, args=[placed.pk])
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        page = client.get(url).content.decode()
    statements = [query for query in captured.captured_queries if "SAVEPOINT" not in query["sql"]]
    assert ("Acquisition" in page, len(statements) <= most) == (True, True), len(statements)
