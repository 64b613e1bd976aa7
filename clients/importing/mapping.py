"""Headings to attributes and adviser names to users, proposed from words and kept for the next file with the same headings."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from django.utils.text import capfirst, slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from django_stubs_ext import StrPromise

from clients.attributes import CATALOGUE, Attribute, Catalogue, FieldAttribute, Group, catalogue_of
from clients.importing.reading import Spreadsheet
from clients.importing.values import normalise, tidy
from clients.models import SavedMapping
from firms.models import Firm, User
from firms.permissions import Role
from firms.wall import across_firms, current_firm_id

# The built-in ones; those of the firm's own are in `importable`.
ATTRIBUTES: dict[str, FieldAttribute] = {found.key: found for found in CATALOGUE if isinstance(found, FieldAttribute) and found.is_writable}

# What a column may also say of a client, without being one attribute.
ADVISER, FULL_NAME, SPOUSE, HOUSEHOLD, NOTES = "adviser", "full_name", "spouse", "household", "notes"
# One of these is needed to know whom a row is about.
NAMES = ("last_name", FULL_NAME, "name")
OTHERS: dict[str, tuple[StrPromise, Group]] = {
    FULL_NAME: (_("First and last name together"), Group.IDENTITY),
    ADVISER: (_("Adviser"), Group.IDENTITY),
    SPOUSE: (_("Spouse or partner"), Group.IDENTITY),
    HOUSEHOLD: (_("Household"), Group.IDENTITY),
    NOTES: (_("Notes"), Group.RELATIONSHIP),
}

# Headings of spreadsheets in both languages, and of Salesforce, HubSpot, Pipedrive and O2S exports, as `normalise` writes them.
_HEADINGS: dict[str, str] = {
    "external_reference": """no client|numero client|numero de client|no de client|reference|reference client|ref|id|identifiant|identifiant client
        |code client|client id|client number|client no|account id|account number|contact id|record id|record id contact|person id
        |id externe|external id""",
    "name": """account name|nom du compte|nom du client|client name|company name|raison sociale|denomination|organization name|organisation
        |societe|foyer client""",
    "last_name": "nom|nom de famille|last name|surname|family name|nom d usage|nom usuel|patronyme",
    "first_name": "prenom|first name|given name|prenoms|prenom usuel",
    FULL_NAME: "nom complet|nom et prenom|nom prenom|prenom et nom|prenom nom|full name|contact name|contact|person name|nom du contact",
    "title": "civilite|titre|title|salutation|prefix",
    "email": """courriel|email|e mail|mail|mel|adresse courriel|adresse e mail|adresse email|adresse de courriel|courrier electronique
        |email address|email work|email home|email other|e mail 1|email 1|primary email|courriel principal""",
    "phone": """telephone|tel|portable|mobile|cellulaire|cell|telephone portable|telephone mobile|tel portable|telephone cellulaire|phone
        |phone number|mobile phone|mobile phone number|phone mobile|phone work|phone home|home phone|telephone principal
        |no de telephone|numero de telephone""",
    "birth_date": "date de naissance|ne e le|ne le|nee le|naissance|date naissance|birthdate|birth date|date of birth|birthday|dob|ddn",
    "city": "ville|commune|localite|city|town|mailing city|billing city|city town|municipalite|postal address city|adresse ville",
    "postal_code": """code postal|cp|postal code|zip|zip code|postcode|zip postal code|mailing zip postal code|mailing postal code
        |billing zip postal code|postal address zip postal code""",
    "province": """province|region|etat|departement|state|state province|state region|mailing state province|mailing state
        |billing state province|province ou region|postal address state county""",
    "marital_status": """etat civil|situation matrimoniale|situation familiale|statut matrimonial|statut civil|marital status|relationship status""",
    "matrimonial_regime": "regime matrimonial|matrimonial regime|marital regime",
    "children": "enfants|nb enfants|nombre d enfants|nb d enfants|enfants a charge|children|number of children|dependents|dependants",
    "occupation": "profession|csp|occupation|metier|emploi|fonction|job title|poste|categorie socioprofessionnelle",
    "income": """revenu annuel|revenus|revenus annuels|revenu|revenus du foyer|revenu du menage|revenu brut|annual income|income
        |household income|revenu annuel brut|salaire""",
    "net_worth": "valeur nette|patrimoine net|patrimoine|net worth|avoir net|total net worth|patrimoine global|actif net",
    "marginal_tax_rate": """tmi|taux marginal|taux marginal d imposition|tranche marginale
        |tranche marginale d imposition|marginal tax rate|tax bracket""",
    "wealth_tax": "ifi|isf|wealth tax|impot sur la fortune|impot sur la fortune immobiliere|assujetti ifi",
    "aum": """actif gere|actifs geres|encours|encours confies|encours confie|encours total|actif sous gestion|actifs sous gestion|aum
        |assets under management|total assets|investable assets|placements|encours geres""",
    "annual_revenue": """revenu genere|revenu genere 12 mois|revenus generes|commissions|commissions n 1|commission annuelle|honoraires|ca n 1
        |chiffre d affaires|revenue|revenue ltm|annual revenue|trailing revenue|revenue over 12 months|fees|remuneration""",
    "referrals_12_months": """references|references 12 mois|recommandations|recommandations 12 mois|referrals|referrals ltm|referrals 12 months
        |presentations|introductions""",
    "annual_cost": """cout annuel|cout de service|cout de service 12 mois|cout annuel de service|cout|couts|annual cost|cost to serve
        |annual cost to serve|cost|service cost""",
    "annual_renewals": "renouvellements|renouvellements annuels|nb renouvellements|renewals|annual renewals|number of renewals",
    "decision_style": """style de decision|mode de decision|style decisionnel|prise de decision|decision style|decision making style
        |decision making""",
    "satisfaction": "satisfaction|satisfaction client|note de satisfaction|client satisfaction|satisfaction score|csat",
    "power_balance": """rapport de force|rapport de force percu|rapport de pouvoir|equilibre des pouvoirs|balance of power|power balance
        |perceived balance of power""",
    "expectations": """attentes|niveau d attentes|niveau d attente|niveau d exigence|exigences|exigence|expectations|level of expectations
        |expectation level""",
    "products": """produits|produits detenus|produits et services|contrats|contrats detenus|placements detenus|products|products held
        |products and services|contracts|policies|holdings""",
    "risk_attitude": """tolerance au risque|profil de risque|profil investisseur
        |profil de l investisseur|risque|risk|risk tolerance|risk profile|sri""",
    "desired_relationship": "relation souhaitee|niveau de relation|relation desiree|desired relationship|service preference",
    "preferred_channel": """mode de communication prefere|mode de communication|canal prefere|canal de communication|moyen de contact prefere
        |preferred channel|preferred contact method|preferred communication|contact method""",
    "language": "langue|langue de correspondance|language|preferred language|langue preferee",
    "client_since": """client depuis|entree en relation|date d entree en relation|date entree en relation|depuis|client since|created date
        |create date|created|person created|start date|date de debut|account created date|date added""",
    "next_review_on": "prochaine revue|prochaine revision|prochain bilan|next review|next review date|date de revue",
    "potential": "potentiel|potentiel de developpement|potential|development potential",
    "relationship_quality": "qualite relation|qualite de la relation|qualite de relation|relationship quality|quality of relationship",
    "prescription": "prescription|influence|pouvoir de prescription|prescripteur|influence as referrer",
    "status": "statut|statut client|status|lifecycle stage|type de relation|contact status|client status|stade",
    "kind": "type de client|type client|nature|client type|account type|kind|type",
    ADVISER: """conseiller|conseiller principal|conseillere|conseiller attitre|adviser|advisor|account owner|contact owner|owner|person owner
        |proprietaire|gestionnaire|responsable|cgp|financial advisor|lead adviser|proprietaire du contact""",
    SPOUSE: """conjoint e|conjoint|conjointe|conjoint ou partenaire|spouse|partner|spouse name|spouse or partner|nom du conjoint|epoux
        |epouse""",
    HOUSEHOLD: "household|menage|famille|foyer|foyer fiscal|household name|nom du menage|family",
    NOTES: "notes|note|remarques|commentaires|commentaire|description|observations|comments",
}
_PREFIXES = re.compile(r"^(person|personne|contact|organization|deal|client) (?=\w)")
# The scale or unit some headings end in: Potentiel (0-10), Revenu annuel ($).
_UNITS = re.compile(r" (0 10|10|eur|cad|usd|euros?|dollars?|k)$")


def importable(catalogue: Catalogue) -> dict[str, Attribute]:
    """What a column may say of a client of this firm, by key."""
    return {key: found for key, found in catalogue.items() if found.is_writable}


@cache
def _known_headings() -> dict[str, str]:
    """Normalised heading → key: the words above, then our own labels in both languages, so our exports come back."""
    known = {heading.strip(): key for key, headings in _HEADINGS.items() for heading in headings.split("|")}
    for language in ("en", "fr", "fr-ca"):
        with override(language):
            for key, label in _labels(ATTRIBUTES.values()).items():
                known.setdefault(normalise(label), key)
    return known


def _own_headings(catalogue: Catalogue) -> dict[str, str]:
    """The same of the firm's own attributes."""
    offered = [found for found in catalogue.own.values() if not found.archived]
    return {normalise(label): found.key for found in reversed(offered) for label in (found.label_en, found.label_fr)}


