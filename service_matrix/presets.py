"""Ready-made matrices for the shipped segmentation schemes, by the key of the scheme's preset.

Segments are matched by rank. Figures: the practitioners' documents (Premium/Standard/Acquisition and AAA/AA/A state them;
VIP to Bronze are described in words, and the figures here are our reading of those words).
Answering the client is promised by none of them: it is the same courtesy for everyone, and has no date.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from clients.models import Channel
from service_matrix.catalogue import BY_KEY
from service_matrix.models import Performer
from service_matrix.promises import PromiseTerms, hang_as_usual, usual_window

# Answering a client, minutes a year, the same for every segment: four times a quarter of an hour, our reading; a firm writes its own.
REACTIVE_MINUTES = 60


@dataclass(frozen=True)
class MatrixPreset:
    key: str
    name: StrPromise
    description: StrPromise
    # Touchpoint type key → terms by rank, rank 1 first.
    rows: dict[str, tuple[PromiseTerms | None, ...]]

    @property
    def ranks(self) -> int:
        return max(len(row) for row in self.rows.values())


def _promise(
    type_key: str,
    times: int,
    times_at_most: int | None = None,
    *,
    channel: Channel | None = None,
    performer: Performer | None = None,
    minutes: int | None = None,
    is_spread: bool = False,
) -> PromiseTerms:
    shipped = BY_KEY[type_key]
    terms = PromiseTerms(
        times=times,
        times_at_most=times_at_most,
        channel=channel or shipped.channel,
        performer=performer or shipped.performer,
        minutes=shipped.minutes if minutes is None else minutes,
        window_days=usual_window(times_at_most or times),
    )
    return terms if is_spread else hang_as_usual(terms, type_key=type_key)


def _row(type_key: str, *times: int, is_spread: bool = False) -> tuple[PromiseTerms | None, ...]:
    """The type's own channel, performer, minutes and time of the year, so many times a year by rank; 0 promises nothing."""
    return tuple(_promise(type_key, count, is_spread=is_spread) if count else None for count in times)


_VIP_GOLD_SILVER_BRONZE = MatrixPreset(
    key="vip_gold_silver_bronze",
    name=_("VIP / Gold / Silver / Bronze"),
    description=_("From personalised premium support with exclusive events to light, digital-first follow-up."),
    rows={
        "planning_meeting": _row("planning_meeting", 1),
        "annual_review": (
            _promise("annual_review", 1, minutes=90),
            _promise("annual_review", 1),
            _promise("annual_review", 1, minutes=45),
            _promise("annual_review", 1, channel=Channel.VIDEO, minutes=30),
        ),
        "review_meeting": _row("review_meeting", 2, 1),
        "check_in_call": (
            _promise("check_in_call", 12),
            _promise("check_in_call", 4),
            _promise("check_in_call", 1, performer=Performer.EITHER),
        ),
        "life_event_contact": _row("life_event_contact", 2),
        "market_update": _row("market_update", 12, 4),
        "year_end_tax_checklist": _row("year_end_tax_checklist", 1, 1),
        "educational_email": _row("educational_email", 0, 0, 2, 2),
        "newsletter": _row("newsletter", 4, 4, 4, 4),
        "reporting": (
            _promise("reporting", 4, minutes=30),
            _promise("reporting", 4, minutes=20),
            _promise("reporting", 2),
            _promise("reporting", 1, channel=Channel.PORTAL, minutes=5),
        ),
        "birthday_greeting": (
            _promise("birthday_greeting", 1),
            _promise("birthday_greeting", 1),
            _promise("birthday_greeting", 1, channel=Channel.EMAIL),
        ),
        "season_greetings": (
            _promise("season_greetings", 1),
            _promise("season_greetings", 1),
            _promise("season_greetings", 1),
            _promise("season_greetings", 1, channel=Channel.EMAIL),
        ),
        "appreciation_event": _row("appreciation_event", 2),
    },
)

_AAA_AA_A = MatrixPreset(
    key="aaa_aa_a",
    name=_("AAA / AA / A"),
    description=_("Quarterly calls and two planning meetings for AAA, half-yearly contact and an annual review for AA, the essentials for A."),
    rows={
        "planning_meeting": _row("planning_meeting", 2),
        "annual_review": (None, _promise("annual_review", 1), _promise("annual_review", 1, channel=Channel.PHONE, minutes=30)),
        "check_in_call": _row("check_in_call", 4, 2),
        "life_event_contact": _row("life_event_contact", 2),
        "market_update": _row("market_update", 6),
        "educational_email": _row("educational_email", 0, 4),
        "newsletter": _row("newsletter", 4, 4, 2),
        # A third of a book’s cards, or the whole book’s tax lists, in one month are weeks far above the mean: a firm that wants it says so.
        "year_end_tax_checklist": _row("year_end_tax_checklist", 1, 1, 1, is_spread=True),
        "birthday_greeting": _row("birthday_greeting", 1),
        "season_greetings": _row("season_greetings", 1, is_spread=True),
        "appreciation_event": _row("appreciation_event", 1),
    },
)

