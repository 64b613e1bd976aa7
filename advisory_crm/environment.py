"""Strict readers of the process environment.

A setting that is unknown or malformed stops the start with its name: a typing slip in production must not become a default.
"""

import os
from collections.abc import Callable
from typing import NoReturn, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

Value = TypeVar("Value")

PREFIX = "CRM_"
KNOWN: set[str] = set()
SHORTEST_SECRET = 32


class BadEnvironment(SystemExit):
    """The environment cannot be used; the message names the variable and says what it should hold."""


def refuse(name: str, must: str) -> NoReturn:
    raise BadEnvironment(f"{name} {must}. Correct it and start again.")


def _read(name: str, default: Value | None, convert: Callable[[str], Value], must: str, *, is_secret: bool = False) -> Value:
    """A secret is not repeated where it is refused: logs are read by more people than know it."""
    KNOWN.add(name)
    raw = os.environ.get(name, "")
    if raw == "":
        if default is None:
            refuse(name, f"is required: it {must}")
        return default
    try:
        return convert(raw)
    except ValueError:
        refuse(name, must if is_secret else f"{must}, not {raw!r}")


def read_text(name: str, default: str | None = None) -> str:
    return _read(name, default, str, "must hold text")


def read_secret(name: str, default: str | None = None) -> str:
    def convert(raw: str) -> str:
        if len(raw) < SHORTEST_SECRET:
            raise ValueError
        return raw

    return _read(name, default, convert, f"must be long and random, {SHORTEST_SECRET} characters or more", is_secret=True)


def read_flag(name: str, default: bool) -> bool:
    def convert(raw: str) -> bool:
        return {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}[raw.lower()]

    def strict(raw: str) -> bool:
        try:
            return convert(raw)
        except KeyError as error:
            raise ValueError from error

    return _read(name, default, strict, "must be on or off")


def read_integer(name: str, default: int, least: int = 0) -> int:
    def convert(raw: str) -> int:
        value = int(raw)
        if value < least:
            raise ValueError
        return value

    return _read(name, default, convert, f"must be a whole number, {least} or more")


def read_list(name: str, default: list[str] | None = None) -> list[str]:
    def convert(raw: str) -> list[str]:
        parts = [part.strip() for part in raw.split(",") if part.strip()]
        if not parts:
            raise ValueError
        return parts

    return _read(name, default, convert, "must be a comma-separated list")


def read_site(name: str, default: str | None = None) -> str:
    """The address of a site, without a slash at its end."""

    def convert(raw: str) -> str:
        parts = urlsplit(raw)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0:
            raise ValueError
        return raw

    return _read(name, default, convert, "must look like https://crm.example").rstrip("/")


def read_choice(name: str, default: str, choices: set[str]) -> str:
    def convert(raw: str) -> str:
        if raw not in choices:
            raise ValueError
        return raw

    return _read(name, default, convert, "must be one of " + ", ".join(sorted(choices)))


def read_database(name: str, default: str | None = None) -> dict[str, object]:
    """Django's connection settings from a `postgresql://user:password@host:port/name` address."""

    def convert(raw: str) -> str:
        parts = urlsplit(raw)
        # Asked for its port, an address with a malformed one raises.
        if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/") or not parts.username or parts.port == 0:
            raise ValueError
        return raw

    parts = urlsplit(_read(name, default, convert, "must look like postgresql://user:password@host:5432/name", is_secret=True))
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def read_redis(name: str, default: str | None = None) -> str:
    def convert(raw: str) -> str:
        parts = urlsplit(raw)
        if parts.scheme not in {"redis", "rediss"} or parts.port == 0:
            raise ValueError
        return raw

    return _read(name, default, convert, "must look like redis://host:6379/0", is_secret=True)


def refuse_unknown() -> None:
    """Stop on any CRM_ variable that no reader asked for."""
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in KNOWN:
            refuse(name, "is not a setting of this product (see the table in README.md)")
