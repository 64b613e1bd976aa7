"""The filters of the client list, shared by its pages, its export and the API."""

from copy import copy
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from advisory_crm.form_rendering import PlainSelect
from clients.attributes import Catalogue, OwnAttribute, Type, catalogue_of
from clients.columns import registered_filters
from clients.conditions import ConditionsRefused
from clients.keeping import deal_breakers, unanswered
from clients.models import Client, Kind, SavedFilter, Status
from clients.queries import advisers_listed, saved_filters_of, unled, visible_to
from clients.readers import ReaderKind, values_of
from clients.saved_filters import clients_meeting
from clients.searching import matching
from firms.guard import FirmRequest
from firms.models import User
from firms.statements import given_user, kept_statement

DEAL_BREAKER = [("flagged", _("Flagged")), ("unanswered", _("Flagged, no reason for keeping"))]
SHELF = [("current", _("Current")), ("archived", _("Archived")), ("all", _("All"))]


# Attributes of the firm's own that are narrowed by picking a value.
_CHOSEN = frozenset({Type.CHOICE, Type.CHOICES, Type.YES_NO})


class _PlainChoiceField(django_filters.fields.ChoiceField):
    widget = PlainSelect


class PlainChoiceFilter(django_filters.ChoiceFilter):
    """One among choices, drawn at once."""

    field_class = _PlainChoiceField


class _ByOwn(PlainChoiceFilter):
    """Clients who have one value of an attribute of the firm's own."""

    def __init__(self, own: OwnAttribute) -> None:
        self.own = own
        choices = own.choices if own.all_choices else [("true", _("Yes")), ("false", _("No"))]
        super().__init__(label=own.label, choices=choices, empty_label=_("All"))

    def filter(self, clients: QuerySet[Client], value: str) -> QuerySet[Client]:
        if not value:
            return clients
        wanted: Any = value == "true" if self.own.type is Type.YES_NO else value
        lookup = "narrowed__contains" if self.own.type is Type.CHOICES else "narrowed"
        narrowed = clients.alias(narrowed=self.own.expression())
        return narrowed.filter(**{lookup: [wanted] if self.own.type is Type.CHOICES else wanted})


