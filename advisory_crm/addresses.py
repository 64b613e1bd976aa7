"""Addresses that a page has by the dozen, each looked up once: `reverse` goes through the routes every time."""

from functools import cache

from django.conf import settings
from django.urls import reverse

# A number that stands in no address.
_ANY = 10**17


def address(name: str) -> str:
    """Of a page that takes nothing. Raises NoReverseMatch."""
    return _address(name, settings.ROOT_URLCONF)


def address_pattern(name: str) -> str:
    """Of one thing, with `{}` where its number goes. Raises NoReverseMatch."""
    return _pattern(name, settings.ROOT_URLCONF)


@cache
def _address(name: str, urlconf: str) -> str:
    return reverse(name, urlconf)


@cache
def _pattern(name: str, urlconf: str) -> str:
    before, after = reverse(name, urlconf, args=[_ANY]).split(str(_ANY))
    return f"{before}{{}}{after}"
