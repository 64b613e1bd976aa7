"""A segment's column kept under a name, and put into any draft: of the same scheme, another, or a later version (D29)."""

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from firms.models import User
from firms.queries import by_name
from segmentation.models import Segment
from service_matrix.catalogue import REACTIVE
from service_matrix.editing import fill_column
from service_matrix.journal import read_terms, written_terms
from service_matrix.models import FirmChannel, MatrixVersion, Promise, SegmentStrategy, StrategyTemplate, TouchpointType
from service_matrix.promises import PromiseTerms
from service_matrix.strategies import StrategyDraft, set_strategy

_MONEY = frozenset({"revenue_from", "revenue_to"})


class InvalidTemplate(Exception):
    """The template cannot be kept: `errors` says why in words, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


def templates_of(user: User) -> QuerySet[StrategyTemplate]:
    return StrategyTemplate.objects.filter(firm_id=user.firm_id).select_related("by").order_by(by_name(), "pk")


@transaction.atomic
def save_template(*, version: MatrixVersion, segment: Segment, name: str, description: str, by: User) -> StrategyTemplate:
    """Keep what a version promises a segment, and the segment's line of the strategy table, under a name of its own.

    Raises InvalidTemplate without a name, with one that is taken, or for a segment that is promised nothing.
    """
    name = name.strip()
    promises = list(Promise.objects.filter(firm_id=by.firm_id, version=version, segment=segment).order_by("touchpoint_type_id"))
    if not name:
        raise InvalidTemplate({"name": _("Give it a name.")})
    if not promises:
        raise InvalidTemplate({"segment": _("This segment is promised nothing yet.")})
    strategy = SegmentStrategy.objects.filter(firm_id=by.firm_id, segment=segment).first()
    said = {field: getattr(strategy, field) for field in StrategyDraft.__dataclass_fields__} if strategy is not None else {}
    try:
        with transaction.atomic():
            return StrategyTemplate.objects.create(
                name=name,
                description=description.strip(),
                promises=[{"type": promise.touchpoint_type_id, "terms": written_terms(promise)} for promise in promises],
                strategy={field: str(value) for field, value in said.items() if value not in {None, ""}},
                origin=f"{version.scheme.name} · {segment.name} · {version.number}",
                by=by,
            )
    except IntegrityError:
        raise InvalidTemplate({"name": _("Another template has this name.")}) from None


def template_terms(template: StrategyTemplate) -> dict[int, PromiseTerms]:
    """What a template promises, by touchpoint type. Types that are gone or out of use are left out; a channel of the firm's that is gone is what it
    counted as.
    """
    there = set(TouchpointType.objects.filter(firm_id=template.firm_id, is_active=True).exclude(key=REACTIVE).values_list("pk", flat=True))
    channels = set(FirmChannel.objects.filter(firm_id=template.firm_id).values_list("pk", flat=True))
    found = {}
    for line in template.promises:
        if line["type"] in there:
            own = line["terms"].get("own_channel_id")
            found[line["type"]] = read_terms(line["terms"] | {"own_channel_id": own if own in channels else None})
    return found


def types_left_out(template: StrategyTemplate) -> list[TouchpointType]:
    """The types out of use of which a template would promise something."""
    kept = {line["type"] for line in template.promises}
    return list(TouchpointType.objects.filter(firm_id=template.firm_id, pk__in=kept, is_active=False).order_by("pk"))


@transaction.atomic
def apply_template(*, template: StrategyTemplate, version: MatrixVersion, revision: int, segment: Segment, with_strategy: bool, by: User) -> None:
    """Promise a segment of a draft, as read at `revision`, what a template says and nothing else; with its line of the strategy table if asked.

    Raises SameTwice for a segment of another scheme than the draft's, CellGone, or DraftChanged. One edit of the draft, which can be undone; the
    strategy table is no part of a draft: its line changes at once, and undo leaves it.
    """
    fill_column(version=version, revision=revision, target=segment, promises=template_terms(template), by=by)
    if with_strategy and template.strategy:
        said: dict[str, Any] = {field: Decimal(value) if field in _MONEY else value for field, value in template.strategy.items()}
        set_strategy(segment=segment, draft=StrategyDraft(**said), by=by)


@transaction.atomic
def delete_template(*, template: StrategyTemplate, by: User) -> None:
    """What was applied stays."""
    StrategyTemplate.objects.filter(firm_id=by.firm_id, pk=template.pk).delete()