class ClientFilter(django_filters.FilterSet):
    """Clients a user may see; archived ones only when asked for. Values that cannot be read are left out, and said so beside the field."""

    q = django_filters.CharFilter(label=_("Search"), method="search")
    saved = PlainChoiceFilter(label=_("Saved filter"), empty_label=_("All"), method="meeting")
    status = PlainChoiceFilter(label=_("Status"), choices=Status.choices, empty_label=_("All"))
    kind = PlainChoiceFilter(label=_("Kind"), choices=Kind.choices, empty_label=_("All"))
    adviser = django_filters.ModelChoiceFilter(label=_("Adviser"), queryset=User.objects.none(), empty_label=_("All"))
    aum_from = django_filters.NumberFilter(label=_("Assets from"), field_name="aum", lookup_expr="gte")
    aum_to = django_filters.NumberFilter(label=_("Assets to"), field_name="aum", lookup_expr="lte")
    deal_breaker = PlainChoiceFilter(label=_("Deal-breaker"), choices=DEAL_BREAKER, empty_label=_("All"), method="by_deal_breaker")
    led = PlainChoiceFilter(
        label=_("Led by"), choices=[("gone", _("Someone who no longer works here"))], empty_label=_("Anyone"), method="led_by_nobody"
    )
    shelf = PlainChoiceFilter(label=_("Archive"), choices=SHELF[1:], empty_label=SHELF[0][1], method="from_shelf")

    class Meta:
        model = Client
        fields: tuple[str, ...] = ()

    @cached_property
    def form(self) -> forms.Form:
        """The library's would be a class made for it, with a copy of fields that nothing else has."""
        form = forms.Form(self.data if self.is_bound else None)
        form.fields = {name: each.field for name, each in self.filters.items()}
        return form

    def __init__(self, data: Any = None, *, user: User, catalogue: Catalogue | None = None) -> None:
        super().__init__(data, queryset=visible_to(user))
        self.user = user
        self.catalogue = catalogue_of(user.firm_id) if catalogue is None else catalogue
        if data and data.get("adviser"):
            self.filters["adviser"].field.queryset = advisers_listed(user)
        for found in self.catalogue.own.values():
            if found.type in _CHOSEN and not found.archived:
                made = _ByOwn(found)
                made.parent, made.model = self, Client
                self.filters[found.key] = made
        self.saved_filters = {str(saved.pk): saved for saved in _saved_filters().rows(firm=user.firm_id, user=user.pk)}
        self.filters["saved"].field.choices = _own_first(self.saved_filters, user)
        # Why the chosen filter can no longer be asked, once the clients have been.
        self.refusals: list[str] = []
        for added in registered_filters():
            made = added.build(user)
            made.parent, made.model = self, Client
            self.filters[added.key] = made

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
        return matching(clients, text, by=self.user)

    def by_deal_breaker(self, clients: QuerySet[Client], _name: str, wanted: str) -> QuerySet[Client]:
        return deal_breakers(clients) if wanted == "flagged" else unanswered(clients)

    def led_by_nobody(self, clients: QuerySet[Client], _name: str, _led: str) -> QuerySet[Client]:
        return unled(clients)

    def from_shelf(self, clients: QuerySet[Client], _name: str, shelf: str) -> QuerySet[Client]:
        return clients.exclude(archived_at=None) if shelf == "archived" else clients

    @cached_property
    def asked(self) -> set[str]:
        """The filters that narrow the list."""
        self.form.is_valid()
        return {name for name, value in self.form.cleaned_data.items() if value not in (None, "", [])}

    def filter_queryset(self, queryset: QuerySet[Client]) -> QuerySet[Client]:
        if not self.form.cleaned_data.get("shelf"):
            queryset = queryset.filter(archived_at=None)
        for name, value in self.form.cleaned_data.items():
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    @cached_property
    def advisers(self) -> list[tuple[int, str]]:
        """Those to choose from, with their names: as a list of its own, because a firm may have hundreds."""
        return _advisers(ReaderKind.of(self.user)).rows(**values_of(self.user))

    @property
    def more_fields(self) -> list[forms.BoundField]:
        """Filters that stay folded until asked for."""
        folded = {"kind", "aum_from", "aum_to", "deal_breaker", "led", "shelf"}
        return [field for field in self.form if field.name in folded or isinstance(self.filters[field.name], _ByOwn)]

    @property
    def extra_fields(self) -> list[forms.BoundField]:
        """Filters that other rooms added."""
        return [self.form[added.key] for added in registered_filters()]


# Filters whose choices are those of who asks.
_OF_THE_READER = frozenset({"saved", "adviser"})


class _Filters(dict[str, django_filters.Filter]):
    """Filters that are copied for each request, without what they are made of. The fields that are the same for everyone are made once: a form
    reads them and changes nothing in them."""

    def __deepcopy__(self, _memo: Any) -> dict[str, django_filters.Filter]:
        for name in self.keys() - _OF_THE_READER:
            # Made when first asked for; the copies hold it too.
            _made = self[name].field
        copies = {name: copy(each) for name, each in self.items()}
        for each in copies.values():
            each.extra = dict(each.extra)
            # What calls the method is bound to the filter it was made for.
            each.method = each.method
        return copies


ClientFilter.base_filters = _Filters(ClientFilter.base_filters)


@kept_statement
def _saved_filters() -> QuerySet[SavedFilter]:
    return saved_filters_of(given_user())


@kept_statement
def _advisers(reader: ReaderKind) -> QuerySet[User, tuple[int, str]]:
    return advisers_listed(reader.stand_in()).values_list("pk", "name")


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
