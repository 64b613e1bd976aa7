"""Refuse to start when the application role could climb over the firm wall."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections


@register(Tags.database)
def application_role_is_confined(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    if not databases or "default" not in databases:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            """
            SELECT role.rolsuper, role.rolbypassrls,
                   EXISTS (SELECT FROM pg_class WHERE relowner = role.oid AND relnamespace = 'public'::regnamespace),
                   EXISTS (SELECT FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                           AND has_table_privilege(role.oid, oid, 'TRUNCATE'))
            FROM pg_roles role WHERE role.rolname = current_user
            """
        )
        superuser, bypass, owner, truncate = cursor.fetchone()
    faults = {"is a superuser": superuser, "has BYPASSRLS": bypass, "owns tables": owner, "may TRUNCATE": truncate}
    return [
        Error(
            f"The application's database role {fault}, so the firm wall would not hold.",
            hint="Point DATABASE_URL at the application role and DATABASE_OWNER_URL at the owner.",
            id=f"firms.E00{number}",
        )
        for number, (fault, found) in enumerate(faults.items(), start=1)
        if found
    ]
