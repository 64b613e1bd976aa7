"""What a client will receive, when and how: read, printed, subscribed to, and closed."""

import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation
from pypdf import PageObject, PdfReader

from clients.models import Client
from clients.queries import NotInYourBook
from firms.models import Firm, User
from firms.wall import enter_firm
from tests.factories import make_client, make_user
from tests.touchpoints.rows import make_touchpoint, make_type
from touchpoints import links
from touchpoints.models import CalendarLink, Status
from touchpoints.service_calendar import calendar_document, service_calendar

pytestmark = pytest.mark.usefixtures("monday")

TODAY = date(2026, 11, 23)


def with_plan(adviser: User, *, language: str = "fr", name: str = "Gagné, Élise") -> Client:
    client = make_client(adviser=adviser, name=name, language=language)
    review = make_type(firm_id=client.firm_id, key="annual_review", name_en="Annual review", name_fr="Revue annuelle", channel="in_person")
    call = make_type(firm_id=client.firm_id)
    greeting = make_type(firm_id=client.firm_id, key="birthday_greeting", name_en="Birthday greeting", name_fr="Vœux d’anniversaire")
    make_touchpoint(client=client, touchpoint_type=call, due_on=TODAY - timedelta(days=3), performer="assistant")
    make_touchpoint(client=client, touchpoint_type=call, due_on=date(2027, 3, 1), performer="assistant")
    make_touchpoint(client=client, touchpoint_type=review, due_on=date(2027, 3, 16), channel="in_person", performer="adviser")
    make_touchpoint(client=client, touchpoint_type=greeting, due_on=date(2027, 4, 1), channel="post")
    make_touchpoint(client=client, touchpoint_type=call, due_on=date(2027, 11, 23))
    make_touchpoint(client=client, touchpoint_type=call, due_on=date(2027, 1, 5), status=Status.DONE)
    make_touchpoint(client=client, touchpoint_type=call, due_on=TODAY - timedelta(days=40), window_days=30)
    return Client.objects.select_related("firm", "adviser").get(pk=client.pk)


def told(client: Client) -> list[tuple[str, str, str, str, str]]:
    return [(month.name, entry.what, entry.when, entry.how, entry.who) for month in service_calendar(client).months for entry in month.entries]


def test_it_says_what_when_how_and_with_whom_in_the_clients_language(ana: User) -> None:
    assert told(with_plan(ana)) == [
        ("Novembre 2026", "Appel de suivi", "dans les prochains jours", "par téléphone", "notre équipe"),
        ("Mars 2027", "Appel de suivi", "vers le 1er mars", "par téléphone", "notre équipe"),
        ("Mars 2027", "Revue annuelle", "vers le 16 mars", "en personne", "Ana Roy"),
    ]
    assert told(with_plan(ana, language="en", name="Smith, Ann")) == [
        ("November 2026", "Check-in call", "in the coming days", "by phone", "our team"),
        ("March 2027", "Check-in call", "around March 1", "by phone", "our team"),
        ("March 2027", "Annual review", "around March 16", "in person", "Ana Roy"),
    ]


def test_what_comes_several_times_is_counted(ana: User) -> None:
    kinds = [(kind.what, kind.times, kind.how) for kind in service_calendar(with_plan(ana)).kinds]
    assert kinds == [("Revue annuelle", "une fois", "en personne"), ("Appel de suivi", "2 fois", "par téléphone")]


def test_a_snoozed_touchpoint_is_announced_for_the_day_it_waits_for(ana: User) -> None:
    client = make_client(adviser=ana, language="en")
    make_touchpoint(client=client, due_on=TODAY, snoozed_until=TODAY + timedelta(days=9))
    assert [each[2] for each in told(Client.objects.select_related("firm", "adviser").get(pk=client.pk))] == ["around December 2"]


def test_the_document_is_tagged_in_the_clients_language_and_says_the_same(ana: User) -> None:
    Firm.objects.filter(pk=ana.firm_id).update(address="12, rue Saint-Paul\nMontréal", colour="#8a1c1c")
    reader = PdfReader(io.BytesIO(calendar_document(service_calendar(with_plan(ana)))))
    text = "\n".join(page.extract_text() for page in reader.pages)
    for words in (
        "Alpha Conseil",
        "12, rue Saint-Paul",
        "Votre calendrier de service",
        "Gagné, Élise",
        "vers le 16 mars",
        "Revue annuelle",
        "Ana Roy",
    ):
        assert words in text
    assert "Vœux" not in text
    root: Any = reader.trailer["/Root"]
    assert reader.metadata is not None
    assert (reader.metadata.title, root["/Lang"]) == ("Votre calendrier de service", "fr-CA")
    assert root["/MarkInfo"]["/Marked"]


