"""Keeping, changing and applying saved filters. What is refused is refused by name, with nothing written."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.attributes import Catalogue
from clients.conditions import Group, as_json, expression, parse
from clients.models import Client, SavedFilter
from firms.models import User
from firms.permissions import Role


class Refused(Exception):
    """Something asked of a saved filter that cannot be; nothing was written."""


class NotYourFilter(Refused):
    """A filter is changed by its owner, a shared one by administrators too."""


class FilterChangedMeanwhile(Refused):
    """Someone saved or deleted the filter after it was read."""


def may_change(saved: SavedFilter, *, by: User) -> bool:
    return saved.owner_id == by.pk or (saved.is_shared and by.role == Role.ADMIN)


@transaction.atomic
def save_filter(*, by: User, name: str, conditions: Group, is_shared: bool = False) -> SavedFilter:
    """Keep conditions under a name. Raises ValidationError for a name that is empty or used already by the same person."""
    saved = SavedFilter(firm_id=by.firm_id, owner=by, name=name.strip(), is_shared=is_shared, conditions=as_json(conditions))
    saved.clean_fields(exclude=["owner"])
    with _one_name_each():
        saved.save()
    return saved


@transaction.atomic
def change_filter(*, saved: SavedFilter, by: User, version: str, name: str, is_shared: bool, conditions: Group | None = None) -> SavedFilter:
    """Change a filter that still is the `version` that was read; without conditions, it keeps its own.

    Raises NotYourFilter, FilterChangedMeanwhile, ValidationError.
    """
    _check_owner(saved, by=by)
    saved.name, saved.is_shared = name.strip(), is_shared
    if conditions is not None:
        saved.conditions = as_json(conditions)
    saved.clean_fields(exclude=["owner"])
    if version != saved.version:
        raise FilterChangedMeanwhile(saved)
    as_read = SavedFilter.objects.filter(firm_id=by.firm_id, pk=saved.pk, updated_at=saved.updated_at)
    with _one_name_each():
        written = as_read.update(name=saved.name, conditions=saved.conditions, is_shared=saved.is_shared, updated_at=timezone.now())
    if not written:
        raise FilterChangedMeanwhile(saved)
    saved.refresh_from_db()
    return saved


@transaction.atomic
def delete_filter(*, saved: SavedFilter, by: User) -> None:
    """Forget a filter. Raises NotYourFilter."""
    _check_owner(saved, by=by)
    saved.delete()


def conditions_of(saved: SavedFilter, *, catalogue: Catalogue) -> Group:
    """What it asks. Raises ConditionsRefused when the firm's attributes no longer allow the question."""
    return parse(saved.conditions, catalogue=catalogue)


def clients_meeting(saved: SavedFilter, *, among: QuerySet[Client], catalogue: Catalogue, on: date) -> QuerySet[Client]:
    """Those of the clients that meet it on a day; start from `visible_to(user)`. Raises ConditionsRefused: then nobody is listed, not everybody."""
    return among.filter(expression(conditions_of(saved, catalogue=catalogue), catalogue=catalogue, on=on))


@contextmanager
def _one_name_each() -> Iterator[None]:
    """The database says whether the name is free."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise ValidationError({"name": _("You have a filter of this name already.")}) from None


def _check_owner(saved: SavedFilter, *, by: User) -> None:
    if not may_change(saved, by=by):
        raise NotYourFilter(saved)
