"""Publish a shipped segmentation scheme and say how many clients each segment holds."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from firms.authorship import writing_as
from firms.commands import SignedCommand, find_firm, find_user
from firms.models import User
from firms.wall import acting_for
from segmentation.models import Scheme, SchemeVersion
from segmentation.presets import PRESETS, create_from_preset, preset
from segmentation.publishing import Publication, RulesRefused, publish_version, start_draft
from segmentation.rules import segments_by_rank


class Command(SignedCommand):
    help = (
        "Publish the shipped scheme PRESET in FIRM (number or exact name) and place every client. "
        "When the firm has that scheme already, its draft is published, or its rules are published anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("firm", metavar="FIRM")
        keys = [found.key for found in PRESETS]
        parser.add_argument("preset", metavar="PRESET", help=f"{', '.join(keys)}, or the first word of one")
        parser.add_argument("--by", metavar="USER", help="whom the history names: number or e-mail")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, firm: str, preset: str, by: str | None, **options: Any) -> None:
        published_for = find_firm(firm)
        with acting_for(published_for.pk):
            user = find_user(published_for, by) if by else None
            with writing_as(user=user.pk if user else None):
                publication = publish_preset(preset, by=user)
            counts = counts_by_name(publication)
        version, moves = publication.version, publication.assignments
        if options["json"]:
            answer = {"scheme": version.scheme_id, "preset": version.scheme.preset, "version": version.number, "segments": counts}
            self.stdout.write(json.dumps({**answer, "moved": moves.moved, "arrived": moves.arrived, "left": moves.left}, ensure_ascii=False))
        else:
            self.stdout.write(f"{version.scheme.name_en}, version {version.number}: {sum(counts.values())} clients placed.")
            self.stdout.writelines(f"  {name}: {count}\n" for name, count in counts.items())


def publish_preset(key: str, *, by: User | None) -> Publication:
    try:
        chosen = preset(key)
    except LookupError:
        raise CommandError(f"No preset is called {key!r}. There are: {', '.join(found.key for found in PRESETS)}.") from None
    scheme = Scheme.objects.filter(preset=chosen.key).first()
    draft: SchemeVersion = create_from_preset(chosen) if scheme is None else start_draft(scheme=scheme)
    try:
        return publish_version(version=draft, by=by)
    except RulesRefused as refused:
        raise CommandError("\n".join(f"{problem.at}: {problem.message}" for problem in refused.problems)) from None


def counts_by_name(publication: Publication) -> dict[str, int]:
    version = publication.version
    return {segment.name_en: publication.counts[segment.pk] for segment in segments_by_rank(version.scheme_id, firm_id=version.firm_id)}
