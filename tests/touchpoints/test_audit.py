"""The service audit: its page, its evidence, its exports, its command and its resource tell the same story."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from openpyxl import load_workbook
from pypdf import PdfReader

from clients.interactions import InteractionDraft, log_interaction
from firms.models import Firm, User
from firms.wall import leave_firm
from tests.factories import make_client, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint, make_type
from touchpoints.audit import PAGE_SIZE, By, EvidencePlace, Period, Place, audit_service, last_twelve_months, list_evidence
from touchpoints.audit_filters import BadPeriod, check_period, read_period, usual_periods
from touchpoints.fates import PROMISED, Counts
from touchpoints.models import Touchpoint

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
QUERY = "?from=2026-01-01&to=2026-12-31"


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(datetime(2026, 11, 23, 15, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def world(alice: User) -> SimpleNamespace:
    """Two books. Ana's first client was met, late once; the second missed a call; the third got a newsletter late and nothing else."""
    ana, paul = make_user(name="Ana Roy"), make_user(name="Paul Côté")
    first, second, third = (make_client(adviser=ana, name=name) for name in ("Gagnon", "Tremblay", "Élie"))
    others = make_client(adviser=paul, name="=Paul's")
    letter = make_type(firm_id=alice.firm_id, key="newsletter", name_en="Newsletter", name_fr="Infolettre", channel="email")
    on = date(2026, 3, 2)
    held = log_interaction(
        client=first, by=ana, draft=InteractionDraft(channel="phone", subject="Spring call", happened_at=datetime(2026, 3, 5, 15, tzinfo=UTC))
    )

    def closed(days: int) -> dict[str, Any]:
        return {"closed_at": datetime(2026, 3, 2, 15, tzinfo=UTC) + timedelta(days=days), "closed_by": ana}

    make_touchpoint(client=first, due_on=on, window_days=5, status="done", interaction=held, **closed(20))
    make_touchpoint(client=first, due_on=on, window_days=5, status="done", **closed(6))
    make_touchpoint(client=first, due_on=on, rank=2, status="skipped", reason="Abroad", **closed(0))
    make_touchpoint(client=second, due_on=on + timedelta(days=40), window_days=5, status="missed")
    make_touchpoint(client=second, due_on=TODAY, window_days=5)
    make_touchpoint(client=second, due_on=TODAY - timedelta(days=9), window_days=8, status="claimed", claimed_by=ana)
    make_touchpoint(client=third, due_on=on, window_days=5, status="done", touchpoint_type=letter, channel="email", **closed(6))
    make_touchpoint(client=third, due_on=on, status="cancelled")
    make_touchpoint(client=others, due_on=on, status="done", rank=3, **closed(1))
    make_touchpoint(client=first, due_on=date(2025, 12, 31), status="missed")
    return SimpleNamespace(
        firm=Firm.objects.get(pk=alice.firm_id), admin=alice, ana=ana, paul=paul, first=first, second=second, third=third, others=others
    )


def audit(world: SimpleNamespace, by: By, **fields: Any) -> Any:
    return audit_service(firm=world.firm, seen=Touchpoint.objects.all(), period=YEAR, by=by, today=TODAY, **fields)


def test_every_figure_of_a_year(world):
    found = audit(world, By.CLIENT)
    assert found.totals == Counts(on_time=2, late=2, skipped=1, missed=2, open=1, withdrawn=1)
    assert (found.totals.promised, found.totals.delivered, found.totals.share) == (8, 4, 2 / 6)
    # The newsletter is nobody's meeting.
    assert (found.met.supposed, found.met.missed, found.met.late) == (3, 1, 1)
    assert {month.month: counts.promised for month, counts in found.months.items() if counts.promised} == {3: 5, 4: 1, 11: 2}
    assert [(line.name, line.counts.late + line.counts.missed) for line in found.lines] == [
        ("Tremblay", 2),
        ("Gagnon", 1),
        ("Élie", 1),
        ("=Paul's", 0),
    ]


def test_lines_come_in_the_order_people_look_for_them(world):
    assert [(line.name, line.rank, line.counts.promised) for line in audit(world, By.SEGMENT).lines] == [
        ("VIP", 1, 6),
        ("Gold", 2, 1),
        ("Silver", 3, 1),
    ]
    assert [line.name for line in audit(world, By.ADVISER).lines] == ["Ana Roy", "Paul Côté"]
    assert [line.name for line in audit(world, By.TYPE).lines] == ["Check-in call", "Newsletter"]


