"""`flush` as the owner role: the application role may not TRUNCATE."""

from typing import Any

from django.core.management.commands.flush import Command as DjangoFlush


class Command(DjangoFlush):
    def handle(self, **options: Any) -> None:
        super().handle(**{**options, "database": "owner"})
