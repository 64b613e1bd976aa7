"""`flush` as the owner role: the application role may not TRUNCATE."""

from typing import Any

import psycopg2
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections
from psycopg2 import sql

KEPT = "django_migrations"


class Command(BaseCommand):
    """Empty every table. Tests call it between those that commit; a person is asked first."""

    stealth_options = ("reset_sequences", "allow_cascade", "inhibit_post_migrate")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-input", action="store_false", dest="interactive")
        parser.add_argument("--database", default="owner")

    def handle(self, *args: Any, interactive: bool = True, **options: Any) -> None:
        settings = connections["owner"].settings_dict
        if interactive and input(f"Empty every table of {settings['NAME']}? Type its name: ") != settings["NAME"]:
            return
        # A connection of its own: Django keeps tests from reaching any database but their own.
        connection = psycopg2.connect(**connections["owner"].get_connection_params())
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> %s", [KEPT])
            tables = sql.SQL(", ").join(sql.Identifier(name) for (name,) in cursor.fetchall())
            cursor.execute(sql.SQL("TRUNCATE {}").format(tables))
        connection.close()