def test_clients_come_a_page_at_a_time(world):
    clients = [make_client(adviser=world.paul, people=False) for _ in range(PAGE_SIZE)]
    for client in clients:
        make_touchpoint(client=client, due_on=date(2026, 5, 4), status="missed")
    first = audit(world, By.CLIENT)
    assert first.following is not None
    second = audit(world, By.CLIENT, after=first.following)
    whole = [line.key for line in audit(world, By.CLIENT, most=None).lines]
    assert [line.key for line in first.lines + second.lines] == whole
    assert (len(first.lines), second.following, len(whole)) == (PAGE_SIZE, None, PAGE_SIZE + 4)
    assert second.totals == first.totals


def test_evidence_comes_a_page_at_a_time_the_latest_first(world):
    made = [make_touchpoint(client=world.others, due_on=date(2026, 5, 4), status="missed").pk for _ in range(PAGE_SIZE)]
    asked = {"firm": world.firm, "seen": Touchpoint.objects.all(), "period": YEAR, "fates": ["missed"], "today": TODAY}
    first = list_evidence(**asked)
    second = list_evidence(**asked, after=first.following)
    assert [row.pk for row in first.rows + second.rows][1:-1] == made[::-1]
    assert (len(first.rows), second.following) == (PAGE_SIZE, None)
    assert {getattr(row, "fate", "") for row in first.rows + second.rows} == {"missed"}


@pytest.mark.parametrize("text", ["", "1", "_", "a_1", "1_-2", "9999999999_1", "1_1_1"])
def test_a_place_that_cannot_be_read_is_the_first_page(text):
    assert Place.parse(text) is None
    assert EvidencePlace.parse(text) is None


def test_periods():
    assert last_twelve_months(TODAY) == Period(date(2025, 12, 1), TODAY)
    assert [(period.first.isoformat(), period.last.isoformat()) for _name, period in usual_periods(date(2026, 2, 3))] == [
        ("2026-01-01", "2026-02-03"),
        ("2025-10-01", "2025-12-31"),
        ("2025-03-01", "2026-02-03"),
        ("2026-01-01", "2026-02-03"),
        ("2025-01-01", "2025-12-31"),
    ]
    assert Period(date(2025, 11, 30), date(2026, 1, 1)).months() == [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]
    for first, last in (
        ("2026-01-01", ""),
        ("x", "2026-01-01"),
        ("2026-01-02", "2026-01-01"),
        ("2010-01-01", "2026-01-01"),
        ("0001-01-01", "0002-01-01"),
    ):
        with pytest.raises(BadPeriod):
            read_period(first, last, today=TODAY)
    assert check_period(Period(TODAY, TODAY)) == Period(TODAY, TODAY)


def test_the_page_answers_in_one_sentence_and_leads_to_the_proof(client: Browser, world):
    client.force_login(world.ana)
    page = client.get(f"/audit/{QUERY}").content.decode()
    assert "No: of 2 clients who were to be met or called, 1 went without a meeting or call that was promised." in page
    assert "20%" in page
    assert "1 of 5" in page
    proof = client.get(f"/audit/evidence/{QUERY}&fate=on_time").content.decode()
    assert "Spring call" in proof
    assert "Gagnon" in proof
    assert "Tremblay" not in proof
    assert "Paul" not in proof
    assert "Abroad" in client.get(f"/audit/evidence/{QUERY}&fate=skipped").content.decode()
    assert "No longer promised" in client.get(f"/audit/evidence/{QUERY}&fate=withdrawn").content.decode()


def test_a_colleague_sees_nothing_of_other_books(client: Browser, world):
    client.force_login(world.paul)
    page = client.get(f"/audit/{QUERY}&by=client").content.decode()
    assert "Yes: the one client who was to be met or called was, in time." in page
    # Asked for by number, another's client, adviser and touchpoints are as good as none.
    for choice in (f"client={world.first.pk}", f"adviser={world.ana.pk}"):
        for address in ("/audit/", "/audit/evidence/"):
            answer = client.get(f"{address}{QUERY}&{choice}").content.decode()
            assert "Gagnon" not in answer
            assert "Ana Roy" not in answer
    client.force_login(make_user(role="assistant"))
    assert "Nothing was promised here" in client.get(f"/audit/{QUERY}").content.decode()


def test_a_period_that_cannot_be_is_said_and_the_usual_one_shown(client: Browser, world):
    client.force_login(world.admin)
    page = client.get("/audit/?from=2026-02-01&to=2026-01-01&by=nothing&client=x&fate=y&after=z").content.decode()
    assert "The period ends before it begins." in page
    assert 'value="2025-12-01"' in page