# What a demanding matrix announces, longest names first: channel, and who does it.
KINDS = {
    "annual_review": ("Annual review of the whole situation", "Revue annuelle de toute la situation", "in_person", "adviser"),
    "planning_meeting": ("Planning meeting", "Rencontre de planification", "in_person", "adviser"),
    "review_meeting": ("Review meeting", "Rencontre de suivi", "video", "adviser"),
    "check_in_call": ("Check-in call", "Appel de suivi", "phone", "assistant"),
    "newsletter": ("Newsletter", "Infolettre", "email", "assistant"),
    "quarterly_report": ("Quarterly report", "Rapport trimestriel", "portal", "assistant"),
    "tax_documents": ("Reminder of tax documents", "Rappel des documents fiscaux", "email", "assistant"),
    "client_event": ("Invitation to an event", "Invitation à un événement", "event", "adviser"),
    "net_worth": ("Net worth statement", "Bilan de la valeur nette", "post", "assistant"),
}


def with_so_many(adviser: User, number: int, *, language: str) -> Client:
    """A client to whom so many things are announced, spread over the year, of nine kinds in turn."""
    client = make_client(adviser=adviser, name="Gagné-Desrochers, Marie-Élisabeth", language=language)
    kinds = [
        make_type(firm_id=client.firm_id, key=key, name_en=en, name_fr=fr, channel=channel, performer=performer)
        for key, (en, fr, channel, performer) in KINDS.items()
    ]
    for place in range(number):
        kind = kinds[place % len(kinds)]
        due_on = TODAY + timedelta(days=1 + place * 360 // number)
        make_touchpoint(client=client, touchpoint_type=kind, due_on=due_on, channel=kind.channel, performer=kind.performer)
    return Client.objects.select_related("firm", "adviser").get(pk=client.pk)


def sizes_of_type(page: PageObject) -> set[float]:
    """In points, as printed."""
    sizes = set()

    def visit(text: str, cm: list[float], tm: list[float], font: object, size: float) -> None:
        if text.strip():
            sizes.add(round(size * abs(tm[3]) * abs(cm[3]), 2))

    page.extract_text(visitor_text=visit)
    return sizes


def roles(element: Any) -> set[str]:
    """What a document's parts are, as assistive technology hears it."""
    element = element.get_object()
    if isinstance(element, list):
        return set().union(*map(roles, element))
    if not isinstance(element, dict):
        return set()
    return {str(element[name]) for name in ("/S",) if name in element} | (roles(element["/K"]) if "/K" in element else set())


@pytest.mark.parametrize(("region", "language", "paper"), [("CA-QC", "fr", (612, 792)), ("CA-QC", "en", (612, 792)), ("FR", "fr", (595, 841))])
@pytest.mark.parametrize("number", [5, 20, 40, 60])
def test_the_document_is_one_readable_page_however_much_is_announced(
    number: int, region: str, language: str, paper: tuple[int, int], ana: User
) -> None:
    Firm.objects.filter(pk=ana.firm_id).update(region=region, address="12, rue Saint-Paul, bureau 400\nMontréal (Québec)\nH2Y 1H2")
    calendar = service_calendar(with_so_many(ana, number, language=language))
    reader = PdfReader(io.BytesIO(calendar_document(calendar)))
    (page,) = reader.pages
    assert (int(page.mediabox.width), int(page.mediabox.height)) == paper
    assert min(sizes_of_type(page)) >= 7.5
    root: Any = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert roles(root["/StructTreeRoot"]) >= {"/H1", "/H2", "/Table", "/TH", "/TD"}
    text = " ".join(page.extract_text().split())
    assert [entry for entry in calendar.entries if entry.what not in text or entry.when not in text] == []
    assert [month.name for month in calendar.months if month.name not in text] == []
    assert calendar.courtesy in text


def test_where_there_is_little_room_a_months_entries_of_one_kind_share_a_line(ana: User) -> None:
    client = with_so_many(ana, 40, language="fr")
    letters = make_type(firm_id=client.firm_id, key="market_letter", name_en="Market letter", name_fr="Lettre des marchés")
    for day in (1, 10, 17):
        make_touchpoint(client=client, touchpoint_type=letters, due_on=date(2027, 3, day), channel="email")
    reader = PdfReader(io.BytesIO(calendar_document(service_calendar(client))))
    text = " ".join(reader.pages[0].extract_text().split())
    assert "vers les 1er, 10, 17 Lettre des marchés par courriel · notre équipe" in text
    # The adviser is named above: what the adviser does is said without a name.
    assert text.count("Ana Roy") == 1


# --- The address that the client holds ---


def shared(client: Client, by: User) -> str:
    return links.share_calendar(client=client, by=by)


def test_a_visitor_reads_the_calendar_at_its_address_in_the_clients_language(ana: User) -> None:
    key = shared(with_plan(ana), ana)
    response = Browser(headers={"accept-language": "en"}).get(reverse("shared_calendar", args=[key]))
    text = response.content.decode()
    assert response.status_code == 200
    for words in ('<html lang="fr">', "Votre calendrier de service", "Gagné, Élise", "Revue annuelle", "vers le 16 mars"):
        assert words in text
    assert "VIP" not in text
    assert response["Cache-Control"] == "no-store, private"
    assert (response["X-Robots-Tag"], response["Referrer-Policy"], response["Content-Language"]) == ("noindex, nofollow", "no-referrer", "fr")


def test_only_a_hash_of_the_key_is_kept(ana: User) -> None:
    key = shared(with_plan(ana), ana)
    (link,) = CalendarLink.objects.all()
    assert key not in str(link.__dict__)
    assert len(link.secret_hash) == 64


ROUTES = ["shared_calendar", "shared_calendar_pdf", "shared_calendar_feed"]


@pytest.mark.parametrize("route", ROUTES)
def test_a_new_address_ends_the_former_and_an_ended_one_shows_nothing(ana: User, route: str) -> None:
    client = with_plan(ana)
    former, key = shared(client, ana), shared(client, ana)
    answers = [Browser().get(reverse(route, args=[each])).status_code for each in (former, key)]
    links.stop_sharing(client=client, by=ana)
    assert [*answers, Browser().get(reverse(route, args=[key])).status_code] == [404, 200, 404]


@pytest.mark.parametrize("route", ROUTES)
def test_an_archived_clients_address_shows_nothing(ana: User, route: str) -> None:
    client = with_plan(ana)
    key = shared(client, ana)
    Client.objects.filter(pk=client.pk).update(archived_at="2026-11-01T00:00Z")
    assert Browser().get(reverse(route, args=[key])).status_code == 404
    with pytest.raises(links.ArchivedClient):
        shared(client, ana)


def test_a_key_opens_its_own_kind_of_page_alone(ana: User) -> None:
    clients, own = shared(with_plan(ana), ana), links.open_feed(by=ana)
    assert Browser().get(reverse("person_feed", args=[clients])).status_code == 404
    assert Browser().get(reverse("shared_calendar", args=[own])).status_code == 404


def test_a_key_of_another_firm_shows_that_firms_client_and_leaves_the_reader_in_their_own(ana: User, beta: Firm) -> None:
    key = shared(with_plan(ana), ana)
    enter_firm(beta.pk)
    bob = make_user(name="Bob Petit", role="adviser")
    browser = Browser()
    browser.force_login(bob)
    assert "Alpha Conseil" in browser.get(reverse("shared_calendar", args=[key])).content.decode()
    forged = key.replace(f"crm_{ana.firm_id}_", f"crm_{beta.pk}_")
    assert browser.get(reverse("shared_calendar", args=[forged])).status_code == 404


def test_who_does_not_serve_the_client_shares_nothing(ana: User) -> None:
    colleague, client = make_user(name="Carl Cyr", role="adviser"), with_plan(ana)
    with pytest.raises(NotInYourBook):
        shared(client, colleague)
    assert CalendarLink.objects.count() == 0


def test_reading_too_often_is_slowed_down(ana: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchpoints.service_calendar_views.MOST_A_MINUTE", 2)
    address = reverse("shared_calendar", args=[shared(with_plan(ana), ana)])
    assert [Browser().get(address).status_code for _time in range(3)] == [200, 200, 429]


def test_an_adviser_makes_replaces_and_ends_the_address_from_the_clients_page(ana: User) -> None:
    client = with_plan(ana)
    browser = Browser()
    browser.force_login(ana)
    assert "Revue annuelle" in browser.get(reverse("client_calendar", args=[client.pk])).content.decode()
    made = browser.post(reverse("client_calendar_share", args=[client.pk]))
    address = made.context["new_address"]
    assert Browser().get(address.split("8000")[1]).status_code == 200
    browser.post(reverse("client_calendar_stop", args=[client.pk]))
    assert Browser().get(address.split("8000")[1]).status_code == 404


def test_the_page_shows_what_the_client_sees_in_the_clients_language(ana: User) -> None:
    client = with_plan(ana)
    browser = Browser()
    browser.force_login(ana)  # she reads English
    with translation.override("en"):
        text = browser.get(reverse("client_calendar", args=[client.pk])).content.decode()
    assert "What the client sees" in text
    assert "Ce que vous recevrez" in text
