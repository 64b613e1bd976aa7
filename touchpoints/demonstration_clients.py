"""What the demonstration firms know of their clients beyond the spreadsheet: money over time, referrals, products, deal-breakers."""

from datetime import date, timedelta
from decimal import Decimal

from clients.amounts import bring_up_to_date, whole_year
from clients.defining import AttributeDraft, ChoiceDraft, define_attribute
from clients.keeping import flag_deal_breaker, record_reason
from clients.models import Amount, AmountKind, Client, LifeEvent, Referral
from firms.models import Firm, Region, User
from firms.permissions import Role

QUARTERS = 8
_INTRODUCED = ("Mélanie Roy", "Karim Haddad", "Sophie Lavoie", "Julien Mercier", "Fatou Diallo", "Pierre Gauthier")
_PRODUCTS = {
    Region.QUEBEC: ("life_insurance", "critical_illness", "rrsp", "tfsa", "resp", "non_registered", "mortgage", "financial_plan"),
    Region.FRANCE: ("life_insurance", "per", "pea", "securities_account", "scpi", "rental_property", "mortgage", "wealth_review"),
}
_LIVED = (
    ("birth", "Une petite-fille, Léa"),
    ("home", "Chalet à Saint-Donat"),
    ("retirement", ""),
    ("business", "Vente de la clinique à son associée"),
    ("studies", "L’aîné entre en médecine"),
    ("death", "Sa mère"),
)
_STYLES = ("autonomous", "validating", "shared", "delegating")
_HARD = (
    "Élève la voix quand on ne rappelle pas dans l’heure. L’adjointe ne prend plus ses appels.",
    "Remet en cause chaque facture, puis demande une réduction.",
)


def enrich(*, firm: Firm, today: date) -> None:
    """Give every client something of each, the same at every start: the rest of a division tells who gets what."""
    admin = User.objects.filter(role=Role.ADMIN).order_by("pk")[0]
    _define_attributes(admin)
    clients = list(Client.objects.order_by("pk"))
    products = _PRODUCTS[Region(firm.region)]
    for number, client in enumerate(clients):
        held = [product for place, product in enumerate(products) if (3 * number + 5 * place) % 7 < 2]
        client.own = ({"products": held} if held else {}) | ({"origin": ("a_relative", "an_event", "the_web")[number % 3]} if number % 2 else {})
        client.satisfaction = 5 + number * 7 % 6
        client.power_balance, client.expectations = number * 3 % 11, number * 7 % 11
        client.decision_style = _STYLES[number % len(_STYLES)]
        client.annual_renewals = number % 4
    Client.objects.bulk_update(clients, ["own", "satisfaction", "power_balance", "expectations", "decision_style", "annual_renewals"], batch_size=500)
    Amount.objects.bulk_create(_past(clients, today=today, by=admin), batch_size=2000)
    bring_up_to_date(firm_id=firm.pk, on=today, client_ids=[client.pk for client in clients])
    Referral.objects.bulk_create(_referrals(clients, today=today))
    LifeEvent.objects.bulk_create(_life_events(clients, today=today))
    _flag(clients, admin=admin)


def _define_attributes(admin: User) -> None:
    origins = (("A relative", "Un proche"), ("An event", "Un événement"), ("The web", "Le web"))
    define_attribute(
        draft=AttributeDraft(
            label_en="Origin",
            label_fr="Origine",
            definition_en="How the client first heard of the firm.",
            definition_fr="Comment le client a entendu parler du cabinet pour la première fois.",
            group="relationship",
            type="choice",
            choices=tuple(ChoiceDraft(en=en, fr=fr) for en, fr in origins),
        ),
        by=admin,
    )


def _past(clients: list[Client], *, today: date, by: User) -> list[Amount]:
    """Assets at the end of each quarter, a year's cost, and what came in or went out."""
    rows = []
    for number, client in enumerate(clients):
        first, last = whole_year(today)
        cost = (client.annual_revenue or Decimal(0)) * (20 + number % 50) / 100
        rows.append(Amount(client=client, kind=AmountKind.COST, starts_on=first, ends_on=last, amount=round(cost, 2), source="entered", by=by))
        if client.aum is None:
            continue
        for quarter in range(1, QUARTERS + 1):
            day = today - timedelta(days=91 * quarter)
            growth = Decimal(100 - quarter * (1 + number % 4) + number * quarter % 3) / 100
            amount = round(client.aum * growth, 2)
            rows.append(Amount(client=client, kind=AmountKind.AUM, starts_on=day, ends_on=day, amount=amount, source="entered", by=by))
        moved = round(client.aum * (number % 9 - 2) / 100, 2)
        day = today - timedelta(days=30 + number % 300)
        rows.append(Amount(client=client, kind=AmountKind.NET_INFLOW, starts_on=day, ends_on=day, amount=moved, source="entered", by=by))
    return rows


def _referrals(clients: list[Client], *, today: date) -> list[Referral]:
    return [
        Referral(
            client=client,
            name=_INTRODUCED[(number + turn) % len(_INTRODUCED)],
            made_on=today - timedelta(days=15 + 97 * turn + number % 60),
            led_to_meeting=(number + turn) % 3 > 0,
            converted=(number + turn) % 4 == 1,
            quality=4 + (number + turn) % 7,
            by=client.adviser,
        )
        for number, client in enumerate(clients)
        if number % 5 == 0
        for turn in range(1 + number % 3)
    ]


def _life_events(clients: list[Client], *, today: date) -> list[LifeEvent]:
    """A few of some clients: past ones, and one to come."""
    return [
        LifeEvent(client=client, on=today - timedelta(days=(number * 13 + turn * 200) % 500 - 40), kind=kind, words=words, by=client.adviser)
        for number, client in enumerate(clients)
        if number % 4 == 0
        for turn, (kind, words) in enumerate(_LIVED[number % 3 :: 3])
    ]


def _flag(clients: list[Client], *, admin: User) -> None:
    """Two clients hard to serve, one of them explained; and one kept for the sake of another."""
    for client, note in zip(clients[7:60:40], _HARD, strict=True):
        flag_deal_breaker(client=client, by=admin, note=note)
    record_reason(client=clients[7], by=admin, reason="referrer", note="Nous a présenté trois familles en deux ans.")
    record_reason(client=clients[21], by=admin, reason="relative", related_client=clients[3], note="Fils du client ; encours modeste.")
