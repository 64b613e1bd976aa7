"""What was promised in a period and what became of it, as the page shows it."""

import json
from datetime import date
from typing import Any

from django.core.management.base import CommandError, CommandParser

from firms.calendar import local_time
from firms.commands import SignedCommand, day_argument, find_firm, find_user
from firms.wall import acting_for
from touchpoints.audit import By, Period, audit_service, last_twelve_months
from touchpoints.audit_filters import BadPeriod, check_period
from touchpoints.audit_words import as_json
from touchpoints.models import Touchpoint
from touchpoints.queries import touchpoints_visible_to

_SHOWN = ("promised", "delivered_on_time", "delivered_late", "skipped", "missed", "open")


class Command(SignedCommand):
    help = "Say what FIRM (number or exact name) promised in a period and what became of it, by segment, adviser, touchpoint type or client."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("firm", metavar="FIRM")
        parser.add_argument("--from", dest="first", type=day_argument, metavar="DATE", help="default: twelve months, this one included")
        parser.add_argument("--to", dest="last", type=day_argument, metavar="DATE", help="included; default: today in the firm's time zone")
        parser.add_argument("--by", choices=By.values, default=By.SEGMENT.value, help="default: %(default)s")
        parser.add_argument("--user", metavar="USER", help="as this user (e-mail or number) sees it; default: the whole firm")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, firm: str, first: date | None, last: date | None, by: str, user: str | None, **options: Any) -> None:
        audited = find_firm(firm)
        today = local_time(audited).date()
        usual = last_twelve_months(last or today)
        try:
            period = check_period(Period(first or usual.first, last or today))
        except BadPeriod as refusal:
            raise CommandError(str(refusal)) from None
        with acting_for(audited.pk):
            seen = touchpoints_visible_to(find_user(audited, user)) if user else Touchpoint.objects.filter(firm_id=audited.pk)
            found = as_json(audit_service(firm=audited, seen=seen, period=period, by=By(by), today=today, most=None))
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
            return
        for name, line in [*((line["name"], line) for line in found["lines"]), ("total", found["totals"])]:
            ratio = "–" if line["kept_ratio"] is None else f"{line['kept_ratio']:.1%}"
            self.stdout.write(f"{name:30}  " + "  ".join(f"{line[key]} {key}" for key in _SHOWN) + f"  {ratio} kept")
