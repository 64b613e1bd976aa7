"""The client pages as people open them."""

import base64
import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clients import keeping
from clients.columns import Column, HistorySource, ListFilter, Panel, Place
from clients.models import Amount, Client, Interaction, Person, Referral
from tests import factories
from tests.clients.access_records import make_definition


def listed(response):
    return [row.name for row in response.context["page"].rows]


MOST_STATEMENTS = 12


def statements_of(captured):
    """What a request asks of the database; the savepoint stands for the transaction that a test is in already."""
    return [query["sql"] for query in captured if not query["sql"].startswith(("SAVEPOINT", "RELEASE SAVEPOINT"))]


@pytest.mark.parametrize("name", ["client_list", "search"])
def test_lists_cost_the_same_for_one_row_and_thirty(signed_in, alice, name):
    counts = []
    # The first page of a session also notes where it is used.
    signed_in.get(reverse(name))
    for rows in (1, 29):
        for _ in range(rows):
            factories.make_client(adviser=alice, name="Roy", birth_date=date(1970, 1, 1))
        with CaptureQueriesContext(connection) as captured:
            signed_in.get(
                reverse(name),
                {
                    "q": "roy",
                    "columns": [
                        "age",
                        "email",
                        "aum",
                        "adviser",
                        "occupation",
                        "products",
                        "own.hobby",
                        "net_inflow_12_months",
                        "referrals_12_months",
                    ],
                },
            )
        counts.append(len(statements_of(captured)))
    assert counts[0] == counts[1] <= MOST_STATEMENTS


@pytest.mark.parametrize("name", ["deal_breaker_list", "attribute_list"])
def test_lists_of_the_catalogue_cost_the_same_for_one_row_and_thirty(signed_in, alice, name):
    counts = []
    signed_in.get(reverse(name))
    for rows in (1, 29):
        for _ in range(rows):
            client, mother = factories.make_client(adviser=alice), factories.make_client(adviser=alice)
            keeping.flag_deal_breaker(client=client, by=alice, note="Shouts.")
            keeping.record_reason(client=client, by=alice, reason="relative", related_client=mother)
            make_definition(alice)
        with CaptureQueriesContext(connection) as captured:
            signed_in.get(reverse(name))
        counts.append(len(statements_of(captured)))
    assert counts[0] == counts[1] <= MOST_STATEMENTS


@pytest.mark.parametrize(
    "name",
    [
        "client_detail",
        "client_interactions",
        "client_people",
        "client_history",
        "client_segment",
        "client_year",
        "client_edit",
        "client_wealth",
        "client_referrals",
    ],
)
def test_a_clients_pages_cost_the_same_for_one_row_and_thirty(signed_in, alice, name):
    client = factories.make_client(adviser=alice, name="Roy")
    counts = []
    signed_in.get(reverse(name, args=[client.pk]))
    for rows in (1, 29):
        for _ in range(rows):
            Interaction.objects.create(client=client, by=alice, happened_at="2026-01-05T10:00Z", channel="phone", subject="Call")
            Person.objects.create(client=client, last_name="Roy")
            Client.objects.filter(pk=client.pk).update(city=f"Lévis {Person.objects.count()}", own={"products": ["rrsp"], "hobby1": "Sailing"})
            mother, day = factories.make_client(adviser=alice), date(2026, 1, 5)
            Referral.objects.create(client=client, name="Zoé", referred=mother, made_on=day, by=alice)
            Referral.objects.create(client=mother, name="Roy", referred=client, made_on=day, by=alice)
            Amount.objects.create(client=client, kind="revenue", starts_on=day, ends_on=day, amount=5, source="entered", by=alice)
            Amount.objects.filter(client=client).update(note=f"Note {mother.pk}")
            keeping.record_reason(client=client, by=alice, reason="relative", related_client=mother)
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(reverse(name, args=[client.pk])).status_code == 200
        counts.append(len(statements_of(captured)))
    assert counts[0] == counts[1] <= MOST_STATEMENTS


