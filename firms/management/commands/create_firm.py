"""Create a firm and its first administrator: with a password, or with an invitation sent to them and printed here.

Either way the administrator is there from the start: other commands act in their name before they first sign in.
"""

import json
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError, transaction

from firms import membership
from firms.commands import SignedCommand
from firms.invitation_mail import invitation_address
from firms.models import Firm, Language, Region, User
from firms.onboarding import check_firm_name, create_firm
from firms.permissions import Role


class Command(SignedCommand):
    help = "Create a firm and invite its first administrator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--region", required=True, choices=Region.values)
        parser.add_argument("--admin", required=True, metavar="EMAIL")
        parser.add_argument("--admin-name", default="")
        parser.add_argument("--password", help="without it, an invitation is sent and its link printed")
        parser.add_argument("--language", choices=Language.values, default=Language.FRENCH)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["admin"].strip().lower()
        try:
            check_firm_name(options["name"])
            User._meta.get_field("email").clean(email, None)
            User._meta.get_field("name").clean(_admin_name(email, options), None)
            if options["password"]:
                validate_password(options["password"], User(email=email))
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        with transaction.atomic():
            firm = create_firm(name=options["name"], region=options["region"], language=options["language"])
            result = {"firm": firm.pk, "name": firm.name, "region": firm.region, "admin": email, **self._let_in(firm, email, options)}
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.write(
                f"Firm {firm.pk} is created. {email} " + ("may sign in." if options["password"] else f"is invited: {result['invitation']}")
            )

    def _let_in(self, firm: Firm, email: str, options: dict[str, Any]) -> dict[str, object]:
        name, language = _admin_name(email, options), options["language"]
        let_in: dict[str, object] = {}
        if not options["password"]:
            _invitation, key = membership.invite(firm=firm, by=None, email=email, name=name, role=Role.ADMIN, language=language)
            let_in["invitation"] = invitation_address(key)
        user = User(email=email, name=name, role=Role.ADMIN, language=language)
        user.set_password(options["password"] or None)
        try:
            user.save()
        except IntegrityError as error:
            raise CommandError(f"{email} signs in already; give another address.") from error
        return {"user": user.pk, **let_in}


def _admin_name(email: str, options: dict[str, Any]) -> str:
    return str(options["admin_name"] or email.split("@")[0])
