"""Create the demonstration firms and print their logins."""

from typing import Any

from firms.commands import SignedCommand
from touchpoints.demonstration import DEMONSTRATIONS, PASSWORD, create_demonstrations


class Command(SignedCommand):
    help = "Create the two demonstration firms, unless they exist, and print their logins."

    def handle(self, **options: Any) -> None:
        create_demonstrations()
        for demonstration in DEMONSTRATIONS:
            self.stdout.write(f"\n  {demonstration.name} ({demonstration.region}), password “{PASSWORD}”:")
            for email, name, role in demonstration.people:
                self.stdout.write(f"    {email:28} {role.label:14} {name}")