def _labels(attributes: Iterable[Attribute]) -> dict[str, str]:
    return {found.key: found.label for found in attributes} | {key: str(capfirst(str(label))) for key, (label, _group) in OTHERS.items()}


def target_labels(catalogue: Catalogue | None = None) -> dict[str, str]:
    """What a column may be mapped to, with its label in the active language."""
    return _labels(importable(catalogue or catalogue_of(current_firm_id())).values())


def target_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """The same by group, for a menu."""
    groups: list[tuple[str, list[tuple[str, str]]]] = []
    targets = importable(catalogue_of(current_firm_id())).values()
    for group in Group:
        found = [(key, str(label)) for key, (label, of) in OTHERS.items() if of is group]
        found += [(attribute.key, attribute.label) for attribute in targets if attribute.group is group]
        if found:
            groups.append((str(group.label), found))
    return groups


@dataclass(kw_only=True)
class Mapping:
    """What a person decides before an import: kept with the batch and for the next file with the same headings."""

    # For each column, in order, a key of `target_labels` or "".
    columns: list[str]
    # Adviser names as the file has them → user ids; a name without a user makes its rows rejected.
    advisers: dict[str, int] = field(default_factory=dict)
    # Whose the clients without an adviser's name are.
    default_adviser: int | None = None
    # Said by a person when the file does not tell.
    date_order: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": self.columns,
            "advisers": self.advisers,
            "default_adviser": self.default_adviser,
            "date_order": self.date_order,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        return cls(**data)


