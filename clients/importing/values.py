"""Cells to values: amounts, counts, dates, choices, as people and other systems write them."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import validate_email


class Unreadable(Exception):
    """A cell that cannot be taken as it is. `problem` is a key of `report.PROBLEMS`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


# Ordinary, no-break, narrow no-break, thin, figure and punctuation spaces.
SPACES = " \u00a0\u202f\u2009\u2007\u2008\t"
_SPACE = re.compile(f"[{SPACES}]+")
_CURRENCY = re.compile(r"CA\$|US\$|C\$|\$ ?CA|\$ ?US|\$|€|£|CAD|EUR|USD", re.IGNORECASE)
_NUMBER = r"^(?P<whole>\d+|\d{{1,3}}(?:(?P<group>[ '{thousands}])\d{{3}})(?:(?P=group)\d{{3}})*)?(?:{mark}(?P<fraction>\d+))?$"
_PATTERNS = {",": re.compile(_NUMBER.format(thousands=r".", mark=",")), ".": re.compile(_NUMBER.format(thousands=",", mark=r"\."))}
_MONEY_DIGITS = 12
CENT = Decimal("0.01")


# A column of choices says the same few words on every row.
@lru_cache(maxsize=10_000)
def normalise(text: str) -> str:
    """Without accents, case, punctuation: how headings, names and choices are compared."""
    bare = "".join(
        letter for letter in unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe")) if not unicodedata.combining(letter)
    )
    return re.sub(r"[\W_]+", " ", bare.casefold()).strip()


def tidy(text: str) -> str:
    """One ordinary space between words, none around."""
    return _SPACE.sub(" ", text).strip()


def split_amount(text: str) -> tuple[bool, str, str] | None:
    """Whether it is negative, its digits with their separators, and its currency sign; None when it is no number."""
    body = tidy(text).replace("’", "'").replace("−", "-")
    negative = False
    if body.startswith("(") and body.endswith(")"):
        negative, body = True, body[1:-1]
    found = _CURRENCY.search(body)
    currency = found.group() if found else ""
    if found:
        body = (body[: found.start()] + body[found.end() :]).strip()
    for stripped in (body.removeprefix("-"), body.removesuffix("-")):
        if stripped != body:
            negative, body = True, stripped.strip()
            break
    if not body or not body[-1].isdigit() or not body.isascii():
        return None
    return negative, body, currency


def decimal_mark_of(body: str) -> tuple[str, bool] | None:
    """What the digits of one amount say about the file's decimal mark, and whether they leave no doubt."""
    comma, dot = _PATTERNS[","].match(body), _PATTERNS["."].match(body)
    if comma and dot:
        # 61,320 and 61.320: three digits after one separator are more often thousands than a fraction.
        if comma["fraction"] and dot["group"]:
            return ".", False
        if dot["fraction"] and comma["group"]:
            return ",", False
        return None
    if comma and (comma["fraction"] or comma["group"] == "."):
        return ",", True
    if dot and (dot["fraction"] or dot["group"] == ","):
        return ".", True
    return None


def read_amount(text: str, *, decimal_mark: str, problem: str = "unreadable_amount") -> Decimal:
    """Exact; the other decimal mark is understood where it can be nothing else."""
    parts = split_amount(text)
    if parts is None:
        raise Unreadable(problem)
    negative, body, _currency = parts
    other = "." if decimal_mark == "," else ","
    found = _PATTERNS[decimal_mark].match(body) or _PATTERNS[other].match(body)
    if found is None or not (found["whole"] or found["fraction"]):
        raise Unreadable(problem)
    whole = re.sub(r"\D", "", found["whole"] or "0")
    if len(whole.lstrip("0")) > _MONEY_DIGITS:
        raise Unreadable("amount_too_large")
    amount = Decimal(f"{whole}.{found['fraction'] or '0'}")
    return -amount if negative else amount


def read_money(text: str, *, decimal_mark: str) -> Decimal:
    """To the cent."""
    return read_amount(text, decimal_mark=decimal_mark).quantize(CENT, ROUND_HALF_EVEN)


def read_percent(text: str, *, decimal_mark: str) -> Decimal:
    """30 %, 30 and 0.3 (a spreadsheet's own percentage) are all 30."""
    body = tidy(text)
    signed = body.endswith("%")
    share = read_amount(body.removesuffix("%").strip(), decimal_mark=decimal_mark, problem="unreadable_percent")
    if not signed and 0 < share < 1:
        share *= 100
    if not 0 <= share <= 100:
        raise Unreadable("unreadable_percent")
    return share.quantize(CENT)


def read_count(text: str, *, decimal_mark: str, most: int = 32767, problem: str = "unreadable_count") -> int:
    amount = read_amount(text, decimal_mark=decimal_mark, problem=problem)
    if amount != amount.to_integral_value() or not 0 <= amount <= most:
        raise Unreadable(problem)
    return int(amount)


_TIME = r"(?:[T ]\d{1,2}[:h]\d{2}.*)?$"
_YEAR_FIRST = re.compile(r"^(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})" + _TIME)
_YEAR_LAST = re.compile(r"^(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})" + _TIME)
EARLIEST_YEAR, LATEST_YEAR = 1900, 2100


def date_order_of(text: str) -> str | None:
    """ "iso", "dmy" or "mdy" as far as one cell tells; "either" when day and month could change places; None: no date."""
    body = tidy(text)
    if _YEAR_FIRST.match(body):
        return "iso"
    found = _YEAR_LAST.match(body)
    if found is None:
        return None
    first, second = int(found[1]), int(found[3])
    if first > 12 and second <= 12:
        return "dmy"
    if second > 12 and first <= 12:
        return "mdy"
    return "either" if first <= 12 else None