def test_the_list_filters_by_what_is_in_its_address(signed_in, alice):
    camille = factories.make_user(name="Camille", role="adviser")
    factories.make_client(adviser=alice, name="Côté", aum=100_000, status="prospect")
    factories.make_client(adviser=camille, name="Roy", aum=500_000, kind="company")
    factories.make_client(adviser=camille, name="Élie", archived_at="2026-01-01T00:00Z")
    answers = {
        query: listed(signed_in.get(f"{reverse('client_list')}?{query}"))
        for query in (
            "", "q=cote", "status=prospect", "kind=company", f"adviser={camille.pk}", "aum_from=200000", "aum_to=200000",
            "aum_from=100000&aum_to=500000", "shelf=archived", "shelf=all", "aum_from=abc", "q=zzz",
        )
    }  # fmt: skip
    assert answers == {
        "": ["Côté", "Roy"], "q=cote": ["Côté"], "status=prospect": ["Côté"], "kind=company": ["Roy"], f"adviser={camille.pk}": ["Roy"],
        "aum_from=200000": ["Roy"], "aum_to=200000": ["Côté"], "aum_from=100000&aum_to=500000": ["Côté", "Roy"], "shelf=archived": ["Élie"],
        "shelf=all": ["Côté", "Élie", "Roy"], "aum_from=abc": ["Côté", "Roy"], "q=zzz": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", lambda n: n),
        ("-name", lambda n: -n),
        ("aum", lambda n: (n % 7, n)),
        ("-aum", lambda n: (-(n % 7), -n)),
        ("client_since", lambda n: (n % 5, n)),
    ],
)
def test_pages_follow_each_other_both_ways_whatever_the_order(signed_in, alice, sort, expected):
    """120 clients, many with the same amount or date and some with none: each appears once."""
    for number in range(120):
        factories.make_client(
            adviser=alice, name=f"Client {number:03}", people=False,
            aum=(number % 7) * 100 if number % 7 else None, client_since=date(2000 + number % 5, 1, 1) if number % 5 else None,
        )  # fmt: skip
    names = [f"Client {number:03}" for number in sorted(range(120), key=expected)]
    first = signed_in.get(reverse("client_list"), {"sort": sort})
    second = signed_in.get(reverse("client_list") + first.context["page"].next_url)
    third = signed_in.get(reverse("client_list") + second.context["page"].next_url)
    assert [listed(page) for page in (first, second, third)] == [names[:50], names[50:100], names[100:]]
    assert (first.context["page"].previous_url, third.context["page"].next_url) == ("", "")
    back = signed_in.get(reverse("client_list") + third.context["page"].previous_url)
    assert listed(back) == names[50:100]
    assert listed(signed_in.get(reverse("client_list") + back.context["page"].previous_url)) == names[:50]


def test_a_mark_that_cannot_be_read_gives_the_first_page(signed_in, alice):
    factories.make_client(adviser=alice, name="Roy")
    assert [listed(signed_in.get(reverse("client_list"), {"after": mark, "sort": "aum"})) for mark in ("x", "bnVsbA", "WyJ4IiwxXQ")] == [["Roy"]] * 3


def test_an_adviser_lists_the_own_book(client, alice):
    camille = factories.make_user(role="adviser")
    factories.make_client(adviser=alice, name="Alice’s")
    factories.make_client(adviser=camille, name="Camille’s")
    client.force_login(camille)
    assert listed(client.get(reverse("client_list"))) == ["Camille’s"]


def test_htmx_gets_the_rows_alone(signed_in, alice):
    factories.make_client(adviser=alice, name="Roy")
    whole, part = signed_in.get(reverse("client_list")), signed_in.get(reverse("client_list"), headers={"HX-Request": "true"})
    assert ["<html" in page.content.decode() for page in (whole, part)] == [True, False]
    assert listed(whole) == listed(part) == ["Roy"]


def test_columns_are_chosen_in_the_address(signed_in, alice):
    factories.make_client(adviser=alice, name="Roy", birth_date=date(1970, 1, 1), aum=Decimal("1234567.80"))
    response = signed_in.get(reverse("client_list"), {"columns": ["aum", "email", "horoscope"]})
    (row,) = response.context["page"].rows
    email = Person.objects.get(client=row).email
    assert [heading.label for heading, _url, _direction in response.context["headings"]] == ["Name", "E-mail", "Assets under management"]
    assert response.context["rows"].endswith(f'</th><td>{email}</td><td class="num">$1,234,568</td></tr>')


def test_an_empty_book_says_what_to_do(signed_in):
    page = signed_in.get(reverse("client_list")).content.decode()
    assert "No client yet" in page
    assert reverse("client_create") in page
    assert "No client matches" in signed_in.get(reverse("client_list"), {"q": "roy"}).content.decode()


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "Roy"]


@pytest.fixture
def hostile_book(alice):
    for number, name in enumerate(HOSTILE):
        factories.make_client(adviser=alice, name=name, city="=cmd|' /C calc'!A0" if number == 0 else "", aum=Decimal("1000.50"), people=False)


