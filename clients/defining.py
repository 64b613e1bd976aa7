"""The attributes a firm defines for itself, and its list of products: define, change, archive, delete.

Higher rooms say what uses an attribute (`uses_of`): what is used is archived, never deleted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Now
from django.utils.text import slugify
from django.utils.translation import gettext as _

from clients.attributes import PRODUCTS, catalogue_of
from clients.attributes.own import PREFIX, Choice
from clients.conditions import choices_named
from clients.importing.values import normalise
from clients.models import AttributeDefinition, AttributeGroup, Client, OwnType, SavedFilter
from firms.models import User

MOST_CHOICES = 100
MOST_ATTRIBUTES = 100
WITH_CHOICES = frozenset({OwnType.CHOICE, OwnType.CHOICES})
# Where an attribute of the firm's own may stand: identity and contact details are the product's.
GROUPS = tuple(group for group in AttributeGroup if group not in {AttributeGroup.IDENTITY, AttributeGroup.CONTACT})
# What nobody is scored by (D5), in both languages as `normalise` writes it.
_PERSONALITY = frozenset({"personality", "personnalite", "temperament", "caractere", "character", "likeability", "sympathie", "antipathie"})

# (firm id, attribute key) → the names of what uses it, in the active language.
User_ = Callable[[int, str], list[str]]
_users: list[User_] = []


def say_what_uses(user: User_) -> User_:
    """Register how a room tells what it uses an attribute for."""
    _users.append(user)
    return user


# (firm id, attribute key) → the choices of it that are asked for: left out, they are archived and not removed.
Namer = Callable[[int, str], set[str]]
_namers: list[Namer] = []


def say_which_choices(namer: Namer) -> Namer:
    """Register how a room tells which choices it asks for."""
    _namers.append(namer)
    return namer


@say_which_choices
def _choices_of_saved_filters(firm_id: int, key: str) -> set[str]:
    conditions = SavedFilter.objects.filter(firm_id=firm_id).values_list("conditions", flat=True)
    return {choice for written in conditions for choice in choices_named(written, key)}


def uses_of(firm_id: int, key: str) -> list[str]:
    return [use for user in _users for use in user(firm_id, key)]


class AttributeInUse(Exception):
    """Something uses the attribute: it can be archived, not deleted. `uses` names it."""

    def __init__(self, uses: list[str]) -> None:
        super().__init__(uses)
        self.uses = uses


@dataclass(frozen=True, kw_only=True)
class ChoiceDraft:
    """A choice as a person writes it; `value` is empty for a new one."""

    en: str
    fr: str
    value: str = ""
    archived: bool = False


@dataclass(frozen=True, kw_only=True)
class AttributeDraft:
    label_en: str
    label_fr: str
    definition_en: str
    definition_fr: str
    group: str
    # Said once: it tells how what is stored reads.
    type: str
    choices: tuple[ChoiceDraft, ...] = ()


@transaction.atomic
def define_attribute(*, draft: AttributeDraft, by: User) -> AttributeDefinition:
    """Add an attribute of the firm's own. Raises ValidationError."""
    definition = AttributeDefinition(firm_id=by.firm_id, type=draft.type)
    _fill(definition, draft)
    taken = set(AttributeDefinition.objects.filter(firm_id=by.firm_id).values_list("slug", flat=True)) | {PRODUCTS}
    if len(taken) > MOST_ATTRIBUTES:
        raise ValidationError(_("A firm defines at most %(most)s attributes.") % {"most": MOST_ATTRIBUTES})
    definition.slug = _free_slug(draft.label_en, taken)
    definition.full_clean(exclude=["firm", "choices"], validate_constraints=False)
    try:
        with transaction.atomic():
            definition.save()
    except IntegrityError:
        raise ValidationError(_("A colleague just added an attribute of this name.")) from None
    return definition


@transaction.atomic
def change_attribute(*, definition: AttributeDefinition, draft: AttributeDraft, by: User) -> AttributeDefinition:
    """Change its words, its group and its choices; the type stays. A choice left out is removed when no client has it and
    no condition asks for it, and otherwise no longer offered. Raises ValidationError."""
    kept = AttributeDefinition.objects.select_for_update().get(firm_id=by.firm_id, pk=definition.pk)
    _fill(kept, draft)
    kept.full_clean(exclude=["firm", "choices", "slug"], validate_constraints=False)
    kept.save()
    return kept


@transaction.atomic
def change_products(*, choices: tuple[ChoiceDraft, ...], by: User) -> AttributeDefinition:
    """Make the list of products the firm's own. Raises ValidationError."""
    shipped = catalogue_of(by.firm_id).own[PRODUCTS]
    defaults = {
        "type": OwnType.CHOICES, "group": AttributeGroup.PRODUCTS, "label_en": shipped.label_en, "label_fr": shipped.label_fr,
        "definition_en": shipped.definition_en, "definition_fr": shipped.definition_fr, "choices": [vars(choice) for choice in shipped.all_choices],
    }  # fmt: skip
    definition, _created = AttributeDefinition.objects.get_or_create(firm_id=by.firm_id, slug=PRODUCTS, defaults=defaults)
    kept = AttributeDefinition.objects.select_for_update().get(pk=definition.pk)
    kept.choices = _choices(kept, choices)
    kept.save()
    return kept