_PREMIUM_STANDARD_ACQUISITION = MatrixPreset(
    key="premium_standard_acquisition",
    name=_("Premium / Standard / Acquisition"),
    description=_(
        "Three or four meetings, monthly calls and quarterly reports for Premium; one meeting, half-yearly calls, a yearly report for Acquisition."
    ),
    rows={
        "review_meeting": (_promise("review_meeting", 3, 4), _promise("review_meeting", 2), _promise("review_meeting", 1)),
        "check_in_call": _row("check_in_call", 12, 4, 2),
        "reporting": _row("reporting", 4, 2, 1),
    },
)

_STRATEGY_TABLE = MatrixPreset(
    key="strategy_table",
    name=_("A / B / C / D, strategy table"),
    description=_("Two meetings, a lunch-and-learn and a seminar for A; an annual meeting and a seminar for B; a yearly call for C."),
    rows={
        "review_meeting": _row("review_meeting", 2),
        "annual_review": _row("annual_review", 0, 1),
        # The table promises the call to C alone; our reading: A and B are called no less.
        "check_in_call": _row("check_in_call", 1, 1, 1),
        "newsletter": _row("newsletter", 4, 4, 4, 4),
        "training_seminar": _row("training_seminar", 1, 1),
        "lunch_and_learn": _row("lunch_and_learn", 1),
    },
)

_ABCD_ATTRIBUTES = MatrixPreset(
    key="abcd_attributes",
    name=_("A / B / C / D by attributes"),
    description=_("In person every half-year for A; frequent e-mails and an annual review in person for B; a yearly call for C."),
    rows={
        "review_meeting": _row("review_meeting", 2),
        "annual_review": _row("annual_review", 0, 1),
        "check_in_call": (_promise("check_in_call", 2), _promise("check_in_call", 1, channel=Channel.VIDEO), _promise("check_in_call", 1)),
        "market_update": _row("market_update", 12, 12),
        "newsletter": _row("newsletter", 4, 4, 4, 4),
    },
)

# The two that follow are described in words; the figures are our reading of those words.
_GAP = MatrixPreset(
    key="gap",
    name=_("GAP: Growth / Active / Passive"),
    description=_("Meetings and events that bring growth, flawless regular service for who is active, light follow-up for who is passive."),
    rows={
        "planning_meeting": _row("planning_meeting", 2),
        "annual_review": (None, _promise("annual_review", 1), _promise("annual_review", 1, channel=Channel.PHONE, minutes=30)),
        "check_in_call": _row("check_in_call", 4, 2),
        "market_update": _row("market_update", 4),
        "reporting": _row("reporting", 4, 4, 1),
        "newsletter": _row("newsletter", 4, 4, 4),
        "year_end_tax_checklist": _row("year_end_tax_checklist", 1, 1),
        "birthday_greeting": _row("birthday_greeting", 1, 1),
        "appreciation_event": _row("appreciation_event", 1),
    },
)

_VALUE_POTENTIAL = MatrixPreset(
    key="value_potential",
    name=_("Value × potential"),
    description=_("Partners met in person; regular calls for those to keep; video meetings for those to develop; e-mails for those to maintain."),
    rows={
        "planning_meeting": _row("planning_meeting", 2, 1),
        "annual_review": _row("annual_review", 1, 1),
        "review_meeting": (None, None, _promise("review_meeting", 2, channel=Channel.VIDEO, minutes=45)),
        "check_in_call": _row("check_in_call", 6, 6, 2),
        "market_update": _row("market_update", 6, 4, 4),
        "reporting": _row("reporting", 4, 4, 2, 1),
        "educational_email": _row("educational_email", 0, 0, 0, 2),
        "newsletter": _row("newsletter", 4, 4, 4, 4),
        "birthday_greeting": _row("birthday_greeting", 1, 1),
        "appreciation_event": _row("appreciation_event", 1),
    },
)

_ALL = (_VIP_GOLD_SILVER_BRONZE, _AAA_AA_A, _PREMIUM_STANDARD_ACQUISITION, _STRATEGY_TABLE, _ABCD_ATTRIBUTES, _GAP, _VALUE_POTENTIAL)
PRESETS: dict[str, MatrixPreset] = {preset.key: preset for preset in _ALL}

# Schemes that name the same levels as another, placed otherwise. Relational profiles have no matrix: they overlay one (overlay.py).
_SAME_LEVELS = {"wealth_bands": "vip_gold_silver_bronze", "top_tenth_with_floor": "vip_gold_silver_bronze"}


def preset_for(scheme_preset: str) -> MatrixPreset | None:
    """The matrix made for a scheme that came from this preset."""
    return PRESETS.get(_SAME_LEVELS.get(scheme_preset, scheme_preset))