def test_the_pages_take_as_many_statements_for_thirty_clients_as_for_one(client: Browser, world, django_assert_max_num_queries):
    client.force_login(world.admin)
    client.get("/audit/")
    for count in (1, 30):
        for _ in range(count):
            make_touchpoint(adviser=world.ana, due_on=TODAY, status="done", closed_at=datetime(2026, 11, 23, 12, tzinfo=UTC))
        for address in ("/audit/", "/audit/?by=client", "/audit/?by=adviser", "/audit/?by=type", "/audit/evidence/"):
            # Twelve, and the savepoint that stands for BEGIN and COMMIT.
            with django_assert_max_num_queries(14):
                assert client.get(address).status_code == 200


def test_the_exports_hold_the_figures_in_the_readers_formats(client: Browser, world):
    world.admin.language = "fr"
    world.admin.save()
    client.force_login(world.admin)
    rows = list(csv.reader(io.StringIO(read(client, f"/audit/audit.csv{QUERY}&by=client").decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:2] == ["Client", "Promis"]
    assert [row[1:8] for row in rows if row[0] == "Tremblay"] == [["3", "0", "0", "0", "2", "1", "0"]]
    # A name that looks like a formula is text; the ratio is a number as the locale writes it.
    assert [row[-1] for row in rows if row[0] in {"'=Paul's", "Ensemble"}] == ["1,0000", "0,3333"]
    book = load_workbook(io.BytesIO(read(client, f"/audit/audit.xlsx{QUERY}")))
    lines, months = book.worksheets
    assert [lines.cell(row=5, column=number).value for number in (1, 2, 3)] == ["VIP", 6, 1]
    assert [months.cell(row=7, column=number).value for number in (1, 2)] == ["mars 2026", 5]
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(read(client, f"/audit/audit.pdf{QUERY}"))).pages)
    assert "33,3" in text
    assert "Argent" in text
    assert "mars 2026" in text


def test_a_file_says_what_its_figures_are_narrowed_to(client: Browser, world):
    client.force_login(world.admin)
    narrowed = f"{QUERY}&adviser={world.admin.pk}&client=999999999"
    told = load_workbook(io.BytesIO(read(client, f"/audit/audit.xlsx{narrowed}"))).worksheets[0].cell(row=1, column=1).value
    assert str(told).split(" · ")[1:] == [f"Adviser: {world.admin.name}", "Client: –"]
    paper = PdfReader(io.BytesIO(read(client, f"/audit/audit.pdf{narrowed}"))).pages[0].extract_text()
    assert f"Adviser: {world.admin.name}" in paper


def read(client: Browser, address: str) -> bytes:
    response = client.get(address)
    assert response.status_code == 200
    return b"".join(response.streaming_content)  # type: ignore[attr-defined]


def test_the_command_and_the_resource_say_the_same(client: Browser, world):
    client.force_login(world.admin)
    told = client.get(f"/api/v1/service-audit/{QUERY}&by=segment").json()
    assert told["totals"] == {
        "promised": 8,
        "delivered_on_time": 2, "delivered_late": 2, "skipped": 1, "missed": 2, "open": 1, "no_longer_promised": 1,
        "kept_ratio": 0.333333,
    }  # fmt: skip
    assert told["clients"] == {"to_meet": 3, "met": 2, "missed": 1, "late": 1}
    assert [(line["name"], line["promised"]) for line in told["lines"]] == [("VIP", 6), ("Gold", 1), ("Silver", 1)]
    leave_firm()
    arguments = ("service_audit", "Alpha Conseil", "--from", "2026-01-01", "--to", "2026-12-31", "--by", "segment")
    assert json.loads(run(*arguments, "--json")) == told
    assert run(*arguments).splitlines()[-1].endswith("33.3% kept")
    assert json.loads(run(*arguments, "--json", "--user", world.paul.email))["totals"]["promised"] == 1
    with pytest.raises(CommandError):
        run("service_audit", "Alpha Conseil", "--from", "2026-12-31", "--to", "2026-01-01")


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def test_the_resource_tells_what_is_wrong(client: Browser, world):
    client.force_login(world.paul)
    for query in ("?from=2026-01-01", "?by=nothing", "?adviser=x", "?segment=0", "?client=99999999999999999999"):
        assert client.get(f"/api/v1/service-audit/{query}").status_code == 400, query
    User.objects.filter(pk=world.paul.pk).update(language="fr")
    refused = client.get("/api/v1/service-audit/?segment=0")
    assert refused.json()["error"]["fields"] == {"segment": ["Donnez un nombre entier."]}
    assert client.get(f"/api/v1/service-audit/?client={world.first.pk}").status_code == 404
    assert client.get(f"/api/v1/service-audit/?client={world.others.pk}").status_code == 200


def test_an_archived_client_keeps_its_past(world):
    world.first.archived_at = datetime(2026, 4, 1, tzinfo=UTC)
    world.first.save()
    assert audit(world, By.ADVISER).totals.promised == 8
    assert len(PROMISED) == 5
