"""Schemes, the editor of a draft, publishing, and the segment of one client."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advisory_crm import charts
from clients.attributes import catalogue_of
from clients.models import Client
from clients.queries import visible_to
from firms import formats
from firms.guard import FirmRequest, firm_view
from firms.models import Job
from firms.permissions import Permission
from segmentation.forms import (
    Editor,
    OverrideForm,
    OwnSchemeForm,
    SegmentForm,
    build_editor,
    change_state,
    read_state,
    state_of,
)
from segmentation.linting import lint, plain
from segmentation.models import Assignment, Criterion, Cut, Method, Placement, Scheme, SchemeVersion, Segment
from segmentation.overriding import ExpiryRefused, NoOverride, NotPlaced, ReasonMissing, end_override, override_segment
from segmentation.presets import PRESETS, UnknownPreset, create_from_preset, create_own, preset
from segmentation.publishing import (
    JOB_KIND,
    AlreadyPublished,
    Publication,
    RulesRefused,
    StaleDraft,
    discard_draft,
    firm_today,
    make_service_scheme,
    request_publication,
    save_draft,
    start_draft,
)
from segmentation.queries import clients_by_segment, schemes_of, versions_of
from segmentation.rules import choices_of, load_rules, segments_by_rank
from segmentation.whatif import what_if

DRAFT, PUBLISHED = SchemeVersion.Status.DRAFT, SchemeVersion.Status.PUBLISHED


def _draft_of(request: FirmRequest, scheme: Scheme) -> SchemeVersion | None:
    return versions_of(request.user).filter(scheme=scheme, status=DRAFT).first()


def _segments(scheme: Scheme) -> list[Segment]:
    return list(segments_by_rank(scheme.pk, firm_id=scheme.firm_id))


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_list(request: FirmRequest) -> HttpResponse:
    """Schemes with their segments and counts, in four statements; then practices to start from."""
    versions: dict[int, dict[str, SchemeVersion]] = {}
    for version in versions_of(request.user).filter(status__in=[DRAFT, PUBLISHED]):
        versions.setdefault(version.scheme_id, {})[version.status] = version
    counts = clients_by_segment(firm_id=request.user.firm_id)
    segments: dict[int, list[Segment]] = {}
    for segment in Segment.objects.filter(firm_id=request.user.firm_id).order_by("rank"):
        segments.setdefault(segment.scheme_id, []).append(segment)
    rows = [
        {
            "scheme": scheme,
            "draft": versions.get(scheme.pk, {}).get(DRAFT),
            "published": versions.get(scheme.pk, {}).get(PUBLISHED),
            "segments": segments.get(scheme.pk, []),
            "chart": _counts_chart(request, segments.get(scheme.pk, []), counts),
        }
        for scheme in schemes_of(request.user)
    ]
    return render(request, "segmentation/scheme_list.html", {"rows": rows, "presets": PRESETS})


def _counts_chart(request: FirmRequest, segments: list[Segment], counts: dict[int, int]) -> str:
    locale = formats.babel_locale(request.firm.region)
    total = sum(counts.get(segment.pk, 0) for segment in segments)
    if not total:
        return ""
    parts = []
    for segment in segments:
        count = counts.get(segment.pk, 0)
        text = f"{formats.number(count, locale=locale)} ({formats.percent(count / total, locale=locale)})"
        parts.append(charts.Part(label=segment.name, value=count, text=text, fill=min(segment.rank, 6)))
    return charts.stacked_bar(title=_("Clients by segment"), parts=parts)


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_create(request: FirmRequest) -> HttpResponse:
    try:
        draft = create_from_preset(preset(request.POST.get("preset", "")))
    except UnknownPreset:
        return redirect("scheme_list")
    return redirect("scheme_edit", draft.scheme_id)


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def scheme_own(request: FirmRequest) -> HttpResponse:
    form = OwnSchemeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("scheme_edit", create_own(**form.cleaned_data).scheme_id)
    return render(request, "segmentation/scheme_own.html", {"form": form})


@firm_view(Permission.VIEW_SEGMENTATION)
@require_safe
def scheme_detail(request: FirmRequest, pk: int) -> HttpResponse:
    versions = list(versions_of(request.user).filter(scheme_id=pk))
    scheme = versions[0].scheme if versions else get_object_or_404(schemes_of(request.user), pk=pk)
    published = next((version for version in versions if version.status == PUBLISHED), None)
    segments = _segments(scheme)
    counts = clients_by_segment(firm_id=scheme.firm_id, scheme_id=scheme.pk)
    overrides = (
        Assignment.objects.filter(
            firm_id=scheme.firm_id, scheme=scheme, ends_on=None, source=Assignment.Source.OVERRIDE, client__in=visible_to(request.user)
        )
        .select_related("client", "segment", "by")
        .order_by("expires_on", "pk")
    )
    context: dict[str, Any] = {
        "scheme": scheme,
        "versions": versions,
        "published": published,
        "draft": next((version for version in versions if version.status == DRAFT), None),
        "rows": [],
        "criteria": [],
        "chart": _counts_chart(request, segments, counts),
        "overrides": overrides[:100],
    }
    if published is not None:
        cuts = {cut.segment_id: cut for cut in Cut.objects.filter(firm_id=scheme.firm_id, version=published)}
        context["rows"] = [(segment, cuts.get(segment.pk), counts.get(segment.pk, 0)) for segment in segments]
        context["by_quota"] = published.method == Method.QUOTAS
        context["criteria"] = _readable_criteria(request, published)
    return render(request, "segmentation/scheme_detail.html", context)


def _readable_criteria(request: FirmRequest, version: SchemeVersion) -> list[dict[str, Any]]:
    """Criteria with their bands in words."""
    criteria = Criterion.objects.filter(firm_id=request.user.firm_id, version=version).prefetch_related("bands").order_by("position", "pk")
    catalogue = catalogue_of(request.firm.pk)
    readable = []
    for criterion in criteria:
        source = catalogue[criterion.attribute]
        labels = dict(choices_of(source))
        bands = []
        for band in criterion.bands.all():
            lower = "" if band.lower is None else source.display(band.lower.normalize() + 0, firm=request.firm)
            upper = "" if band.upper is None else source.display(band.upper.normalize() + 0, firm=request.firm)
            if band.choice:
                text = labels.get(band.choice, band.choice)
            elif not lower:
                text = _("below %(upper)s") % {"upper": upper} if upper else _("any value")
            elif upper:
                text = _("from %(lower)s, below %(upper)s") % {"lower": lower, "upper": upper}
            else:
                text = _("from %(lower)s") % {"lower": lower}
            # The open band comes first, then by rising start.
            bands.append((band.lower is not None, band.lower or 0, text, plain(band.points)))
        readable.append(
            {"criterion": criterion, "label": source.label, "weight": criterion.weight / 100, "bands": [row[2:] for row in sorted(bands)]}
        )
    return readable


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_draft_start(request: FirmRequest, pk: int) -> HttpResponse:
    start_draft(scheme=get_object_or_404(schemes_of(request.user), pk=pk))
    return redirect("scheme_edit", pk)


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def scheme_edit(request: FirmRequest, pk: int) -> HttpResponse:
    """The editor. "save" and "publish" keep the draft; everything else changes the form alone and is kept when it is saved."""
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    draft = _draft_of(request, scheme)
    if draft is None:
        messages.info(request, _("There is no draft: it was published or discarded."))
        return redirect("scheme_detail", pk)
    segments = _segments(scheme)
    if request.method != "POST":
        state = state_of(load_rules(draft), revision=draft.revision, segments=segments)
        editor = build_editor(state, segments=segments, firm=request.firm, checked=True)
        editor.check()
        return _show_editor(request, scheme=scheme, draft=draft, editor=editor)
    state, action = read_state(request.POST, segments=segments), request.POST.get("do", "save")
    if action not in {"save", "publish"}:
        focus = change_state(state, action, catalogue=catalogue_of(request.firm.pk))
        editor = build_editor(state, segments=segments, firm=request.firm, checked=False)
        return _show_editor(request, scheme=scheme, draft=draft, editor=editor, focus=focus)
    editor = build_editor(state, segments=segments, firm=request.firm, checked=True)
    rules = editor.check()
    if rules is None:
        return _show_editor(request, scheme=scheme, draft=draft, editor=editor, refused=True)
    try:
        save_draft(version=draft, rules=rules, revision=editor.settings.cleaned_data["revision"])
    except StaleDraft as stale:
        if stale.version.status != DRAFT:
            messages.error(request, _("This draft was published meanwhile: what you typed was not kept."))
            return redirect("scheme_detail", pk)
        state["revision"] = str(stale.version.revision)
        editor = build_editor(state, segments=segments, firm=request.firm, checked=True)
        editor.check()
        return _show_editor(request, scheme=scheme, draft=stale.version, editor=editor, conflict=True)
    if action == "publish" and not editor.error_count:
        return redirect("scheme_publish", pk)
    if action == "publish":
        messages.error(request, _("The draft is saved. It cannot be published before what is marked below is settled."))
    else:
        messages.success(request, _("The draft is saved."))
    return redirect("scheme_edit", pk)


def _show_editor(request: FirmRequest, *, scheme: Scheme, draft: SchemeVersion, editor: Editor, focus: str = "", **context: Any) -> HttpResponse:
    template = "segmentation/_editor.html" if request.htmx else "segmentation/scheme_edit.html"
    if focus:
        _focus(editor, focus)
    return render(request, template, {"scheme": scheme, "draft": draft, "editor": editor, **context})


def _focus(editor: Editor, field_id: str) -> None:
    for criterion in editor.criteria:
        for form in (criterion.form, *criterion.bands):
            for bound in form:
                if bound.id_for_label == field_id:
                    bound.field.widget.attrs["autofocus"] = True


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_preview(request: FirmRequest, pk: int) -> HttpResponse:
    """Counts on the real book for what is typed, saved or not."""
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    segments = _segments(scheme)
    editor = build_editor(read_state(request.POST, segments=segments), segments=segments, firm=request.firm, checked=True)
    rules = editor.check()
    if rules is None or editor.error_count:
        return render(request, "segmentation/_preview.html", {"errors": editor.error_count or 1})
    preview = what_if(rules=rules, scheme=scheme)
    chart = _counts_chart(request, segments, {segment.pk: after for segment, _before, after in preview.rows})
    return render(request, "segmentation/_preview.html", {"preview": preview, "chart": chart})


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def scheme_publish(request: FirmRequest, pk: int) -> HttpResponse:
    draft = versions_of(request.user).filter(scheme_id=pk, status=DRAFT).first()
    scheme = draft.scheme if draft else get_object_or_404(schemes_of(request.user), pk=pk)
    if request.method == "POST":
        return _publish(request, scheme=scheme)
    if draft is None:
        return redirect("scheme_detail", pk)
    catalogue = catalogue_of(request.firm.pk)
    rules = load_rules(draft, catalogue=catalogue)
    problems = lint(rules, catalogue=catalogue)
    if any(not problem.warning for problem in problems):
        return redirect("scheme_edit", pk)
    preview = what_if(rules=rules, scheme=scheme)
    segments = [segment for segment, _before, _after in preview.rows]
    charts_ = [
        _counts_chart(request, segments, {segment.pk: before for segment, before, _after in preview.rows}),
        _counts_chart(request, segments, {segment.pk: after for segment, _before, after in preview.rows}),
    ]
    context = {"scheme": scheme, "draft": draft, "preview": preview, "charts": charts_, "warnings": problems, "today": preview.on}
    return render(request, "segmentation/scheme_publish.html", context)


def _publish(request: FirmRequest, *, scheme: Scheme) -> HttpResponse:
    """The draft of the confirmation page; whoever comes second is shown what the first one published."""
    number, revision = request.POST.get("version", ""), request.POST.get("revision", "")
    version = versions_of(request.user).filter(scheme=scheme, pk=int(number) if number.isdecimal() else 0).first() or _draft_of(request, scheme)
    if version is None:
        return redirect("scheme_detail", scheme.pk)
    try:
        result = request_publication(version=version, by=request.user, revision=int(revision) if revision.isdecimal() else 0)
    except AlreadyPublished as first:
        messages.info(request, _("%(person)s has just published this version: here is the result.") % {"person": first.version.published_by or "–"})
        return redirect("scheme_detail", scheme.pk)
    except StaleDraft:
        messages.error(request, _("The draft changed since this page was shown. Look at it again before publishing."))
        return redirect("scheme_publish", scheme.pk)
    except RulesRefused:
        messages.error(request, _("It cannot be published before what is marked below is settled."))
        return redirect("scheme_edit", scheme.pk)
    if isinstance(result, Publication):
        _say_published(request, sum(result.counts.values()))
        return redirect("scheme_detail", scheme.pk)
    return redirect("scheme_publication", scheme.pk, result.pk)


def _say_published(request: FirmRequest, clients: int) -> None:
    number = formats.number(clients, locale=formats.babel_locale(request.firm.region))
    messages.success(request, _("Published. %(number)s clients have a segment; the planning of the year follows.") % {"number": number})


@firm_view(Permission.EDIT_SEGMENTATION)
@require_safe
def scheme_publication(request: FirmRequest, pk: int, job_pk: int) -> HttpResponse:
    """A large book being placed: asks again until it is done."""
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    job = get_object_or_404(Job, firm_id=request.user.firm_id, kind=JOB_KIND, parameters__scheme=scheme.pk, pk=job_pk)
    if request.htmx and job.status in {Job.Status.DONE, Job.Status.FAILED}:
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    if job.status == Job.Status.DONE:
        _say_published(request, sum(job.counts.values()))
        return redirect("scheme_detail", pk)
    template = "segmentation/_publication.html" if request.htmx else "segmentation/scheme_publication.html"
    return render(request, template, {"scheme": scheme, "job": job})


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_discard(request: FirmRequest, pk: int) -> HttpResponse:
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    draft = _draft_of(request, scheme)
    if draft is not None:
        discard_draft(version=draft)
        messages.success(request, _("The draft is discarded."))
    return redirect("scheme_list")


@firm_view(Permission.EDIT_SEGMENTATION)
@require_POST
def scheme_make_service(request: FirmRequest, pk: int) -> HttpResponse:
    scheme = get_object_or_404(schemes_of(request.user), pk=pk)
    try:
        make_service_scheme(scheme=scheme, by=request.user)
        messages.success(request, _("“%(scheme)s” now drives the service matrix.") % {"scheme": scheme.name})
    except RulesRefused:
        messages.error(request, _("Publish the scheme first."))
    return redirect("scheme_detail", pk)


@firm_view(Permission.EDIT_SEGMENTATION)
@require_http_methods(["GET", "HEAD", "POST"])
def segment_edit(request: FirmRequest, pk: int) -> HttpResponse:
    """A segment's name and description; they show everywhere at once."""
    segment = get_object_or_404(Segment.objects.select_related("scheme"), firm_id=request.user.firm_id, pk=pk)
    names = ("name_en", "name_fr", "description_en", "description_fr")
    form = SegmentForm(request.POST or None, initial={name: getattr(segment, name) for name in names})
    if request.method == "POST" and form.is_valid():
        Segment.objects.filter(pk=segment.pk, firm_id=request.user.firm_id).update(**form.cleaned_data)
        messages.success(request, _("The segment is saved."))
        return redirect("scheme_detail", segment.scheme_id)
    return render(request, "segmentation/segment_edit.html", {"form": form, "segment": segment})