@transaction.atomic
def archive_attribute(*, definition: AttributeDefinition, by: User) -> bool:
    """Offer it no longer; its values and what uses it stay. False when it was archived already, or is the list of products."""
    offered = AttributeDefinition.objects.filter(firm_id=by.firm_id, pk=definition.pk, archived_at=None).exclude(slug=PRODUCTS)
    return bool(offered.update(archived_at=Now()))


@transaction.atomic
def restore_attribute(*, definition: AttributeDefinition, by: User) -> bool:
    """Offer it again. False when it already is."""
    archived = AttributeDefinition.objects.filter(firm_id=by.firm_id, pk=definition.pk).exclude(archived_at=None)
    return bool(archived.update(archived_at=None))


@transaction.atomic
def delete_attribute(*, definition: AttributeDefinition, by: User) -> int:
    """Remove it with its values, which stay in the clients' history. Returns how many clients had one. Raises AttributeInUse."""
    kept = AttributeDefinition.objects.select_for_update().get(firm_id=by.firm_id, pk=definition.pk)
    uses = uses_of(by.firm_id, PREFIX + kept.slug) if kept.slug != PRODUCTS else [str(kept)]
    if uses:
        raise AttributeInUse(uses)
    emptied = "UPDATE clients_client SET own = own - %s, updated_at = now() WHERE firm_id = %s AND own ? %s"
    with connection.cursor() as cursor:
        cursor.execute(emptied, [kept.slug, by.firm_id, kept.slug])
        touched = cursor.rowcount
    kept.delete()
    return int(touched)


def _fill(definition: AttributeDefinition, draft: AttributeDraft) -> None:
    faults: dict[str, str] = {}
    for name in ("label_en", "label_fr", "definition_en", "definition_fr"):
        text = getattr(draft, name).strip()
        setattr(definition, name, text)
        if name.startswith("label") and set(normalise(text).split()) & _PERSONALITY:
            faults[name] = _("Personality is never measured. Flag the client as a deal-breaker instead, and say why.")
    definition.group = draft.group
    if draft.group not in GROUPS:
        faults["group"] = _("Choose a group.")
    if faults:
        raise ValidationError(faults)
    definition.choices = _choices(definition, draft.choices) if definition.type in WITH_CHOICES else []


def _choices(definition: AttributeDefinition, drafts: tuple[ChoiceDraft, ...]) -> list[dict[str, Any]]:
    known = {choice["value"]: choice for choice in definition.choices}
    taken = set(known)
    made: list[Choice] = []
    for draft in drafts:
        if not draft.en.strip() or not draft.fr.strip():
            raise ValidationError({"choices": _("Write each choice in both languages.")})
        value = draft.value if draft.value in known else _free_slug(draft.en, taken)
        taken.add(value)
        made.append(Choice(value, draft.en.strip()[:80], draft.fr.strip()[:80], draft.archived))
    for language in ("en", "fr"):
        labels = [normalise(getattr(choice, language)) for choice in made if not choice.archived]
        if len(labels) != len(set(labels)):
            raise ValidationError({"choices": _("Two choices read the same.")})
    left_out = known.keys() - {choice.value for choice in made}
    kept = _held(definition, sorted(left_out)) | left_out & _asked_for(definition) if left_out else set()
    made += [Choice(value, known[value]["en"], known[value]["fr"], archived=True) for value in known if value in kept]
    if not any(not choice.archived for choice in made):
        raise ValidationError({"choices": _("Give at least one choice.")})
    if len(made) > MOST_CHOICES:
        raise ValidationError({"choices": _("At most %(most)s choices.") % {"most": MOST_CHOICES}})
    return [vars(choice) for choice in made]


def _held(definition: AttributeDefinition, values: list[str]) -> set[str]:
    """Those of the values that some client has."""
    clients = Client.objects.filter(firm_id=definition.firm_id)
    clients = clients.annotate(list=KeyTransform(definition.slug, "own"), one=KeyTextTransform(definition.slug, "own"))
    lookup = "list__contains" if definition.type == OwnType.CHOICES else "one"
    return {value for value in values if clients.filter(**{lookup: value}).exists()}


def _asked_for(definition: AttributeDefinition) -> set[str]:
    key = PRODUCTS if definition.slug == PRODUCTS else PREFIX + definition.slug
    return {choice for namer in _namers for choice in namer(definition.firm_id, key)}


def _free_slug(label: str, taken: set[str]) -> str:
    """Letters, digits and underscores, beginning with a letter: PostgreSQL would read a number as a place in a list."""
    plain = slugify(normalise(label)).replace("-", "_").strip("_")[:34] or "attribute"
    plain = plain if plain[0].isalpha() else f"a_{plain}"
    slug, number = plain, 2
    while slug in taken:
        slug, number = f"{plain}_{number}", number + 1
    return slug
