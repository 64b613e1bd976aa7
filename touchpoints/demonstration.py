"""Two demonstration firms with a past: books imported, schemes and matrices published, a year planned and partly done."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from clients.models import Channel, Client, Interaction
from firms.models import Firm, PlanningRequest, Region, Support, User
from firms.onboarding import create_firm
from firms.permissions import Role
from firms.wall import across_firms, acting_for
from firms.working_time import SERVING, Terms, set_role_terms
from segmentation.models import Assignment, Scheme
from service_matrix.strategies import fill_in_strategies
from service_matrix.strategy_lines import STRATEGY_LINES
from touchpoints.demonstration_clients import enrich
from touchpoints.models import Status, Touchpoint
from touchpoints.planning import mark_missed, reconcile

PASSWORD = "demonstration"  # noqa: S105  (printed for whoever runs bin/dev)
DATA = Path(__file__).resolve().parent.parent / "data"
# The firms have kept their promises for this long.
PAST = timedelta(days=120)
# Of a hundred touchpoints due more than GRACE ago: done up to 90, skipped up to 93, then left to run late or be missed.
GRACE = timedelta(days=6)
DONE, SKIPPED = 90, 93
# How many clients of the lowest level call more often than anyone planned.
CALLERS = 5


@dataclass(frozen=True)
class Demonstration:
    name: str
    region: Region
    book: str
    preset: str
    # E-mail, name, role; the first is the administrator, the assistant supports every adviser.
    people: tuple[tuple[str, str, Role], ...]
    contexts: tuple[str, ...]
    skip_reason: str
    # An hour of an adviser and of an assistant, in the region's currency: our reading.
    hourly_costs: tuple[Decimal, Decimal]


DEMONSTRATIONS = (
    Demonstration(
        name="Groupe Boréal",
        region=Region.QUEBEC,
        book="book-quebec.csv",
        preset="premium_standard_acquisition",
        people=(
            ("isabelle@boreal.example", "Isabelle Tremblay", Role.ADMIN),
            ("marc-andre@boreal.example", "Marc-André Gagné", Role.ADVISER),
            ("elodie@boreal.example", "Élodie Lefèvre-Côté", Role.ADVISER),
            ("nathalie@boreal.example", "Nathalie Bélanger", Role.ADVISER),
            ("sophie@boreal.example", "Sophie Nguyen", Role.ASSISTANT),
            ("daniel@boreal.example", "Daniel Fortin", Role.COMPLIANCE),
        ),
        contexts=(
            "Sa fille commence ses études à Sherbrooke en septembre.\nHésite à vendre le chalet de Saint-Sauveur.",
            "Opération au genou au printemps : préfère la visio.\nVeut parler du REEE de son petit-fils.",
            "Vend son cabinet d’ici deux ans ; la relève est trouvée.\nJoue au curling le mardi, ne pas appeler l’après-midi.",
        ),
        skip_reason="En voyage, à recontacter au prochain rendez-vous",
        hourly_costs=(Decimal(85), Decimal(42)),
    ),
    Demonstration(
        name="Cabinet Rivoli",
        region=Region.FRANCE,
        book="book-france.csv",
        preset="vip_gold_silver_bronze",
        people=(
            ("helene@rivoli.example", "Hélène Marchand", Role.ADMIN),
            ("aicha@rivoli.example", "Aïcha Benali", Role.ADVISER),
            ("thibault@rivoli.example", "Thibault d'Aubigné", Role.ADVISER),
            ("jean-noel@rivoli.example", "Jean-Noël Œuvrard", Role.ADVISER),
            ("camille@rivoli.example", "Camille Moreau", Role.ADVISER),
            ("manon@rivoli.example", "Manon Petit", Role.ASSISTANT),
            ("luc@rivoli.example", "Luc Garnier", Role.COMPLIANCE),
        ),
        contexts=(
            "Donation aux enfants à préparer avant ses 70 ans.\nRentre d’un long voyage au Japon.",
            "Cherche un bien locatif à Nantes.\nSon fils vient d’ouvrir son restaurant.",
            "Succession de sa mère en cours chez Maître Lebrun.\nPréfère être appelée le matin.",
        ),
        skip_reason="Client en déplacement, vu la semaine suivante",
        hourly_costs=(Decimal(75), Decimal(36)),
    ),
)


def create_demonstrations() -> list[Firm]:
    """Create the demonstration firms that do not exist yet. Returns those created."""
    with across_firms():
        existing = set(Firm.objects.values_list("name", flat=True))
    return [_create(demonstration) for demonstration in DEMONSTRATIONS if demonstration.name not in existing]


def _create(demonstration: Demonstration) -> Firm:
    # One transaction: an interrupted first start leaves no half-made firm behind.
    with transaction.atomic():
        firm = create_firm(name=demonstration.name, region=demonstration.region)
        with acting_for(firm.pk):
            _create_people(demonstration)
        # The commands' own reports go nowhere: the logins are the report.
        admin = next(email for email, _name, role in demonstration.people if role == Role.ADMIN)
        call_command("import_clients", str(firm.pk), str(DATA / demonstration.book), by=admin, verbosity=0, stdout=StringIO())
        call_command("publish_scheme", str(firm.pk), demonstration.preset, by=admin, stdout=StringIO())
        call_command("publish_matrix", str(firm.pk), demonstration.preset, by=admin, stdout=StringIO())
        today = timezone.localdate(timezone=ZoneInfo(firm.time_zone))
        with acting_for(firm.pk):
            Assignment.objects.update(starts_on=today - PAST)
            _write_contexts(demonstration)
            _say_what_it_costs_and_brings(demonstration)
            enrich(firm=firm, today=today)
        reconcile(firm_id=firm.pk, start=today - PAST)
        with acting_for(firm.pk):
            _live_the_past(firm, demonstration)
            _answer_who_calls_often(firm, today=today)
        mark_missed(firm_id=firm.pk, today=today)
        # The first plan reached a year from the past: the months until a year from today come now, as they would in a night.
        reconcile(firm_id=firm.pk, start=today)
        with acting_for(firm.pk):
            Firm.objects.filter(pk=firm.pk).update(planned_on=today)
            PlanningRequest.objects.filter(firm_id=firm.pk).delete()
    return firm


def _create_people(demonstration: Demonstration) -> None:
    users = []
    for email, name, role in demonstration.people:
        user = User(email=email, name=name, role=role, language="fr")
        user.set_password(PASSWORD)
        user.save()
        users.append(user)
    assistant = next(user for user in users if user.role == Role.ASSISTANT)
    Support.objects.bulk_create(Support(assistant=assistant, adviser=user) for user in users if user.role == Role.ADVISER)


def _write_contexts(demonstration: Demonstration) -> None:
    """Something personal to say to every fourth client."""
    clients = list(Client.objects.order_by("pk")[::4])
    for number, client in enumerate(clients):
        client.personal_context = demonstration.contexts[number % len(demonstration.contexts)]
    Client.objects.bulk_update(clients, ["personal_context"], batch_size=500)


def _say_what_it_costs_and_brings(demonstration: Demonstration) -> None:
    """An hour of each role, and the strategy table's revenue and technology of each segment; its activities stay those promised.

    Three levels share its four lines: the lowest brings what its two lowest do.
    """
    admin = User.objects.get(role=Role.ADMIN)
    costs = {role.value: Terms(hourly_cost=cost) for role, cost in zip(SERVING, demonstration.hourly_costs, strict=True)}
    set_role_terms(terms=costs, assistant_percent=50, by=admin)
    scheme = Scheme.objects.get(is_service=True)
    lines = [replace(line, activities_en="", activities_fr="") for line in STRATEGY_LINES["strategy_table"]]
    if scheme.segments.count() == 3:
        lines[2:] = [replace(lines[3], revenue_to=lines[2].revenue_to)]
    fill_in_strategies(scheme=scheme, lines=lines, by=admin)


def _answer_who_calls_often(firm: Firm, *, today: date) -> None:
    """A few clients of the lowest level who call every week or two: more time than their segment is promised."""
    zone = ZoneInfo(firm.time_zone)
    lowest = Assignment.objects.filter(scheme__is_service=True, ends_on=None, client__archived_at=None).order_by("-segment__rank", "client_id")
    calls = [
        Interaction(
            client_id=place.client_id,
            happened_at=datetime.combine(today - timedelta(days=3 + number + 11 * call), time(10 + number, 20), tzinfo=zone),
            channel=Channel.PHONE,
            subject="Question au téléphone",
            by_id=place.client.adviser_id,
        )
        for number, place in enumerate(lowest.select_related("client")[: 30 * CALLERS : 30])
        for call in range(8 - number)
    ]
    Interaction.objects.bulk_create(calls)


def _live_the_past(firm: Firm, demonstration: Demonstration) -> None:
    """What was due was mostly done on its day, sometimes skipped, now and then forgotten."""
    zone = ZoneInfo(firm.time_zone)
    today = timezone.localdate(timezone=zone)
    assistant = User.objects.get(role=Role.ASSISTANT)
    interactions, closed = [], []
    for touchpoint in Touchpoint.objects.filter(due_on__lt=today - GRACE).select_related("touchpoint_type", "adviser").order_by("pk"):
        # Fibonacci hashing scatters consecutive rows evenly over a hundred.
        chance = touchpoint.pk * 2_654_435_769 % 2**32 * 100 >> 32
        if chance >= SKIPPED:
            continue
        touchpoint.closed_at = datetime.combine(touchpoint.due_on, time(9 + chance % 8, 5 * (chance % 12)), tzinfo=zone)
        touchpoint.closed_by = touchpoint.adviser if touchpoint.performer == "adviser" else assistant
        closed.append(touchpoint)
        if chance >= DONE:
            touchpoint.status, touchpoint.reason = Status.SKIPPED, demonstration.skip_reason
            continue
        touchpoint.status = Status.DONE
        touchpoint.interaction = Interaction(
            client_id=touchpoint.client_id,
            happened_at=touchpoint.closed_at,
            channel=touchpoint.channel,
            subject=touchpoint.touchpoint_type.name_fr,
            by=touchpoint.closed_by,
        )
        interactions.append(touchpoint.interaction)
    Interaction.objects.bulk_create(interactions, batch_size=1000)
    Touchpoint.objects.bulk_update(closed, ["status", "reason", "closed_at", "closed_by", "interaction"], batch_size=1000)
