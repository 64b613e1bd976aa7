"""What the firm's administrators are told of publications."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from firms.formats import in_language
from firms.models import User
from firms.permissions import Permission, Role, permits
from messaging.notices import notice_kind, post_notice
from segmentation.models import SchemeVersion

PUBLISHED = "scheme_published"
REFUSED = "scheme_refused"


def word_published(values: Mapping[str, Any]) -> str:
    words = {
        "person": values["person"],
        "number": values["version"],
        "scheme": in_language(en=values["name_en"], fr=values["name_fr"]),
        "moved": values["moved"],
        "arrived": values["arrived"],
    }
    if values["person"]:
        told = [_("%(person)s published version %(number)s of “%(scheme)s”.") % words]
    else:
        told = [_("Version %(number)s of “%(scheme)s” is in force.") % words]
    if values["moved"]:
        told.append(ngettext("%(moved)d client changed segment.", "%(moved)d clients changed segment.", values["moved"]) % words)
    if values["arrived"]:
        told.append(
            ngettext("%(arrived)d client was placed for the first time.", "%(arrived)d clients were placed for the first time.", values["arrived"])
            % words
        )
    return " ".join(told if len(told) > 1 else [*told, _("Nobody changed segment.")])


def word_refused(values: Mapping[str, Any]) -> str:
    scheme = in_language(en=values["name_en"], fr=values["name_fr"])
    return _("Version %(number)s of “%(scheme)s” was to take effect and could not: something in it must be settled first.") % {
        "number": values["version"],
        "scheme": scheme,
    }


notice_kind(PUBLISHED, icon="layers", sentence=word_published)
notice_kind(REFUSED, icon="triangle-alert", sentence=word_refused)


def tell_of_publication(*, version: SchemeVersion, by: User | None, moved: int, arrived: int, also_author: bool) -> None:
    """Tell everyone who may edit schemes, once a version; its author too where `also_author`."""
    values = _named(version) | {"person": by.name if by else "", "moved": moved, "arrived": arrived}
    for user in _editors(version.firm_id):
        if also_author or by is None or user.pk != by.pk:
            post_notice(user=user, kind=PUBLISHED, values=values, url=_address(version), dedupe_key=f"{PUBLISHED} {version.pk} {user.pk}")


def tell_of_refusal(*, version: SchemeVersion) -> None:
    """Tell everyone who may edit schemes that what was decided for a day could not take effect: once a version and day."""
    for user in _editors(version.firm_id):
        key = f"{REFUSED} {version.pk} {version.effective_on} {user.pk}"
        post_notice(user=user, kind=REFUSED, values=_named(version), url=_address(version), dedupe_key=key)


def _named(version: SchemeVersion) -> dict[str, Any]:
    return {"version": version.number, "name_en": version.scheme.name_en, "name_fr": version.scheme.name_fr}


def _address(version: SchemeVersion) -> str:
    return reverse("scheme_version", args=[version.scheme_id, version.number])


def _editors(firm_id: int) -> list[User]:
    roles = [role for role in Role.values if permits(role, Permission.EDIT_SEGMENTATION)]
    return list(User.objects.filter(firm_id=firm_id, is_active=True, role__in=roles).order_by("pk"))
