"""The pages of the product, as the rail lists them: the one place to add a page to."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from advisory_crm import addresses
from firms.models import User
from firms.permissions import Permission


@dataclass(frozen=True)
class Page:
    """A page in the rail. It is shown when its address exists and the user may open it."""

    label: str | Promise
    icon: str
    url_name: str
    permission: Permission
    # A key of the template context whose number is shown beside the label.
    count: str = ""


@dataclass(frozen=True)
class Section:
    title: str | Promise
    pages: tuple[Page, ...]


SECTIONS = (
    # The daily pages: on a phone they are the bar at the bottom.
    Section(
        "",
        (
            Page(_("Dashboard"), "layout-dashboard", "home", Permission.VIEW_DASHBOARD),
            Page(_("Queue"), "list-checks", "queue", Permission.VIEW_QUEUE, count="queue_count"),
            Page(_("Clients"), "users", "client_list", Permission.VIEW_CLIENTS),
            Page(_("Calendar"), "calendar-days", "calendar", Permission.VIEW_QUEUE),
        ),
    ),
    Section(
        _("Service"),
        (
            Page(_("Segmentation"), "layers", "scheme_list", Permission.VIEW_SEGMENTATION),
            Page(_("To review"), "scale", "drift_list", Permission.VIEW_SEGMENTATION, count="drift_count"),
            Page(_("Service matrix"), "table-2", "matrix", Permission.VIEW_MATRIX),
            Page(_("Capacity"), "gauge", "capacity", Permission.VIEW_CAPACITY),
            Page(_("Silent gaps"), "ear-off", "gap_list", Permission.VIEW_QUEUE),
            Page(_("Service audit"), "badge-check", "service_audit", Permission.VIEW_AUDIT),
        ),
    ),
    Section(
        _("Firm"),
        (
            Page(_("Attributes"), "tags", "attribute_list", Permission.VIEW_CLIENTS),
            Page(_("Imports"), "upload", "import_list", Permission.IMPORT_CLIENTS),
            Page(_("People"), "circle-user", "user_list", Permission.VIEW_USERS),
            Page(_("E-mails not sent"), "mail-warning", "outbox_list", Permission.MANAGE_FIRM, count="undecided_messages"),
            Page(_("Work set aside"), "timer-off", "work_set_aside", Permission.MANAGE_FIRM, count="work_aside"),
            Page(_("Settings"), "settings", "firm_settings", Permission.MANAGE_FIRM),
        ),
    ),
)


@dataclass(frozen=True)
class Link:
    label: str | Promise
    icon: str
    url: str
    is_current: bool
    count: str


@dataclass(frozen=True)
class RailSection:
    title: str | Promise
    links: list[Link] = field(default_factory=list)


def address_of(url_name: str) -> str:
    """The address of a page, or nothing when the product has no such page."""
    return _look_up(url_name, settings.ROOT_URLCONF)


# The frame asks for thirty at every request, also for those that are not there.
@cache
def _look_up(url_name: str, _urlconf: str) -> str:
    try:
        return addresses.address(url_name)
    except NoReverseMatch:
        return ""


def _is_current(address: str, path: str) -> bool:
    return path == address if address == "/" else path.startswith(address)


def _pages(user: User) -> Iterator[tuple[Section, Page, str]]:
    for section, page, address in _routed(settings.ROOT_URLCONF):
        if user.may(page.permission):
            yield section, page, address


@cache
def _routed(_urlconf: str) -> list[tuple[Section, Page, str]]:
    """The pages that have an address."""
    return [(section, page, found) for section in SECTIONS for page in section.pages if (found := address_of(page.url_name))]


def rail(request: HttpRequest) -> list[RailSection]:
    """What this user may open, section by section; the page being shown is marked: of several that fit, the most precise."""
    if not isinstance(request.user, User):
        return []
    pages = list(_pages(request.user))
    current = max((address for _section, _page, address in pages if _is_current(address, request.path)), key=len, default=None)
    sections: dict[int, RailSection] = {}
    for section, page, address in pages:
        shown = sections.setdefault(id(section), RailSection(section.title))
        shown.links.append(Link(page.label, page.icon, address, address == current, page.count))
    return list(sections.values())


def pages_named(user: User, text: str) -> list[Link]:
    """Pages this user may open with a word that begins with the text, accents and case aside."""
    wanted = _plain(text)
    return [
        Link(page.label, page.icon, address, is_current=False, count="")
        for _section, page, address in _pages(user)
        if any(word.startswith(wanted) for word in _beginnings(_plain(str(page.label))))
    ]


def _plain(text: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(mark))


def _beginnings(label: str) -> list[str]:
    """The label from each of its words on."""
    words = label.split()
    return [" ".join(words[place:]) for place in range(len(words))]


def frame_addresses() -> dict[str, str]:
    """Pages the top bar leads to, each where it exists."""
    names = {
        "search": "search",
        "log": "interaction_log",
        "clients": "client_list",
        "imports": "import_list",
        "notices": "notice_list",
        "profile": "profile",
        "password": "account_change_password",
        "second_factor": "mfa_index",
        "sessions": "usersessions_list",
        "tokens": "token_list",
        "gallery": "gallery",
    }
    return {key: address_of(name) for key, name in names.items()}
