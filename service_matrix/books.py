"""Who does the work of each adviser's book, and what becomes of it when somebody leaves (docs/capacity.md)."""

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from decimal import Decimal

from firms.models import Firm, Support, User
from firms.permissions import Role
from service_matrix.models import Performer

# Stands for the person that work falls to when it falls to nobody.
NOBODY = 0


@dataclass(frozen=True)
class Books:
    """Who does the work of each adviser's book: its assistants, by adviser; and the share of “either” work that is theirs."""

    assistants: Mapping[int, list[int]]
    assistant_share: Decimal

    def without(self, gone: Set[int]) -> "Books":
        """The same books once some people have left."""
        return Books(
            {adviser: [helper for helper in helpers if helper not in gone] for adviser, helpers in self.assistants.items()}, self.assistant_share
        )

    def divide(self, adviser: int, performer: str, minutes: Decimal) -> list[tuple[int, Decimal]]:
        """The people an adviser's work of one kind falls to, with their minutes. Assistants of a book share its work equally; without any,
        what either may do is the adviser's, and what only an assistant may do is nobody's.
        """
        helpers = self.assistants.get(adviser, [])
        if performer == Performer.ADVISER or (performer == Performer.EITHER and not helpers):
            return [(adviser, minutes)]
        if performer == Performer.ASSISTANT:
            return [(helper, minutes / len(helpers)) for helper in helpers] or [(NOBODY, minutes)]
        theirs = minutes * self.assistant_share
        return [(adviser, minutes - theirs), *((helper, theirs / len(helpers)) for helper in helpers)]


def read_books(firm: Firm) -> Books:
    """Active assistants support the advisers they are linked to; one who is linked to none and sees the whole firm works for every book."""
    linked: dict[int, list[int]] = defaultdict(list)
    supporting = set()
    for assistant, adviser in (
        Support.objects.filter(firm_id=firm.pk, assistant__is_active=True).order_by("pk").values_list("assistant_id", "adviser_id")
    ):
        linked[adviser].append(assistant)
        supporting.add(assistant)
    everywhere = User.objects.filter(firm_id=firm.pk, role=Role.ASSISTANT, is_active=True, sees_whole_firm=True).exclude(pk__in=supporting)
    common = list(everywhere.order_by("pk").values_list("pk", flat=True))
    if common:
        advisers = User.objects.filter(firm_id=firm.pk, role__in=(Role.ADVISER, Role.ADMIN)).values_list("pk", flat=True)
        return Books({adviser: linked.get(adviser, []) + common for adviser in advisers}, Decimal(firm.assistant_percent) / 100)
    return Books(dict(linked), Decimal(firm.assistant_percent) / 100)
