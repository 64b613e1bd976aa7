"""The service audit: the figures of a period, and the touchpoints that prove them."""

from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clients.queries import advisers_listed, visible_to
from firms import formats
from firms.calendar import local_time
from firms.guard import FirmRequest, firm_view
from firms.permissions import Permission
from segmentation.models import Segment
from service_matrix.models import TouchpointType
from touchpoints.audit import By, EvidencePlace, Line, Place, audit_service, list_evidence
from touchpoints.audit_export import EXPORTS, export_audit
from touchpoints.audit_filters import Asked, usual_periods
from touchpoints.audit_words import answer, draw_trend, of_decided, tone_of_answer
from touchpoints.fates import PROMISED, Counts, Fate
from touchpoints.models import Touchpoint
from touchpoints.queries import touchpoints_visible_to


def _asked(request: FirmRequest) -> tuple[Asked, QuerySet[Touchpoint]]:
    """The question, and the touchpoints it is about among those the reader sees."""
    asked = Asked.of(request.GET.dict(), today=local_time(request.firm).date())
    return asked, asked.narrow(touchpoints_visible_to(request.user))


@firm_view(Permission.VIEW_AUDIT)
@require_safe
def service_audit(request: FirmRequest) -> HttpResponse:
    """Any period: promised, delivered, late, skipped, missed, still open; told apart as asked."""
    asked, seen = _asked(request)
    today, locale = local_time(request.firm).date(), formats.babel_locale(request.firm.region)
    place = Place.parse(request.GET.get("after", ""))
    audit = audit_service(firm=request.firm, seen=seen, period=asked.period, by=asked.by, today=today, after=place)
    context = {
        "audit": audit,
        "asked": asked,
        "answer": answer(audit.met, locale=locale),
        "answer_tone": tone_of_answer(audit.met),
        "unmet_url": asked.address(by=By.CLIENT) if audit.met.missed else "",
        "share_note": of_decided(audit.totals, locale=locale),
        "trend": draw_trend(audit, locale=locale) if audit.totals.decided and len(audit.months) > 1 else "",
        "cards": _cells(asked, audit.totals),
        "withdrawn_url": asked.address("service_audit_evidence", fate=Fate.WITHDRAWN),
        "lines": [(line, _line_url(asked, line), _cells(asked, line.counts, **{asked.by: line.key})) for line in audit.lines],
        "tabs": [(label, asked.address(by=by), by == asked.by) for by, label in By.choices],
        "next_url": asked.address(after=str(audit.following)) if audit.following else "",
        "exports": [(name, label, icon, asked.address(f"service_audit_{name}")) for name, (label, icon) in EXPORTS.items()],
    }
    return render(request, "touchpoints/audit.html", context | _filters(request, asked))


def _cells(asked: Asked, counts: Counts, **narrowed: Any) -> list[tuple[str, str, int, str]]:
    """Each fate with its label, its number, and where its evidence is."""
    return [
        (fate.value, str(fate.label), number, asked.address("service_audit_evidence", fate=fate, **narrowed) if number else "")
        for fate in PROMISED
        for number in [getattr(counts, fate.value)]
    ]


def _line_url(asked: Asked, line: Line) -> str:
    """What a line leads to: the same period for it alone, told apart by what comes next."""
    return asked.address(**{asked.by: line.key, "by": By.TYPE if asked.by == By.CLIENT else By.CLIENT})


def _filters(request: FirmRequest, asked: Asked) -> dict[str, Any]:
    """What may be chosen, and the usual periods."""
    firm_id = request.user.firm_id
    client_id = asked.of_choice("client")
    return {
        "advisers": list(advisers_listed(request.user).values_list("pk", "name")),
        "segments": [(each.pk, each.name) for each in Segment.objects.filter(firm_id=firm_id, scheme__is_service=True).order_by("rank")],
        "types": [(each.pk, each.name) for each in TouchpointType.objects.filter(firm_id=firm_id).only("name_en", "name_fr")],
        "chosen": dict(asked.chosen),
        "client": visible_to(request.user).filter(pk=client_id).only("name", "firm").first() if client_id else None,
        "without_client": asked.address(client=""),
        "periods": [
            (name, asked.address(**{"from": each.first, "to": each.last}), each == asked.period) for name, each in usual_periods(request.local_date)
        ],
    }


@firm_view(Permission.VIEW_AUDIT)
@require_safe
def service_audit_evidence(request: FirmRequest) -> HttpResponse:
    """The touchpoints behind a figure, each with the interaction that proves it, or the reason it was skipped."""
    asked, seen = _asked(request)
    today = local_time(request.firm).date()
    fates = asked.fates or tuple(PROMISED)
    page = list_evidence(
        firm=request.firm, seen=seen, period=asked.period, fates=fates, today=today, after=EvidencePlace.parse(request.GET.get("after", ""))
    )
    context = {
        "page": page,
        "asked": asked,
        "fates": [(_("All promised"), asked.address("service_audit_evidence", fate=""), not asked.fates)]
        + [(label, asked.address("service_audit_evidence", fate=fate), fate in asked.fates) for fate, label in Fate.choices],
        "back": asked.address(fate=""),
        "next_url": asked.address("service_audit_evidence", after=str(page.following)) if page.following else "",
    }
    return render(request, "touchpoints/audit_evidence.html", context | _filters(request, asked))


@firm_view(Permission.EXPORT_CLIENTS)
@require_safe
def service_audit_export(request: FirmRequest, kind: str) -> FileResponse:
    """The figures as a file: every line, also of many clients."""
    asked, seen = _asked(request)
    file = export_audit(kind, asked=asked, seen=seen, reader=request.user, today=local_time(request.firm).date())
    title = _("service-audit")
    name = f"{title}-{asked.period.first.isoformat()}-{asked.period.last.isoformat()}.{kind}"
    return FileResponse(file, as_attachment=True, filename=name)
