"""Publish a shipped service matrix for a firm's service scheme."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from firms.commands import find_firm
from firms.models import User
from firms.permissions import Role
from firms.wall import acting_for
from service_matrix.load import yearly_load
from service_matrix.models import Promise
from service_matrix.presets import PRESETS
from service_matrix.queries import clients_by_segment, drafts_of, service_scheme
from service_matrix.versions import PresetDoesNotFit, discard_draft, publish_version, start_draft, warnings_about


class Command(BaseCommand):
    help = (
        "Publish a shipped service matrix (PRESET) for the scheme that drives the service of FIRM (number or name). A draft in progress is refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("firm")
        parser.add_argument("preset", choices=sorted(PRESETS))
        parser.add_argument("--replace-draft", action="store_true", help="discard the draft in progress")
        parser.add_argument("--json", action="store_true")

    def handle(self, *, firm: str, preset: str, replace_draft: bool, json: bool, **options: Any) -> None:
        with acting_for(find_firm(firm).pk):
            result = publish_preset(preset=preset, replace_draft=replace_draft)
        self.stdout.write(as_json(result) if json else as_text(result))


def publish_preset(*, preset: str, replace_draft: bool) -> dict[str, Any]:
    admin = User.objects.filter(role=Role.ADMIN, is_active=True).order_by("pk").first()
    if admin is None:
        raise CommandError("The firm has no active administrator to publish as.")
    scheme = service_scheme(admin)
    if scheme is None:
        raise CommandError("No scheme drives the service of this firm: publish one first (publish_scheme).")
    draft = drafts_of(admin).filter(scheme=scheme).first()
    if draft is not None:
        if not replace_draft:
            raise CommandError("A draft is in progress. Publish it in the browser, or replace it with --replace-draft.")
        discard_draft(version=draft, revision=draft.revision, by=admin)
    try:
        version = start_draft(scheme=scheme, by=admin, preset=preset)
    except PresetDoesNotFit:
        raise CommandError(f"{preset} promises more levels than {scheme} has segments.") from None
    warnings = [warning.text for warning in warnings_about(version)]
    version = publish_version(version=version, revision=version.revision, by=admin)
    segments = list(scheme.segments.order_by("rank"))
    counts = clients_by_segment(scheme=scheme, segments=segments)
    loads = yearly_load(counts=counts, version=version).segments
    per_client = yearly_load(counts=dict.fromkeys(counts, 1), version=version).segments
    return {
        "scheme": scheme.pk,
        "version": version.number,
        "promises": Promise.objects.filter(version=version).count(),
        "segments": [
            {
                "name": segment.name,
                "clients": counts[segment.pk],
                "hours_per_client": round(float(per_client[segment.pk].total_hours), 2),
                "hours": round(float(loads[segment.pk].total_hours), 2),
            }
            for segment in segments
        ],
        "warnings": warnings,
    }


def as_json(result: dict[str, Any]) -> str:
    return json.dumps(result, ensure_ascii=False)


def as_text(result: dict[str, Any]) -> str:
    lines = [f"Published version {result['version']}: {result['promises']} promises."]
    lines += [
        f"  {segment['name']}: {segment['clients']} clients × {segment['hours_per_client']:g} h = {segment['hours']:g} h a year"
        for segment in result["segments"]
    ]
    return "\n".join(lines + [f"  Warning: {warning}" for warning in result["warnings"]])
