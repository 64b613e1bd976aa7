"""What runs out is said in time: overrides to the lead adviser and to who decided, a scheme's yearly review to who may edit it.

Each notice is a row with a key of its own, so it comes once however often a tick asks; a tick that was missed is made up for
by the next one. Days are the firm's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from clients.queries import book_adviser_ids
from firms.formats import in_language
from firms.models import User
from firms.permissions import Permission
from messaging.models import Notice
from messaging.notices import notice_kind, post_notice
from segmentation.models import Assignment, Scheme, SchemeReview, SchemeVersion
from segmentation.reassessing import a_year_after

OVERRIDE_KIND = "override_ends"
REVIEW_KIND = "scheme_review_due"
# Days before an override ends on which it is said.
STAGES = (30, 7, 0)


@dataclass(frozen=True)
class Wanted:
    """A notice that is due."""

    user: User
    values: dict[str, Any]
    url: str
    # The lead adviser of the client it is about.
    adviser_id: int | None = None

    def concerns_its_reader(self) -> bool:
        """Whoever decided may no longer see the client."""
        books = book_adviser_ids(self.user)
        return self.adviser_id is None or books is None or self.adviser_id in books


def word_override(values: Mapping[str, Any]) -> str:
    told = {**values, "segment": in_language(en=values["segment_en"], fr=values["segment_fr"])}
    if not values["days"]:
        return gettext("The override of %(client)s (%(segment)s) ends today: the computed segment applies again.") % told
    return (
        ngettext(
            "The override of %(client)s (%(segment)s) ends in %(days)d day.",
            "The override of %(client)s (%(segment)s) ends in %(days)d days.",
            values["days"],
        )
        % told
    )


def word_review(values: Mapping[str, Any]) -> str:
    return gettext("The yearly review of “%(scheme)s” is due.") % {"scheme": in_language(en=values["scheme_en"], fr=values["scheme_fr"])}


notice_kind(OVERRIDE_KIND, icon="hand", sentence=word_override)
notice_kind(REVIEW_KIND, icon="clipboard-check", sentence=word_review)


@transaction.atomic
def remind(*, firm_id: int, today: date) -> int:
    """Post what is due to be said on this day of the firm and was not yet. Returns how many were told."""
    return remind_of_overrides(firm_id=firm_id, today=today) + remind_of_reviews(firm_id=firm_id, today=today)


def remind_of_overrides(*, firm_id: int, today: date) -> int:
    """30 days and 7 days before an override ends, and on the day; not of a stage that had passed when it was decided."""
    # One whose day passed unseen is still in force: its last stage is made up for.
    ending = (
        Assignment.objects.filter(
            Q(ends_on=None) | Q(ends_on=today, expires_on=today),
            firm_id=firm_id,
            source=Assignment.Source.OVERRIDE,
            expires_on__range=(today - timedelta(days=STAGES[0]), today + timedelta(days=STAGES[0])),
            client__archived_at=None,
        )
        .select_related("client__adviser", "segment", "by")
        .order_by("expires_on", "pk")
    )
    wanted: dict[str, Wanted] = {}
    for row in ending:
        if row.expires_on is None:
            continue
        days = max((row.expires_on - today).days, 0)
        stage = min(stage for stage in STAGES if stage >= days)
        if row.expires_on - timedelta(days=stage) <= row.starts_on:
            continue
        values = {"client": row.client.name, "segment_en": row.segment.name_en, "segment_fr": row.segment.name_fr, "days": days}
        for user in {row.client.adviser, row.by}:
            if user is not None and user.may(Permission.VIEW_SEGMENTATION):
                key = f"{OVERRIDE_KIND} {row.pk} {row.expires_on.isoformat()} {stage} {user.pk}"
                wanted[key] = Wanted(user, values, reverse("client_detail", args=[row.client_id]), row.client.adviser_id)
    return post_wanted(OVERRIDE_KIND, wanted, firm_id=firm_id)


def reviews_due(*, firm_id: int, today: date) -> list[tuple[Scheme, date]]:
    """Published schemes whose yearly review is due, and since when: the day set at the last one, or a year after the first publication."""
    reviews = SchemeReview.objects.filter(firm_id=firm_id, scheme_id=OuterRef("pk")).order_by("-on", "-pk")
    first = SchemeVersion.objects.filter(firm_id=firm_id, scheme_id=OuterRef("pk"), effective_on__isnull=False, published_at__isnull=False)
    published = Scheme.objects.filter(firm_id=firm_id, versions__status=SchemeVersion.Status.PUBLISHED)
    rows = published.annotate(
        set_for=Subquery(reviews.values("next_on")[:1]), began_on=Subquery(first.order_by("effective_on").values("effective_on")[:1])
    )
    due = [(scheme, scheme.set_for or (a_year_after(scheme.began_on) if scheme.began_on else today)) for scheme in rows]
    return [(scheme, day) for scheme, day in due if day <= today]


def remind_of_reviews(*, firm_id: int, today: date) -> int:
    """Once for each day a review was due on, to everyone who may edit the segmentation."""
    due = reviews_due(firm_id=firm_id, today=today)
    if not due:
        return 0
    people = [user for user in User.objects.filter(firm_id=firm_id, is_active=True) if user.may(Permission.EDIT_SEGMENTATION)]
    wanted = {
        f"{REVIEW_KIND} {scheme.pk} {day.isoformat()} {user.pk}": Wanted(
            user, {"scheme_en": scheme.name_en, "scheme_fr": scheme.name_fr}, reverse("scheme_review", args=[scheme.pk])
        )
        for scheme, day in due
        for user in people
    }
    return post_wanted(REVIEW_KIND, wanted, firm_id=firm_id)


def post_wanted(kind: str, wanted: Mapping[str, Wanted], *, firm_id: int) -> int:
    """Post what was not yet; returns how many."""
    told = set(Notice.objects.filter(firm_id=firm_id, dedupe_key__in=wanted).values_list("dedupe_key", flat=True)) if wanted else set()
    posted = 0
    for key, notice in wanted.items():
        if key not in told and notice.concerns_its_reader():
            post_notice(user=notice.user, kind=kind, values=notice.values, url=notice.url, dedupe_key=key)
            posted += 1
    return posted
