"""Versions of a scheme, for programs: drafts and their rules, who would move, publishing today or on a day to come, the way back."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from clients.attributes import catalogue_of
from clients.conditions import ConditionsRefused
from firms.api import FirmViewSet, NumberOfRow
from firms.models import Job, User
from firms.permissions import Permission
from segmentation.drafting import (
    UNDECIDED,
    AlreadyPublished,
    DraftUnderWay,
    StaleDraft,
    discard_draft,
    restore_version,
    save_draft,
    share_draft,
)
from segmentation.flows import Mark, list_movers, read_among, read_mark, write_mark
from segmentation.foreseeing import foresee
from segmentation.linting import Problem, errors_among, lint_version
from segmentation.locking import day_of
from segmentation.models import SchemeVersion
from segmentation.publishing import (
    JOB_KIND,
    DateRefused,
    Publication,
    RulesRefused,
    cancel_scheduled,
    request_publication,
    schedule_version,
)
from segmentation.queries import readable_versions
from segmentation.rules import Rules, conditions_as_written, load_rules, segments_by_rank
from segmentation.rules_serializers import NewRulesSerializer, RulesSerializer, rules_as_data
from segmentation.simulation import read_record, read_signed, record_of, sign_record
from segmentation.version_serializers import (
    DecidedSerializer,
    DecisionSerializer,
    MoversSerializer,
    ProblemSerializer,
    PublicationJobSerializer,
    SchemeVersionSerializer,
    ShareSerializer,
    WhatIfSerializer,
    what_if_as_data,
)
from segmentation.whatif import what_if

Status = SchemeVersion.Status
CONFLICT = status.HTTP_409_CONFLICT
UNREADABLE = (CONFLICT, gettext_lazy("The conditions ask about an attribute that is no longer in the catalogue."))


class SchemeVersionFilter(django_filters.FilterSet):
    scheme = NumberOfRow(field_name="scheme_id")
    status = django_filters.ChoiceFilter(choices=Status.choices)

    class Meta:
        model = SchemeVersion
        fields: tuple[str, ...] = ()


class SchemeVersionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, FirmViewSet):
    """The rules of each scheme at one time: one draft, one published version, perhaps one scheduled, the former ones.

    A draft is there for who may edit it, and for colleagues while it is shared. `POST /schemes/{id}/draft/` begins one.
    """

    model = SchemeVersion
    serializer_class = SchemeVersionSerializer
    filterset_class = SchemeVersionFilter
    permissions = {
        **dict.fromkeys(("list", "retrieve", "rules", "problems", "what_if", "movers"), Permission.VIEW_SEGMENTATION),
        **dict.fromkeys(("write_rules", "share", "publish", "cancel", "restore", "destroy"), Permission.EDIT_SEGMENTATION),
    }
    refusals = {
        AlreadyPublished: (CONFLICT, gettext_lazy("This was decided already, or is not waiting to be: look at the version again.")),
        StaleDraft: (CONFLICT, gettext_lazy("The draft changed since it was read, or is no draft any more. Read its revision again.")),
        DraftUnderWay: (CONFLICT, gettext_lazy("A draft is already in progress: publish or discard it first.")),
        ConditionsRefused: UNREADABLE,
    }

    def visible(self, person: User) -> QuerySet[SchemeVersion]:
        return readable_versions(person)

    def destroy(self, request: Request, pk: str) -> Response:
        """Throw a draft away; with a scheme that was never published, the scheme too."""
        discard_draft(version=self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    # Drafts

    @extend_schema(responses=RulesSerializer)
    @action(detail=True, methods=["get"])
    def rules(self, request: Request, pk: str) -> Response:
        """How the version places clients."""
        version = self.get_object()
        rules = load_rules(version, catalogue=catalogue_of(version.firm_id), with_conditions=False)
        return Response(RulesSerializer(rules_as_data(rules, conditions_as_written(version))).data)

    @extend_schema(request=NewRulesSerializer, responses=SchemeVersionSerializer)
    @rules.mapping.put
    def write_rules(self, request: Request, pk: str) -> Response:
        """Replace the rules of a draft, all of them. What is not right yet is kept too: `problems/` says what stands against publishing it."""
        version = self.get_object()
        context = {
            **self.get_serializer_context(),
            "segments": list(segments_by_rank(version.scheme_id, firm_id=version.firm_id)),
            "catalogue": catalogue_of(version.firm_id),
        }
        said = NewRulesSerializer(data=request.data, context=context)
        said.is_valid(raise_exception=True)
        save_draft(version=version, rules=said.rules(), revision=said.validated_data["revision"])
        return self.answer(version)

    @extend_schema(responses=ProblemSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def problems(self, request: Request, pk: str) -> Response:
        """What stands against publishing the version, each point at its place: gaps, overlaps, contradictions, what is missing."""
        _rules, problems = lint_version(self.get_object())
        return Response(ProblemSerializer(problems, many=True).data)

    @extend_schema(request=ShareSerializer, responses=SchemeVersionSerializer)
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str) -> Response:
        """Let colleagues who may read segmentation see a draft and what it would do, or no longer."""
        version, said = self.get_object(), ShareSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        share_draft(version=version, shared=said.validated_data["shared"], by=self.person)
        return self.answer(version)

    # What if

    @extend_schema(responses=WhatIfSerializer)
    @action(detail=True, methods=["get"], url_path="what-if")
    def what_if(self, request: Request, pk: str) -> Response:
        """What publishing a draft, or a scheduled version, would do to the real book today: who moves where; hours, cost and revenue before and
        after. Nothing is written. Of rules that cannot be published it answers 400, with what is wrong at its place.
        """
        version = self._undecided()
        catalogue = catalogue_of(version.firm_id)
        rules, problems = _sound(*lint_version(version, catalogue=catalogue))
        found = what_if(rules=rules, scheme=version.scheme, catalogue=catalogue, on=day_of(self.person.firm))
        record = record_of(found)
        signed = sign_record(record, version=version)
        body = what_if_as_data(read_record(record), foreseen=foresee(rules, found), warnings=problems, signed=signed)
        return Response(WhatIfSerializer(body).data)

    @extend_schema(
        parameters=[
            OpenApiParameter("only", str, enum=["overridden", "uncaught"], description="Those whom a decision keeps, or whom no rule catches."),
            OpenApiParameter("from", int, description="Those who leave this segment; without it, and with `to`, who is not placed yet."),
            OpenApiParameter("to", int, description="Those who reach this segment."),
            OpenApiParameter("after", str, description="The `next` page has it."),
            OpenApiParameter("before", str, description="The `previous` page has it."),
        ],
        responses=MoversSerializer,
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def movers(self, request: Request, pk: str) -> Response:
        """The clients whom the what-if counts, by name, as far as you see them: without parameters, all who would change segment."""
        version, query = self._undecided(), request.query_params.dict()
        rules, _problems = _sound(*lint_version(version))
        among = read_among(query, {segment.pk for segment in segments_by_rank(version.scheme_id, firm_id=version.firm_id)})
        if among is None:
            raise exceptions.ValidationError({"only" if query.get("only") else "to": [_("There is no such flow between segments of this scheme.")]})
        after, before = (read_mark(query.get(name, "")) for name in ("after", "before"))
        if (query.get("after") and after is None) or (query.get("before") and before is None):
            raise exceptions.NotFound
        on = day_of(self.person.firm)
        page = list_movers(rules, scheme_id=version.scheme_id, on=on, among=among, user=self.person, after=after, before=before)
        body = {
            "next": self._page_address("after", page.next),
            "previous": self._page_address("before", page.previous),
            "visible": page.visible,
            "hidden": page.hidden,
            "results": page.rows,
        }
        return Response(MoversSerializer(body).data)

    def _page_address(self, name: str, mark: Mark | None) -> str | None:
        if mark is None:
            return None
        address = remove_query_param(self.request.build_absolute_uri(), "before" if name == "after" else "after")
        return str(replace_query_param(address, name, write_mark(mark)))

    def _undecided(self) -> SchemeVersion:
        version: SchemeVersion = self.get_object()
        if version.status not in UNDECIDED:
            raise exceptions.NotFound(_("There is no draft: it was published or discarded."))
        return version

    # Decisions

    @extend_schema(request=DecisionSerializer, responses={200: DecidedSerializer, 202: DecidedSerializer})
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Put a draft in force today, or schedule it for a day to come (200). Today's is answered 202: a book of more than 10,000 clients is placed
        in the background, and for any the year is planned again; see `look_at`. Rules with errors are refused, each at its place.
        """
        version, said = self.get_object(), DecisionSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        day = said.validated_data["effective_on"]
        decided: dict[str, Any] = {
            "version": version,
            "by": self.person,
            "revision": said.validated_data["revision"],
            "note": said.validated_data["note"],
            "simulation": read_signed(said.validated_data["shown"], version=version),
        }
        try:
            result = schedule_version(on=day, **decided) if day else request_publication(**decided)
        except DateRefused:
            raise exceptions.ValidationError({"effective_on": [_("Choose a day after today, within a year.")]}) from None
        except RulesRefused as refusal:
            raise _at_their_places(refusal.problems) from None
        return self._decided(version, result)

    def _decided(self, version: SchemeVersion, result: Publication | Job | SchemeVersion) -> Response:
        look_at: str | None = None
        counts: list[dict[str, int]] | None = None
        if isinstance(result, Job):
            look_at = reverse("api-scheme-publication-detail", args=[result.pk])
        elif isinstance(result, Publication):
            look_at = reverse("api-planning")
            counts = [{"segment": segment, "clients": clients} for segment, clients in result.counts.items()]
        if look_at is not None:
            look_at = self.request.build_absolute_uri(look_at)
        body: dict[str, Any] = DecidedSerializer({"version": self.one(version.pk), "counts": counts, "look_at": look_at}).data
        if look_at is None:
            return Response(body)
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": look_at})

    @extend_schema(request=None, responses=SchemeVersionSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Take back what was scheduled: it is a draft again, or set aside when another draft is under way."""
        return self.answer(cancel_scheduled(version=self.get_object()))

    @extend_schema(request=None, responses={201: SchemeVersionSerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Begin a draft with the rules of this version, to look at and publish: the way back."""
        version = self.get_object()
        if version.status == Status.DRAFT:
            raise DraftUnderWay(version)
        return self.answer(restore_version(version=version), created=True)


def _sound(rules: Rules | None, problems: list[Problem]) -> tuple[Rules, list[Problem]]:
    """Rules that could be published, with what is only said; others are refused."""
    if rules is None or errors_among(problems):
        raise _at_their_places(errors_among(problems))
    return rules, problems


def _at_their_places(problems: list[Problem]) -> exceptions.ValidationError:
    faults: dict[str, list[str]] = {}
    for problem in problems:
        faults.setdefault(problem.at, []).append(problem.message)
    return exceptions.ValidationError(faults)


class PublicationJobViewSet(mixins.RetrieveModelMixin, FirmViewSet):
    """The publication of a scheme whose book is large, while it goes on in the background."""

    model = Job
    serializer_class = PublicationJobSerializer
    permissions = {"retrieve": Permission.EDIT_SEGMENTATION}

    def visible(self, person: User) -> QuerySet[Job]:
        return Job.objects.filter(firm_id=person.firm_id, kind=JOB_KIND)