def test_the_csv_opens_in_a_spreadsheet_and_runs_nothing(signed_in, alice, hostile_book):
    answer = signed_in.get(reverse("client_export_csv"), {"columns": ["aum", "city", "status"]})
    raw = b"".join(answer.streaming_content)
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    assert rows[0] == ["Name", "Status", "City", "Assets under management"]
    assert sorted(row[0] for row in rows[1:]) == sorted(["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "' =1", "Roy"])
    assert {tuple(row[1:]) for row in rows[1:]} == {("Client", "", "1000.50"), ("Client", "'=cmd|' /C calc'!A0", "1000.50")}


def test_a_french_reader_gets_semicolons_and_decimal_commas(client, alice):
    reader = factories.make_user(role="adviser", language="fr")
    factories.make_client(adviser=reader, name="Élie; fils", aum=Decimal("1000.50"), client_since=date(2020, 2, 1))
    client.force_login(reader)
    answer = client.get(reverse("client_export_csv"), {"columns": ["aum", "client_since"]})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[1] == '"Élie; fils";1000,50;2020-02-01'


def test_the_workbook_holds_numbers_dates_and_no_formula(signed_in, alice, hostile_book):
    factories.make_client(adviser=alice, name="Zoé", client_since=date(2020, 2, 1))
    answer = signed_in.get(reverse("client_export_xlsx"), {"columns": ["aum", "client_since", "city"]})
    sheet: Any = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).worksheets[0]
    rows = list(sheet.iter_rows())
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d"}
    assert [cell.value for cell in rows[0]] == ["Name", "City", "Assets under management", "Client since"]
    assert sorted(row[0].value for row in rows[1:]) == sorted([*HOSTILE, "Zoé"])
    (zoe,) = [row for row in rows if row[0].value == "Zoé"]
    assert (zoe[2].value, zoe[3].value.date()) == (None, date(2020, 2, 1))


def test_exports_are_filtered_like_the_list_and_hold_every_page(signed_in, alice):
    for number in range(60):
        factories.make_client(adviser=alice, name=f"Client {number}", status="prospect" if number else "client", people=False)
    answer = signed_in.get(reverse("client_export_csv"), {"status": "prospect"})
    assert len(b"".join(answer.streaming_content).splitlines()) == 60


SENT = {"name": "Famille Roy", "kind": "household", "status": "prospect", "language": "fr"}


def test_a_client_is_created_with_its_primary_contact(signed_in, alice):
    sent = SENT | {"adviser": alice.pk, "person-last_name": "Roy", "person-first_name": "Luc", "aum": "250000", "client_since": "2020-01-31"}
    answer = signed_in.post(reverse("client_create"), sent)
    client = Client.objects.get(name="Famille Roy")
    assert answer.url == reverse("client_detail", args=[client.pk])
    assert (client.aum, client.client_since, [str(person) for person in client.people.all()]) == (Decimal(250_000), date(2020, 1, 31), ["Luc Roy"])


def test_faults_come_back_beside_their_fields(signed_in, alice):
    answer = signed_in.post(
        reverse("client_create"), SENT | {"adviser": alice.pk, "aum": "-5", "person-last_name": "Roy", "person-birth_date": "2999-01-01"}
    )
    assert (answer.status_code, dict(answer.context["form"].errors)) == (200, {"aum": ["This amount cannot be negative."]})
    answer = signed_in.post(reverse("client_create"), SENT | {"adviser": alice.pk, "person-last_name": "Roy", "person-birth_date": "2999-01-01"})
    assert dict(answer.context["person_form"].errors) == {"birth_date": ["This date is in the future."]}
    assert not Client.objects.filter(name="Famille Roy").exists()


def test_an_edit_saves_and_a_stale_one_is_refused(signed_in, alice):
    client = factories.make_client(adviser=alice, name="Roy")
    url = reverse("client_edit", args=[client.pk])
    version = signed_in.get(url).context["form"]["version"].value()
    assert signed_in.post(url, SENT | {"adviser": alice.pk, "version": version, "city": "Lévis"}).status_code == 302
    answer = signed_in.post(url, SENT | {"adviser": alice.pk, "version": version, "city": "Québec"})
    assert "Alice Roy saved this file meanwhile" in answer.content.decode()
    assert Client.objects.get(pk=client.pk).city == "Lévis"


def test_editing_moves_a_client_to_another_book(signed_in, alice):
    camille = factories.make_user(role="adviser")
    client = factories.make_client(adviser=alice, name="Roy")
    url = reverse("client_edit", args=[client.pk])
    version = signed_in.get(url).context["form"]["version"].value()
    signed_in.post(url, SENT | {"adviser": camille.pk, "version": version})
    assert Client.objects.get(pk=client.pk).adviser == camille


def test_archive_names_the_client_and_is_undone(signed_in, alice):
    client = factories.make_client(adviser=alice, name="Roy")
    page = signed_in.get(reverse("client_detail", args=[client.pk])).content.decode()
    assert "Archive Roy?" in page
    page = signed_in.post(reverse("client_archive", args=[client.pk]), follow=True).content.decode()
    assert "Bring Roy back" in page
    assert listed(signed_in.get(reverse("client_list"))) == []
    signed_in.post(reverse("client_restore", args=[client.pk]))
    assert listed(signed_in.get(reverse("client_list"))) == ["Roy"]


def test_an_interaction_is_logged_from_the_clients_page(signed_in, alice):
    client = factories.make_client(adviser=alice, name="Roy")
    sent = {"happened_on": "2026-01-05", "channel": "video", "subject": "Review", "summary": "Retirement in two years."}
    answer = signed_in.post(reverse("interaction_create", args=[client.pk]), sent, follow=True)
    assert "Retirement in two years." in answer.content.decode()
    # Of another day only the date is known: noon of it, in Montréal.
    assert Interaction.objects.get().happened_at.isoformat() == "2026-01-05T17:00:00+00:00"
    answer = signed_in.post(reverse("interaction_create", args=[client.pk]), sent | {"happened_on": "2999-01-05"})
    assert list(answer.context["form"].errors) == ["happened_on"]


def test_search_gives_clients_people_and_pages(signed_in, alice):
    client = factories.make_client(adviser=alice, name="Famille Côté", people=False)
    Person.objects.create(client=client, is_primary=True, first_name="Clémence", last_name="Roy")
    page = signed_in.get(reverse("search"), {"q": "cle"}, headers={"HX-Request": "true"}).content.decode()
    assert ["Famille Côté" in page, "Clémence Roy" in page, "<html" in page] == [True, True, False]
    page = signed_in.get(reverse("search"), {"q": "clients"}).content.decode()
    assert f'href="{reverse("client_list")}"' in page


def test_higher_rooms_add_columns_filters_and_panels(signed_in, alice, monkeypatch):
    from clients import columns

    column = Column(
        key="star", label="Star", cells=lambda request, clients: {row.pk: "★" for row in clients}, texts=lambda user, clients: {}, default=True
    )
    monkeypatch.setattr(columns, "_columns", {"star": column})
    monkeypatch.setattr(columns, "_filters", {"letter": ListFilter(key="letter", build=_letter_filter)})
    monkeypatch.setattr(
        columns, "_panels", {place: Panel(key=place.value, place=place, render=lambda request, row: f"[{row.name}]") for place in Place}
    )
    roy, cote = factories.make_client(adviser=alice, name="Roy"), factories.make_client(adviser=alice, name="Côté")
    response = signed_in.get(reverse("client_list"), {"letter": "C"})
    assert response.context["page"].rows == [cote]
    assert "<td>★</td>" in response.context["rows"]
    assert ["[Roy]" in signed_in.get(reverse(name, args=[roy.pk])).content.decode() for name in ("client_detail", "client_year")] == [True, True]


def _letter_filter(user):
    import django_filters

    return django_filters.CharFilter(field_name="name", lookup_expr="startswith", label="Letter")


def test_a_source_of_history_is_what_another_room_registers():
    from clients.columns import history_sources, register_history

    before = history_sources()
    source = HistorySource(event=apps.get_model("clients", "PersonEvent"), label="Person")
    register_history(source)
    try:
        assert history_sources() == [*before, source]
    finally:
        from clients import columns

        columns._histories.pop(source.event)


@pytest.mark.parametrize(
    ("sort", "mark"),
    [
        ("aum", '["NaN", 1]'),
        ("aum", '["1e999999", 1]'),
        ("aum", '["1", 1e400]'),
        ("name", '["\\u0000", 1]'),
        ("name", '["\\ud800", 1]'),
        ("client_since", '["0000-00-00", 1]'),
        ("name", '["a", 1' + "0" * 40 + "]"),
    ],
)
def test_an_address_made_up_by_hand_shows_the_list_all_the_same(signed_in, alice, sort, mark):
    factories.make_client(adviser=alice, name="Roy")
    after = base64.urlsafe_b64encode(mark.encode()).decode().rstrip("=")
    assert signed_in.get(reverse("client_list"), {"sort": sort, "after": after}).status_code == 200


def test_a_question_with_a_character_no_name_holds_finds_nothing(signed_in, alice):
    factories.make_client(adviser=alice, name="Roy")
    assert signed_in.get(reverse("search"), {"q": "\0"}).context["found"].clients == []


def test_what_people_write_is_shown_and_never_run(signed_in, alice):
    factories.make_client(adviser=alice, name='<img src="x" onerror="go()">', city="<script>go()</script>")
    page = signed_in.get(reverse("client_list"), {"columns": ["city", "status"]}).content.decode()
    assert ("<img src=" in page, "<script>go" in page) == (False, False)
    assert "&lt;img src=" in page
    assert "&lt;script&gt;go()" in page
