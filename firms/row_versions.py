"""Two people who write the same row: whoever read it before the other wrote is told what it says by now, and nothing is written."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from firms import formats
from firms.models import Firm
from firms.wall import FirmModel

Row = TypeVar("Row", bound=FirmModel)


class RowVersion(models.Func):
    """Changes whenever the row is written, by whatever writes it. To compare within minutes, not to keep."""

    output_field = models.TextField()

    def __init__(self) -> None:
        super().__init__(models.F("pk"))

    def as_sql(self, compiler: Any, connection: Any, *_unused: Any, **extra: Any) -> tuple[str, Any]:
        (key,) = self.get_source_expressions()
        return f"{compiler.quote_name_unless_alias(key.alias)}.xmin::text", ()


# What the API says of the version of a row.
VERSION_HELP = "Changes whenever the row is written. Send back the one you read, and nobody's change is overwritten (409 instead)."


class VersionField(forms.CharField):
    """Hidden in a form: the version of the row that it was filled from; empty of one that is new."""

    def __init__(self) -> None:
        super().__init__(widget=forms.HiddenInput, required=False)


def version_of(row: models.Model) -> str:
    return str(type(row)._default_manager.filter(pk=row.pk).values_list(RowVersion(), flat=True).get())


class RowChanged(Exception):
    """Someone wrote the row after it was read: `str()` says in the active language what it says by now."""


def hold_row(row: Row) -> Row:
    """The row as it is now, held until the transaction ends. Raises RowChanged when someone removed it."""
    held = type(row)._default_manager.select_for_update().filter(firm_id=row.firm_id, pk=row.pk).first()
    if held is None:
        raise RowChanged(_("Someone removed this meanwhile."))
    return held


def check_version(held: models.Model, *, version: str, said: Mapping[str, Any], firm: Firm) -> None:
    """Of a row that is held until the transaction ends: raises RowChanged when it no longer is the version that was read, unless it says already
    what is about to be said by the names of its fields.
    """
    if version_of(held) == version:
        return
    if differing := [name for name, value in said.items() if getattr(held, name) != value]:
        raise _changed(held, differing, firm=firm)


def check_removal(held: models.Model, *, version: str, told_by: Iterable[str], firm: Firm) -> None:
    """Of a row that is held and about to be removed: raises RowChanged when it no longer is the version that was read. `told_by` are the fields
    that say what it is by now.
    """
    if version_of(held) != version:
        raise _changed(held, [name for name in told_by if getattr(held, name) not in {None, ""}], firm=firm)


def _changed(held: models.Model, names: Iterable[str], *, firm: Firm) -> RowChanged:
    words = _("Someone changed this meanwhile. It now says: %(said)s. Open it again, then make your changes.")
    return RowChanged(words % {"said": "; ".join(_say(held, name, firm=firm) for name in names)})


def _say(row: models.Model, name: str, *, firm: Firm) -> str:
    field: Any = row._meta.get_field(name)
    value, locale = getattr(row, name), formats.babel_locale(firm.region)
    match value:
        case None | "":
            shown = "–"
        case bool():
            shown = _("Yes") if value else _("No")
        case date():
            shown = formats.day(value, locale=locale)
        # Whatever has decimals and is written by two people is money.
        case Decimal():
            shown = formats.money(value, currency=firm.currency, locale=locale, cents=value % 1 != 0)
        case int():
            shown = formats.number(value, locale=locale)
        case _:
            shown = str(dict(field.flatchoices).get(value, value))
    return _("%(label)s: %(value)s") % {"label": capfirst(str(field.verbose_name)), "value": shown}
