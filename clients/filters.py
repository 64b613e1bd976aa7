"""The filters of the client list, shared by its pages, its export and the API."""

from functools import cached_property
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.attributes import Catalogue, catalogue_of
from clients.columns import registered_filters
from clients.conditions import ConditionsRefused
from clients.models import Client, Kind, SavedFilter, Status
from clients.queries import advisers_of, saved_filters_of, visible_to
from clients.saved_filters import clients_meeting
from clients.searching import matching
from firms.guard import FirmRequest
from firms.models import User

SHELF = [("current", _("Current")), ("archived", _("Archived")), ("all", _("All"))]


class ClientFilter(django_filters.FilterSet):
    """Clients a user may see; archived ones only when asked for. Values that cannot be read are left out, and said so beside the field."""

    q = django_filters.CharFilter(label=_("Search"), method="search")
    saved = django_filters.ChoiceFilter(label=_("Saved filter"), empty_label=_("All"), method="meeting")
    status = django_filters.ChoiceFilter(label=_("Status"), choices=Status.choices, empty_label=_("All"))
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Kind.choices, empty_label=_("All"))
    adviser = django_filters.ModelChoiceFilter(label=_("Adviser"), queryset=User.objects.none(), empty_label=_("All"))
    aum_from = django_filters.NumberFilter(label=_("Assets from"), field_name="aum", lookup_expr="gte")
    aum_to = django_filters.NumberFilter(label=_("Assets to"), field_name="aum", lookup_expr="lte")
    shelf = django_filters.ChoiceFilter(label=_("Archive"), choices=SHELF[1:], empty_label=SHELF[0][1], method="from_shelf")

    class Meta:
        model = Client
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data, queryset=visible_to(user))
        self.filters["adviser"].field.queryset = advisers_of(user)
        self.catalogue: Catalogue = catalogue_of(user.firm_id)
        self.saved_filters = {str(saved.pk): saved for saved in saved_filters_of(user)}
        self.filters["saved"].field.choices = _own_first(self.saved_filters, user)
        # Why the chosen filter can no longer be asked, once the clients have been.
        self.refusals: list[str] = []
        for added in registered_filters():
            made = added.build(user)
            made.parent, made.model = self, Client
            self.filters[added.key] = made

    @cached_property
    def advisers(self) -> list[User]:
        """Whose books the list can be narrowed to: read once, where the field would read them again for its menu."""
        return list(self.filters["adviser"].field.queryset)

    @property
    def chosen(self) -> SavedFilter | None:
        """The saved filter the address asks for."""
        return None if self.asks_for_what_is_not_there else self.saved_filters.get(self.form.cleaned_data["saved"])

    @property
    def asks_for_what_is_not_there(self) -> bool:
        """Whether the address names a saved filter that this user does not have: leaving it out would list everybody."""
        return "saved" in self.form.errors

    def meeting(self, clients: QuerySet[Client], _name: str, key: str) -> QuerySet[Client]:
        try:
            return clients_meeting(self.saved_filters[key], among=clients, catalogue=self.catalogue, on=timezone.localdate())
        except ConditionsRefused as refusal:
            self.refusals = list(dict.fromkeys(message for _at, message in refusal.problems))
            return clients.none()

    def search(self, clients: QuerySet[Client], _name: str, text: str) -> QuerySet[Client]:
        return matching(clients, text)

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


def _own_first(saved_filters: dict[str, SavedFilter], user: User) -> list[Any]:
    own = [(key, saved.name) for key, saved in saved_filters.items() if saved.owner_id == user.pk]
    shared = [(key, saved.name) for key, saved in saved_filters.items() if saved.owner_id != user.pk]
    return [(heading, choices) for heading, choices in ((_("Mine"), own), (_("Shared"), shared)) if choices]


def asked_filters(request: FirmRequest) -> ClientFilter:
    """The filters of the list's address. A saved filter that is not there is a page that is not there."""
    filters = ClientFilter(request.GET, user=request.user)
    if filters.asks_for_what_is_not_there:
        raise Http404
    return filters


def asked_clients(request: FirmRequest) -> QuerySet[Client]:
    """Every client that the list shows at this address, page after page: what exports and bulk actions work on."""
    clients: QuerySet[Client] = asked_filters(request).qs
    return clients
