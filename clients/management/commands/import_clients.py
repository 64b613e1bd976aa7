"""Import a client book from the command line: the same functions as the pages, run here and now."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import CommandError, CommandParser
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from clients.importing import applying, batches, mapping, report
from clients.importing.reading import FileRefused
from clients.models import ImportBatch, ImportRow, MergeProposal
from firms.commands import SignedCommand, find_firm, find_user
from firms.formats import language_code
from firms.jobs import run_job
from firms.models import Firm, Job, User
from firms.wall import acting_for


class Command(SignedCommand):
    help = "Import clients from a CSV or XLSX file into a firm."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("firm", help="the firm's number or exact name")
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")
        parser.add_argument(
            "--create-advisers", action="store_true", help="create users, who cannot sign in yet, for advisers the firm does not have"
        )
        parser.add_argument("--default-adviser", metavar="EMAIL", help="whose the clients are when a row names no adviser")
        parser.add_argument("--date-order", choices=["dmy", "mdy"], help="for a file whose dates may be read both ways")
        parser.add_argument("--by", metavar="USER", help="whom the history names: number or e-mail")
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        firm = find_firm(options["firm"])
        began = time.monotonic()
        with acting_for(firm.pk):
            by = find_user(firm, options["by"]) if options["by"] else None
        with translation.override(language_code(by.language if by else firm.language, region=firm.region)):
            try:
                summary = self._rehearse(firm, by, options) if options["dry_run"] else self._import(firm, by, options)
            except (FileRefused, batches.MappingRefused) as refusal:
                raise CommandError(str(refusal)) from None
            except OSError as error:
                raise CommandError(f"{options['file']}: {error.strerror}") from None
            summary["seconds"] = round(time.monotonic() - began, 2)
            self.stdout.write(json.dumps(summary, ensure_ascii=False, indent=2) if options["as_json"] else _in_words(summary))

    def _begin(self, firm: Firm, by: User | None, options: dict[str, Any]) -> tuple[ImportBatch, Job, list[User]]:
        path: Path = options["file"]
        with path.open("rb") as file:
            batch = batches.receive_file(upload=File(file, path.name), by=by)
        sheet = batches.sheet_of(batch)
        decided = batches.mapping_of(batch)
        names = [name for name in mapping.adviser_names(sheet, decided.columns) if name not in decided.advisers]
        created = mapping.create_missing_advisers(names, firm=firm) if options["create_advisers"] else []
        decided.advisers |= dict(zip(names, (user.pk for user in created), strict=False))
        if options["default_adviser"]:
            decided.default_adviser = find_user(firm, options["default_adviser"]).pk
        decided.date_order = options["date_order"] or decided.date_order
        batches.decide_mapping(batch=batch, mapping=decided)
        return batch, batches.start_import(batch=batch, by=by), created

    def _import(self, firm: Firm, by: User | None, options: dict[str, Any]) -> dict[str, Any]:
        with acting_for(firm.pk):
            batch, job, created = self._begin(firm, by, options)
        job = run_job(firm_id=firm.pk, job_id=job.pk)
        while job.status not in {Job.Status.DONE, Job.Status.FAILED}:
            # A worker took it first: the work is the same, only elsewhere.
            time.sleep(0.2)
            with acting_for(firm.pk):
                job.refresh_from_db()
        if job.status == Job.Status.FAILED:
            raise CommandError(job.error or _("The import failed; nothing more was written. See the log."))
        with acting_for(firm.pk):
            return _summary(batch, created, dry_run=False)

    def _rehearse(self, firm: Firm, by: User | None, options: dict[str, Any]) -> dict[str, Any]:
        with acting_for(firm.pk), transaction.atomic():
            batch, job, created = self._begin(firm, by, options)
            while applying.import_step(job):
                pass
            summary = _summary(batch, created, dry_run=True)
            transaction.set_rollback(True)
        return summary


def _summary(batch: ImportBatch, created: list[User], *, dry_run: bool) -> dict[str, Any]:
    batch.refresh_from_db()
    decided, sheet = batches.mapping_of(batch), batches.sheet_of(batch)
    users = dict(User.objects.filter(pk__in=decided.advisers.values()).values_list("pk", "email"))
    return {
        "batch": None if dry_run else batch.pk,
        "dry_run": dry_run,
        "file": batch.file_name,
        "recognised": batch.dialect,
        "columns": dict(zip(sheet.headings, decided.columns, strict=True)),
        "advisers": {name: users[user_id] for name, user_id in decided.advisers.items()},
        "created_advisers": [{"name": user.name, "email": user.email} for user in created],
        "unmatched_advisers": [name for name in mapping.adviser_names(sheet, decided.columns) if name not in decided.advisers],
        "rows": sum(batch.counts.values()),
        "counts": {str(outcome): batch.counts.get(outcome, 0) for outcome in ImportRow.Outcome},
        "merge_proposals": MergeProposal.objects.filter(firm_id=batch.firm_id, decision=MergeProposal.Decision.WAITING).count(),
        "report": [{"line": row.number, "outcome": row.outcome, "reason": report.explain(row)} for row in report.reported_rows(batch)],
    }


def _in_words(summary: dict[str, Any]) -> str:
    lines = [_("Rehearsal: nothing was written.")] if summary["dry_run"] else []
    lines.append(
        _("%(rows)s rows: %(created)s created, %(updated)s updated, %(unchanged)s unchanged, %(repeated)s repeated, %(rejected)s rejected.")
        % {"rows": summary["rows"], **summary["counts"]}
    )
    lines += [
        _("%(name)s: user created with the placeholder address %(email)s; cannot sign in until it is replaced.") % user
        for user in summary["created_advisers"]
    ]
    if summary["unmatched_advisers"]:
        names = ", ".join(summary["unmatched_advisers"])
        lines.append(_("No user of the firm is named %(names)s: invite them first, or add --create-advisers.") % {"names": names})
    if summary["merge_proposals"]:
        lines.append(_("Clients proposed for merging: %(number)s pairs.") % {"number": summary["merge_proposals"]})
    lines += [_("Line %(line)s: %(reason)s") % row for row in summary["report"]]
    return "\n".join(lines)