@firm_view(Permission.OVERRIDE_SEGMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def segment_override(request: FirmRequest, client_pk: int, scheme_pk: int) -> HttpResponse:
    client, scheme = _client_in_scheme(request, client_pk, scheme_pk)
    current = Assignment.objects.filter(firm_id=scheme.firm_id, client=client, scheme=scheme, ends_on=None).select_related("segment").first()
    form = OverrideForm(
        request.POST or None,
        segments=scheme.segments.filter(firm_id=scheme.firm_id).order_by("rank"),
        today=firm_today(scheme.firm_id),
        initial={"segment": current.segment_id if current else None},
    )
    if request.method == "POST" and form.is_valid():
        try:
            override_segment(client=client, by=request.user, **form.cleaned_data)
        except ReasonMissing:
            form.add_error("reason", _("Say why this client is served at another level."))
        except ExpiryRefused:
            form.add_error("expires_on", _("Choose a day after today, within two years."))
        except NotPlaced:
            form.add_error(None, _("This client is not placed by this scheme."))
        else:
            messages.success(request, _("%(client)s is now in %(segment)s.") % {"client": client, "segment": form.cleaned_data["segment"].name})
            return redirect("client_detail", client.pk)
    return render(request, "segmentation/override.html", {"form": form, "client": client, "scheme": scheme, "current": current})


@firm_view(Permission.OVERRIDE_SEGMENT)
@require_POST
def segment_override_end(request: FirmRequest, client_pk: int, scheme_pk: int) -> HttpResponse:
    client, scheme = _client_in_scheme(request, client_pk, scheme_pk)
    try:
        assignment = end_override(client=client, scheme_id=scheme.pk, by=request.user)
        messages.success(request, _("%(client)s is back in %(segment)s.") % {"client": client, "segment": assignment.segment.name})
    except (NoOverride, NotPlaced):
        messages.info(request, _("There is no override to end."))
    return redirect("client_detail", client.pk)


def _client_in_scheme(request: FirmRequest, client_pk: int, scheme_pk: int) -> tuple[Client, Scheme]:
    client = get_object_or_404(visible_to(request.user), pk=client_pk)
    scheme = get_object_or_404(schemes_of(request.user), pk=scheme_pk)
    if not Placement.objects.filter(Q(client=client), firm_id=scheme.firm_id, scheme=scheme).exists():
        raise Http404
    return client, scheme
