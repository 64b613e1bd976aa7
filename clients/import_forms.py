"""The forms of the import pages."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.attributes import FieldAttribute
from clients.importing.mapping import Mapping, adviser_names, match_advisers, possible_advisers, target_labels
from clients.importing.merging import SUM, can_be_summed, differing, together, value_of
from clients.importing.reading import MOST_BYTES, MOST_ROWS, Spreadsheet, too_large
from clients.models import Client, MergeProposal
from firms.models import Firm


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Spreadsheet of clients"),
        allow_empty_file=True,
        widget=forms.FileInput(
            attrs={"accept": ".csv,.txt,.xlsx,text/csv", "data-most-bytes": MOST_BYTES, "class": "drop"},
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = {"megabytes": MOST_BYTES // 1_000_000, "rows": f"{MOST_ROWS:,}".replace(",", "\u202f")}
        self.fields["file"].help_text = _("CSV or XLSX, up to %(megabytes)s MB and %(rows)s rows. Drop the file here or choose it.") % limits
        self.fields["file"].widget.attrs["data-too-large"] = too_large()


def read_mapping(post: QueryDict, *, sheet: Spreadsheet, before: Mapping) -> Mapping:
    """The mapping as the preview form says it. Fields that are missing stay as they were; unknown ones are nothing."""
    targets = target_labels()
    columns = [post.get(f"column-{place}", key) for place, key in enumerate(before.columns)]
    columns = [key if key in targets else "" for key in columns]
    users = possible_advisers()
    ids = {str(user.pk): user.pk for user in users}
    names = list(adviser_names(sheet, columns))
    advisers = match_advisers(names, users) | {name: user_id for name, user_id in before.advisers.items() if name in names}
    for name, chosen in zip(post.getlist("adviser-name"), post.getlist("adviser-user"), strict=False):
        if name in names:
            advisers.pop(name, None)
            if chosen in ids:
                advisers[name] = ids[chosen]
    return Mapping(
        columns=columns,
        advisers=advisers,
        default_adviser=ids.get(post.get("default_adviser", "")),
        date_order=post.get("date_order", before.date_order) if post.get("date_order") in {"dmy", "mdy"} else before.date_order,
    )


class MergeForm(forms.Form):
    """The household's name, and for each thing the two clients say differently, which of them holds."""

    name = forms.CharField(label=gettext_lazy("Name of the household"), max_length=200)

    def __init__(self, *args: Any, proposal: MergeProposal, firm: Firm, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second = proposal.first, proposal.second
        self.fields["name"].initial = _("%(first)s and %(second)s") % {"first": first.name, "second": second.name}
        for attribute in differing(first, second):

            def shown(client: Client, attribute: Any = attribute) -> str:
                value = value_of(client, attribute)
                return (
                    str(value) if isinstance(attribute, FieldAttribute) and attribute.model_field.is_relation else attribute.display(value, firm=firm)
                )

            options = [("first", f"{shown(first)} ({first.name})"), ("second", f"{shown(second)} ({second.name})")]
            if can_be_summed(attribute):
                total = attribute.display(together(value_of(first, attribute), value_of(second, attribute)), firm=firm)
                options.append((SUM, _("%(total)s (both together)") % {"total": total}))
            self.fields[f"keep-{attribute.key}"] = forms.ChoiceField(label=attribute.label, choices=options, widget=forms.RadioSelect)

    @property
    def choices(self) -> dict[str, str]:
        return {key.removeprefix("keep-"): value for key, value in self.cleaned_data.items() if key.startswith("keep-")}