def read_date(text: str, *, order: str, today: date) -> date:
    """A year of two digits is the latest one that is not to come."""
    body = tidy(text)
    found = _YEAR_FIRST.match(body)
    if found:
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    else:
        found = _YEAR_LAST.match(body)
        if found is None:
            raise Unreadable("unreadable_date")
        day, month = (int(found[1]), int(found[3])) if order == "dmy" else (int(found[3]), int(found[1]))
        year = int(found[4])
        if len(found[4]) == 2:
            year += 2000 if 2000 + year <= today.year else 1900
    try:
        value = date(year, month, day)
    except ValueError:
        raise Unreadable("impossible_date") from None
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise Unreadable("impossible_date")
    return value


def read_email(text: str) -> str:
    address = tidy(text).lower().removeprefix("mailto:")
    try:
        validate_email(address)
    except ValidationError:
        raise Unreadable("invalid_email") from None
    return address


_YES = frozenset({"oui", "yes", "true", "vrai", "o", "y", "x", "1"})
_NO = frozenset({"non", "no", "false", "faux", "n", "0"})


def read_yes_no(text: str) -> bool:
    word = normalise(text)
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Unreadable("unreadable_yes_no")


# Words of both languages and of other systems beside our own labels, which `read_choice` knows already.
_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "kind": {
        "individual": ("individu", "particulier", "personne", "personne physique", "person", "contact"),
        "household": ("menage", "famille", "foyer", "couple", "household", "family"),
        "company": ("societe", "entreprise", "compagnie", "personne morale", "organisation", "organization", "business"),
    },
    "status": {
        "client": ("client", "cliente", "actif", "active", "customer", "evangelist"),
        "prospect": ("prospect", "prospecte", "piste", "lead", "subscriber", "opportunity", "marketing qualified lead", "sales qualified lead"),
        "former": ("ancien", "ancien client", "ancienne cliente", "former", "former client", "inactif", "inactive", "perdu", "lost"),
    },
    "marital_status": {
        "single": ("celibataire", "single"),
        "married": ("marie", "mariee", "married"),
        "civil_union": ("pacse", "pacsee", "pacs", "union civile", "civil union", "uni civilement", "civil partnership"),
        "common_law": (
            "conjoint de fait",
            "conjointe de fait",
            "union libre",
            "union de fait",
            "concubin",
            "concubinage",
            "common law",
            "cohabiting",
        ),
        "divorced": ("divorce", "divorcee", "separe", "separee", "divorced", "separated"),
        "widowed": ("veuf", "veuve", "widowed", "widow", "widower"),
    },
    "risk_attitude": {
        "low": ("faible", "prudent", "prudente", "securitaire", "low", "conservative", "defensif"),
        "moderate": ("moderee", "modere", "equilibre", "equilibree", "moyenne", "moderate", "medium", "balanced"),
        "high": ("elevee", "eleve", "dynamique", "audacieux", "audacieuse", "offensif", "high", "growth", "aggressive"),
    },
    # Face to face asks for the most, remote service for less, no preference for the least.
    "desired_relationship": {
        "light": ("legere", "faible", "light", "low", "indifferent", "indifferente"),
        "moderate": ("moderee", "moyenne", "moderate", "medium", "a distance", "remote"),
        "high": ("elevee", "forte", "high", "close", "face a face", "en personne", "in person", "presentiel"),
    },
    "decision_style": {
        "autonomous": ("seul", "seule", "autonome", "decide seul", "decide seule", "alone", "independent"),
        "validating": ("valide", "validation", "a besoin de comprendre", "rationnel", "analytique", "analytical", "checks"),
        "shared": ("a deux", "en couple", "en famille", "collegial", "partage", "shared", "with spouse", "together"),
        "delegating": ("delegue", "delegation", "delegataire", "delegates", "delegate"),
    },
    "preferred_channel": {
        "in_person": ("en personne", "face a face", "rencontre", "presentiel", "in person", "meeting", "face to face"),
        "phone": ("telephone", "tel", "appel", "phone", "call", "mobile"),
        "video": ("visio", "visioconference", "video", "teams", "zoom", "a distance"),
        "email": ("courriel", "email", "e mail", "mail", "mel"),
        "sms": ("sms", "texto", "text", "text message"),
        "post": ("courrier", "poste", "post", "mail letter", "letter"),
        "portal": ("portail", "portail client", "espace client", "portal", "client portal"),
        "event": ("evenement", "event"),
    },
    "language": {
        "fr": ("fr", "francais", "francaise", "french", "fr ca", "fr fr", "f"),
        "en": ("en", "anglais", "anglaise", "english", "en ca", "en us", "en gb", "a"),
    },
}


_BETWEEN = re.compile(r"[,;|/\n]")


def read_choices(text: str, *, field: str, labels: Iterable[tuple[str, str]]) -> list[str]:
    """Several choices in one cell, separated by commas, semicolons, bars or slashes; a label may itself hold such a mark."""
    labels = list(labels)
    try:
        return [read_choice(text, field=field, labels=labels)]
    except Unreadable:
        return [read_choice(each, field=field, labels=labels) for each in _BETWEEN.split(text) if each.strip()]


def read_choice(text: str, *, field: str, labels: Iterable[tuple[str, str]]) -> str:
    """`labels` are (stored value, label) in any language. Endings in brackets, as in Marié(e), do not count."""
    words = {normalise(text), normalise(re.sub(r"\([^)]*\)", "", text))}
    for value, label in labels:
        if words & {normalise(value), normalise(label)}:
            return value
    for value, synonyms in _WORDS.get(field, {}).items():
        if words & set(synonyms):
            return value
    raise Unreadable("unknown_choice")
