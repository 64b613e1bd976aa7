"""Someone's queue on a day, as the page shows it."""

import json
from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser

from firms.calendar import local_time
from firms.commands import SignedCommand, day_argument, find_firm, find_user
from firms.models import Firm, User
from firms.permissions import Permission
from firms.wall import acting_for
from touchpoints.queries import for_lists
from touchpoints.queue import SECTIONS, PlaceInQueue, daily_queue


class Command(SignedCommand):
    help = "List what USER (e-mail or number) of FIRM (number or exact name) should do on a day, the promise most at risk first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("firm", metavar="FIRM")
        parser.add_argument("user", metavar="USER")
        parser.add_argument("--on", type=day_argument, metavar="DATE", help="default: today in the firm's time zone")
        parser.add_argument(
            "--view", choices=list(SECTIONS), help="late, due today or due in the seven days after; default: all three, in that order"
        )
        parser.add_argument("--everyone", action="store_true", help="also what others of these books deliver")
        parser.add_argument("--json", action="store_true", help="print a JSON array")

    def handle(self, *, firm: str, user: str, on: date | None, view: str | None, everyone: bool, **options: Any) -> None:
        found = find_firm(firm)
        with acting_for(found.pk):
            rows = list_queue(user=_find_worker(found, user), on=on or local_time(found).date(), view=view, everyone=everyone)
        if options["json"]:
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
            return
        for row in rows:
            self.stdout.write(
                "  ".join((row["section"].ljust(5), row["due_on"], row["window_ends_on"], row["segment"].ljust(12), row["type"], row["client"]))
            )
        self.stdout.write(f"{len(rows)} touchpoints")


def _find_worker(firm: Firm, text: str) -> User:
    found = find_user(firm, text)
    if not found.may(Permission.VIEW_QUEUE):
        raise CommandError(f"{found} may not see the queue.")
    return found


def list_queue(*, user: User, on: date, view: str | None, everyone: bool) -> list[dict[str, Any]]:
    return [
        {
            "id": touchpoint.pk,
            "section": PlaceInQueue.of(touchpoint, on=on).view,
            "client": touchpoint.client.name,
            "client_id": touchpoint.client_id,
            "adviser": touchpoint.adviser.email,
            "segment": touchpoint.segment.name,
            "rank": touchpoint.segment.rank,
            "type": touchpoint.touchpoint_type.name,
            "channel": touchpoint.channel,
            "performer": touchpoint.performer,
            "due_on": touchpoint.due_on.isoformat(),
            "window_ends_on": touchpoint.window_ends_on.isoformat(),
            "days_to_window_end": (touchpoint.window_ends_on - on).days,
            "status": touchpoint.status,
            "claimed_by": touchpoint.claimed_by.email if touchpoint.claimed_by else None,
        }
        for touchpoint in for_lists(daily_queue(user=user, on=on, view=view, everyone=everyone))
    ]
