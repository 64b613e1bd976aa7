"""Secret addresses of calendars: read without signing in, by whoever holds them, until somebody ends them.

A key names its firm (firms/keys.py), so that it is looked up inside that firm: the wall opens for nothing. A client's key shows that client's service
calendar and nothing else; a colleague's key the touchpoints that this person would see.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from clients.models import Client
from clients.queries import Refused, check_book
from firms.keys import issue_key, read_key
from firms.models import User
from firms.permissions import Permission
from firms.wall import acting_for
from touchpoints.models import CalendarLink


class LinkClosed(Exception):
    """The address shows nothing (any more): no such link, one that was ended, a client archived or a colleague who left."""


class ArchivedClient(Refused):
    """An archived client receives nothing."""


def open_link_of(owner: Client | User) -> CalendarLink | None:
    """The link in force, with who made it."""
    return _open_links(owner).select_related("created_by").first()


@transaction.atomic
def share_calendar(*, client: Client, by: User) -> str:
    """Give a client's service calendar a secret address: the text of its key, which is not kept. The former address dies.

    Raises NotInYourBook, ArchivedClient.
    """
    check_book(client, by=by)
    locked = Client.objects.select_for_update(no_key=True).get(firm_id=by.firm_id, pk=client.pk)
    if locked.archived_at is not None:
        raise ArchivedClient(client)
    _close(client, by=by)
    return _issue(CalendarLink(client=client), by=by)


@transaction.atomic
def open_feed(*, by: User) -> str:
    """Give one's own calendar a secret address: the text of its key, which is not kept. The former address dies."""
    User.objects.select_for_update(no_key=True).get(firm_id=by.firm_id, pk=by.pk)
    _close(by, by=by)
    return _issue(CalendarLink(user=by), by=by)


@transaction.atomic
def stop_sharing(*, client: Client, by: User) -> None:
    """End a client's address. Does nothing where there is none. Raises NotInYourBook."""
    check_book(client, by=by)
    _close(client, by=by)


def close_feed(*, by: User) -> None:
    """End one's own address. Does nothing where there is none."""
    _close(by, by=by)


@contextmanager
def entered_by_client_link(key: str) -> Iterator[Client]:
    """Inside the firm of a client's key, to read that client's calendar; outside again after. Raises LinkClosed."""
    with _entered(key) as links:
        link = links.filter(client__archived_at=None).select_related("client__firm", "client__adviser").first()
        if link is None or link.client is None:
            raise LinkClosed
        yield link.client


@contextmanager
def entered_by_feed(key: str) -> Iterator[User]:
    """Inside the firm of a colleague's key, to read what this person would see; outside again after. Raises LinkClosed."""
    with _entered(key) as links:
        link = links.filter(user__is_active=True).select_related("user__firm").first()
        if link is None or link.user is None or not link.user.may(Permission.VIEW_QUEUE):
            raise LinkClosed
        yield link.user


@contextmanager
def _entered(key: str) -> Iterator[QuerySet[CalendarLink]]:
    read = read_key(key)
    if read is None:
        raise LinkClosed
    firm_id, secret_hash = read
    with acting_for(firm_id):
        yield CalendarLink.objects.filter(firm_id=firm_id, secret_hash=secret_hash, revoked_at=None)


def _open_links(owner: Client | User) -> QuerySet[CalendarLink]:
    whose = {"client": owner} if isinstance(owner, Client) else {"user": owner}
    return CalendarLink.objects.filter(firm_id=owner.firm_id, revoked_at=None, **whose)


def _close(owner: Client | User, *, by: User) -> None:
    _open_links(owner).update(revoked_at=Now(), revoked_by=by)


def _issue(link: CalendarLink, *, by: User) -> str:
    key, link.secret_hash = issue_key(by.firm_id)
    link.firm_id, link.created_by = by.firm_id, by
    link.save()
    return key
