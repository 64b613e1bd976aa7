"""`migrate` as the owner role, then the application role's rights on what was made."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db import connections
from psycopg2 import sql

from advisory_crm.migrating import rendering_one_model_at_a_time


class Command(DjangoMigrate):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        with rendering_one_model_at_a_time():
            super().handle(*args, **options)
        call_command("createcachetable", database=options["database"], verbosity=0)
        application = sql.Identifier(connections["default"].settings_dict["USER"])
        with connections[options["database"]].cursor() as cursor:
            # No TRUNCATE: row-level security does not hold it back.
            cursor.execute(sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}").format(application))
            cursor.execute(sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(application))
            cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(application))
