"""The filters of the client list, shared by its pages, its export and the API."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from clients.columns import registered_filters
from clients.models import Client, Kind, Status
from clients.queries import advisers_listed, unled, visible_to
from clients.searching import matching
from firms.models import User

SHELF = [("current", _("Current")), ("archived", _("Archived")), ("all", _("All"))]


class ClientFilter(django_filters.FilterSet):
    """Clients a user may see; archived ones only when asked for. Values that cannot be read are left out, and said so beside the field."""

    q = django_filters.CharFilter(label=_("Search"), method="search")
    status = django_filters.ChoiceFilter(label=_("Status"), choices=Status.choices, empty_label=_("All"))
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Kind.choices, empty_label=_("All"))
    adviser = django_filters.ModelChoiceFilter(label=_("Adviser"), queryset=User.objects.none(), empty_label=_("All"))
    aum_from = django_filters.NumberFilter(label=_("Assets from"), field_name="aum", lookup_expr="gte")
    aum_to = django_filters.NumberFilter(label=_("Assets to"), field_name="aum", lookup_expr="lte")
    led = django_filters.ChoiceFilter(
        label=_("Led by"), choices=[("gone", _("Someone who no longer works here"))], empty_label=_("Anyone"), method="led_by_nobody"
    )
    shelf = django_filters.ChoiceFilter(label=_("Archive"), choices=SHELF[1:], empty_label=SHELF[0][1], method="from_shelf")

    class Meta:
        model = Client
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, queryset=visible_to(user))
        self.filters["adviser"].field.queryset = advisers_listed(user)
        for added in registered_filters():
            made = added.build(user)
            made.parent, made.model = self, Client
            self.filters[added.key] = made

    def search(self, clients: QuerySet[Client], _name: str, text: str) -> QuerySet[Client]:
        return matching(clients, text)

    def led_by_nobody(self, clients: QuerySet[Client], _name: str, _led: str) -> QuerySet[Client]:
        return unled(clients)

    def from_shelf(self, clients: QuerySet[Client], _name: str, shelf: str) -> QuerySet[Client]:
        return clients.exclude(archived_at=None) if shelf == "archived" else clients

    def filter_queryset(self, queryset: QuerySet[Client]) -> QuerySet[Client]:
        if not self.form.cleaned_data.get("shelf"):
            queryset = queryset.filter(archived_at=None)
        for name, value in self.form.cleaned_data.items():
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    @property
    def extra_names(self) -> list[str]:
        """Filters that other rooms added."""
        return [added.key for added in registered_filters()]
