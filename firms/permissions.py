"""Who may do what: one list of permissions, one table of roles."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    ADMIN = "admin", _("Administrator")
    ADVISER = "adviser", _("Adviser")
    ASSISTANT = "assistant", _("Assistant")
    COMPLIANCE = "compliance", _("Compliance")


class Permission(models.TextChoices):
    """What a route asks for. PUBLIC and SIGNED_IN are open to everyone and to every role."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    VIEW_CLIENTS = "view_clients"
    EDIT_CLIENTS = "edit_clients"
    EXPORT_CLIENTS = "export_clients"
    IMPORT_CLIENTS = "import_clients"
    ASSIGN_CLIENTS = "assign_clients"  # many at once, to any adviser
    VIEW_DASHBOARD = "view_dashboard"
    VIEW_QUEUE = "view_queue"
    WORK_QUEUE = "work_queue"
    VIEW_AUDIT = "view_audit"
    VIEW_SEGMENTATION = "view_segmentation"
    EDIT_SEGMENTATION = "edit_segmentation"
    OVERRIDE_SEGMENT = "override_segment"
    VIEW_MATRIX = "view_matrix"
    EDIT_MATRIX = "edit_matrix"
    VIEW_CAPACITY = "view_capacity"
    VIEW_USERS = "view_users"
    MANAGE_USERS = "manage_users"
    MANAGE_FIRM = "manage_firm"
    DEVELOP = "develop"


_READ = {
    Permission.PUBLIC,
    Permission.SIGNED_IN,
    Permission.VIEW_CLIENTS,
    Permission.VIEW_DASHBOARD,
    Permission.VIEW_QUEUE,
    Permission.VIEW_AUDIT,
    Permission.VIEW_SEGMENTATION,
    Permission.VIEW_MATRIX,
}
_SERVE = _READ | {Permission.EDIT_CLIENTS, Permission.WORK_QUEUE}

ROLE_PERMISSIONS: dict[Role, set[Permission]] = {
    Role.ADMIN: set(Permission) - {Permission.DEVELOP},
    Role.ADVISER: _SERVE | {Permission.EXPORT_CLIENTS, Permission.OVERRIDE_SEGMENT},
    Role.ASSISTANT: _SERVE,
    Role.COMPLIANCE: _READ | {Permission.EXPORT_CLIENTS, Permission.VIEW_USERS, Permission.VIEW_CAPACITY},
}


def permits(role: str, permission: Permission) -> bool:
    return permission in ROLE_PERMISSIONS[Role(role)]
