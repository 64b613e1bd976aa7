import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from service_matrix.models import MatrixVersion, Promise
from tests.service_matrix.rows import make_draft, make_scheme, place_clients


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("publish_matrix", *arguments, stdout=out)
    return out.getvalue()


def test_publishes_a_preset_and_says_what_it_asks_for(alice):
    place_clients(make_scheme(), by_rank={1: 2}, adviser=alice)
    assert json.loads(run("Alpha Conseil", "premium_standard_acquisition", "--json")) == {
        "scheme": MatrixVersion.objects.get().scheme_id,
        "version": 1,
        "promises": 9,
        "segments": [
            {"name": "Premium", "clients": 2, "hours_per_client": 8.0, "hours": 16.0},
            {"name": "Standard", "clients": 0, "hours_per_client": 4.5, "hours": 0.0},
            {"name": "Acquisition", "clients": 0, "hours_per_client": 2.75, "hours": 0.0},
        ],
        "warnings": [],
    }
    assert (MatrixVersion.objects.get().status, Promise.objects.count()) == ("published", 9)


def test_again_it_publishes_a_new_version_and_the_former_retires(alice):
    make_scheme()
    run(str(alice.firm_id), "premium_standard_acquisition")
    assert run(str(alice.firm_id), "premium_standard_acquisition").startswith("Published version 2: 9 promises.")
    assert dict(MatrixVersion.objects.values_list("number", "status")) == {1: "retired", 2: "published"}


def test_a_draft_in_progress_is_kept_unless_told_otherwise(alice):
    draft = make_draft(by=alice)
    with pytest.raises(CommandError, match="A draft is in progress"):
        run("Alpha Conseil", "premium_standard_acquisition")
    assert list(MatrixVersion.objects.all()) == [draft]
    run("Alpha Conseil", "premium_standard_acquisition", "--replace-draft")
    assert MatrixVersion.objects.get().status == "published"


def test_refuses_what_cannot_be_published(alice):
    with pytest.raises(CommandError, match="No firm has"):
        run("Nobody", "premium_standard_acquisition")
    with pytest.raises(CommandError, match="No scheme drives the service"):
        run("Alpha Conseil", "premium_standard_acquisition")
    make_scheme()
    with pytest.raises(CommandError, match="more levels than"):
        run("Alpha Conseil", "vip_gold_silver_bronze")
    assert not MatrixVersion.objects.exists()
