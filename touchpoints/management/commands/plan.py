"""Plan a firm's touchpoints now."""

import json
import time
from dataclasses import asdict
from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser

from firms.calendar import NoWorkingDays, local_time
from firms.commands import SignedCommand, day_argument, find_firm
from touchpoints import planning

MOST_MONTHS = 36


class Command(SignedCommand):
    help = "Make the touchpoints of FIRM (number or exact name) what its assignments and promises say. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("firm", metavar="FIRM")
        parser.add_argument("--start", type=day_argument, metavar="DATE", help="first day of the horizon (default: today in the firm's time zone)")
        parser.add_argument("--months", type=int, default=planning.HORIZON_MONTHS, metavar="N", help="length of the horizon (default: %(default)s)")
        parser.add_argument("--chunk", type=int, default=planning.CHUNK, metavar="N", help="clients a transaction (default: %(default)s)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, firm: str, start: date | None, months: int, chunk: int, **options: Any) -> None:
        if not 1 <= months <= MOST_MONTHS:
            raise CommandError(f"--months is from 1 to {MOST_MONTHS}.")
        if chunk < 1:
            raise CommandError("--chunk is at least 1.")
        planned = find_firm(firm)
        began = time.monotonic()
        try:
            result = planning.reconcile(firm_id=planned.pk, start=start or local_time(planned).date(), months=months, chunk=chunk)
        except NoWorkingDays:
            raise CommandError(f"{planned} has no working days: set its working week first.") from None
        counts = {**asdict(result), "seconds": round(time.monotonic() - began, 3)}
        self.stdout.write(json.dumps(counts) if options["json"] else ", ".join(f"{value} {name}" for name, value in counts.items()))
