"""Structured logs: one JSON line an event in production, readable lines on a laptop. Requests and tasks carry their ids."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# Addresses that let whoever holds them in: of an invitation, of a new password.
_KEYS = re.compile(r"(?<=/invitation/)[^/\s']+|(?<=/password/reset/key/)[^/\s']+|\bcrm_\d+_[A-Za-z0-9_-]{43}")


def hide_keys(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Nobody who reads the logs gets in by what stands in them."""
    for name, value in event.items():
        if isinstance(value, str):
            event[name] = _KEYS.sub("…", value)
    return event


_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    hide_keys,
    structlog.processors.TimeStamper(fmt="iso"),
]


def logging_settings(*, production: bool) -> dict[str, Any]:
    """Django's LOGGING; also configures structlog."""
    structlog.configure(
        processors=[*_shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = structlog.processors.JSONRenderer() if production else structlog.dev.ConsoleRenderer()
    final: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if production:
        final.append(structlog.processors.format_exc_info)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": structlog.stdlib.ProcessorFormatter, "processors": [*final, renderer], "foreign_pre_chain": _shared},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": "INFO" if production else "WARNING"},
        "loggers": {
            # django-structlog already says when a task starts and ends.
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            # Django's own handlers would print a second time.
            "django": {"handlers": [], "level": "INFO" if production else "WARNING"},
            "django.server": {"handlers": [], "level": "INFO" if production else "WARNING", "propagate": True},
        },
    }
