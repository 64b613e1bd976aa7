"""What the editor's forms are made of: figures as people write them, and fields that carry warnings beside their faults."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import get_language

from clients.attributes import Catalogue, by_group
from segmentation.rules import weighable


class FigureField(forms.DecimalField):
    """A number as people write it in the active language: spaces between thousands, decimal comma in French."""

    def __init__(self, *, label: str | Any, required: bool = False, **limits: Any) -> None:
        super().__init__(
            label=label, required=required, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "size": 9}), **limits
        )

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            value = re.sub(r"[\s\u00a0\u202f$€%]", "", value)
            value = value.replace(",", ".") if (get_language() or "en").startswith("fr") else value.replace(",", "")
        return super().to_python(value)


class StatedField(forms.CharField):
    """Needed to publish (see linting.py), not to keep a draft."""

    def validate(self, value: Any) -> None:
        return


class Cell(BoundField):
    """A field beside which warnings stand too: said, and no fault."""

    @property
    def warnings(self) -> list[str]:
        return self.form.warnings.get(self.name, []) if isinstance(self.form, CellForm) else []

    @property
    def aria_describedby(self) -> str | None:
        described = [part for part in (super().aria_describedby, f"{self.auto_id}_warning" if self.warnings else "") if part]
        return " ".join(described) or None


class CellForm(forms.Form):
    """A part of the editor. Fields `aside` belong to another way of placing: they are kept as typed, and nothing in them is a fault."""

    bound_field_class = Cell

    def __init__(self, *args: Any, aside: frozenset[str] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.aside = aside
        self.warnings: dict[str, list[str]] = {}

    def full_clean(self) -> None:
        super().full_clean()
        for name in self.aside & set(self.errors):
            del self.errors[name]
            self.cleaned_data[name] = None

    def warn(self, name: str, message: str) -> None:
        self.warnings.setdefault(name, []).append(message)


def attribute_menu(catalogue: Catalogue) -> list[Any]:
    """What a criterion may weigh, by group."""
    groups = [(str(group.label), [(found.key, found.label) for found in members]) for group, members in by_group(weighable(catalogue))]
    return [("", "–"), *groups]