def recognise_heading(heading: str, catalogue: Catalogue) -> str:
    """The key a heading stands for, or ""."""
    known = _known_headings() | _own_headings(catalogue)
    words = normalise(heading)
    for candidate in (words, _UNITS.sub("", words), _PREFIXES.sub("", words), _UNITS.sub("", _PREFIXES.sub("", words))):
        if candidate in known:
            return known[candidate]
    return ""


def propose_columns(headings: list[str]) -> list[str]:
    """A key for each heading; the first of two columns that say the same keeps it."""
    columns: list[str] = []
    catalogue = catalogue_of(current_firm_id())
    for heading in headings:
        key = recognise_heading(heading, catalogue)
        columns.append("" if key in columns else key)
    if "last_name" in columns and "first_name" not in columns:
        # « Nom » alone holds the whole name.
        columns[columns.index("last_name")] = "" if FULL_NAME in columns else FULL_NAME
    return columns


def signature_of(headings: list[str]) -> str:
    return hashlib.sha256(json.dumps([normalise(heading) for heading in headings]).encode()).hexdigest()


def possible_advisers() -> list[User]:
    """Users of this firm who may lead clients."""
    return list(User.objects.filter(firm_id=current_firm_id(), role__in=(Role.ADVISER, Role.ADMIN), is_active=True))


def adviser_names(sheet: Spreadsheet, columns: list[str]) -> Counter[str]:
    """The names in the adviser column with their number of rows, most frequent first."""
    if ADVISER not in columns:
        return Counter()
    place = columns.index(ADVISER)
    return Counter(row.cells[place] for row in sheet.rows if row.cells[place])


def match_advisers(names: list[str], users: list[User]) -> dict[str, int]:
    """Names to users by name (in either order) or e-mail; a name that two users bear is left to a person."""
    known: dict[str, set[int]] = {}
    for user in users:
        words = normalise(user.name).split()
        for form in {" ".join(words), " ".join(words[1:] + words[:1]), " ".join(words[-1:] + words[:-1]), normalise(user.email)}:
            known.setdefault(form, set()).add(user.pk)
    found = {name: known.get(normalise(name), set()) for name in names}
    return {name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1}


def propose_mapping(sheet: Spreadsheet) -> Mapping:
    """Last time's decisions for the same headings, completed by what words tell."""
    saved = SavedMapping.objects.filter(firm_id=current_firm_id(), signature=signature_of(sheet.headings)).first()
    mapping = Mapping.from_json(saved.columns) if saved else Mapping(columns=propose_columns(sheet.headings))
    targets = target_labels()
    mapping.columns = [key if key in targets else "" for key in mapping.columns]
    users = possible_advisers()
    ids = {user.pk for user in users}
    remembered = {name: user_id for name, user_id in mapping.advisers.items() if user_id in ids}
    names = list(adviser_names(sheet, mapping.columns))
    mapping.advisers = match_advisers(names, users) | {name: remembered[name] for name in names if name in remembered}
    if mapping.default_adviser not in ids:
        mapping.default_adviser = None
    return mapping


def save_mapping(headings: list[str], mapping: Mapping) -> None:
    SavedMapping.objects.update_or_create(firm_id=current_firm_id(), signature=signature_of(headings), defaults={"columns": mapping.as_json()})


# A domain that never receives mail.
PLACEHOLDER = ".invalid"


def _signs_in_somewhere(address: str) -> bool:
    """Addresses are unique across firms: another firm of this name may have someone of that name."""
    with across_firms():
        return User.objects.filter(email__iexact=address).exists()


def create_missing_advisers(names: Iterable[str], *, firm: Firm) -> list[User]:
    """Users for adviser names that match nobody: they lead clients but cannot sign in until an admin gives a real address."""
    created = []
    for name in dict.fromkeys(names):
        words = ".".join(slugify(word) for word in name.split())
        address, number = f"{words}@{slugify(firm.name)}{PLACEHOLDER}", 1
        while _signs_in_somewhere(address):
            number += 1
            address = f"{words}{number}@{slugify(firm.name)}{PLACEHOLDER}"
        user = User(firm=firm, email=address, name=tidy(name), role=Role.ADVISER, language=firm.language)
        user.set_unusable_password()
        user.save()
        created.append(user)
    return created
