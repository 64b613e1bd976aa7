"""The firm's touchpoint types: what they are called, how they are done."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from firms.models import User
from service_matrix.models import TouchpointType


@dataclass(frozen=True)
class TypeDraft:
    name_en: str
    name_fr: str
    channel: str
    performer: str
    minutes: int
    is_active: bool
    steps: list[dict[str, str]]
    direct_cost: Decimal = Decimal(0)


@transaction.atomic
def add_type(*, draft: TypeDraft, by: User) -> TouchpointType:
    """Add a touchpoint type of the firm's own."""
    return TouchpointType.objects.create(firm_id=by.firm_id, **vars(draft))


@transaction.atomic
def change_type(*, touchpoint_type: TouchpointType, draft: TypeDraft, by: User) -> TouchpointType:
    """Change a type's words and usual terms. Promises already made keep their own terms."""
    TouchpointType.objects.filter(firm_id=by.firm_id, pk=touchpoint_type.pk).update(**vars(draft))
    touchpoint_type.refresh_from_db()
    return touchpoint_type
