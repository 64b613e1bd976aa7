"""How the relational profiles of an overlay scheme change promises, as an administrator says it in a draft of the matrix (docs/overlay.md)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Channel
from firms.models import User
from segmentation.models import Degree, Initiative, Presence, Scheme, SchemeVersion, Segment, Timing
from service_matrix.models import FirmChannel, MatrixVersion, ProfileRule, Spacing, TouchpointType
from service_matrix.models.overlay import FROM_APPETITES, MOST_CHANGE
from service_matrix.versions import take_draft


class InvalidRule(Exception):
    """The rule, or the limits, make no sense: `errors` says why in words, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True)
class RuleDraft:
    """What a profile changes; what is empty stays as the segment says (models.ProfileRule)."""

    channel: str = ""
    own_channel_id: int | None = None
    initiative: str = ""
    spacing: str = ""
    times_change: int | None = None
    note: str = ""


def overlays_of(user: User, *, scheme_id: int) -> QuerySet[Scheme]:
    """The published schemes, other than the one the matrix is for, whose segments may be its profiles."""
    published = SchemeVersion.objects.filter(firm_id=user.firm_id, status=SchemeVersion.Status.PUBLISHED).values("scheme_id")
    return Scheme.objects.filter(firm_id=user.firm_id, pk__in=published).exclude(pk=scheme_id)


@transaction.atomic
def set_overlay(*, version: MatrixVersion, revision: int, scheme: Scheme | None, fewest: int, most: int, by: User) -> None:
    """Say whose segments are the profiles of a draft, as read at `revision`, and how many times a year fewer and more they may make of a promise.

    Another scheme begins without rules. Raises InvalidRule when the limits make no sense or a rule goes beyond them, or DraftChanged.
    """
    errors = {}
    if not -MOST_CHANGE <= fewest <= 0:
        errors["fewest_change"] = _("From 0 to 12 times fewer.")
    if not 0 <= most <= MOST_CHANGE:
        errors["most_change"] = _("From 0 to 12 times more.")
    if scheme is not None and not overlays_of(by, scheme_id=version.scheme_id).filter(pk=scheme.pk).exists():
        errors["overlay"] = _("Choose a published scheme other than the one the matrix is for.")
    if errors:
        raise InvalidRule(errors)
    take_draft(version=version, revision=revision, by=by)
    rules = ProfileRule.objects.filter(firm_id=by.firm_id, version=version)
    rules.exclude(profile__scheme=scheme).delete() if scheme is not None else rules.delete()
    if beyond := rules.filter(Q(times_change__lt=fewest) | Q(times_change__gt=most)).count():
        words = ngettext("%(count)s rule goes beyond these limits.", "%(count)s rules go beyond these limits.", beyond)
        raise InvalidRule({"fewest_change": words % {"count": beyond}})
    MatrixVersion.objects.filter(firm_id=by.firm_id, pk=version.pk).update(overlay=scheme, fewest_change=fewest, most_change=most)
    version.overlay, version.fewest_change, version.most_change = scheme, fewest, most


@transaction.atomic
def set_rule(
    *,
    version: MatrixVersion,
    revision: int,
    profile: Segment,
    draft: RuleDraft,
    by: User,
    touchpoint_type: TouchpointType | None = None,
    of_channel: str = "",
) -> ProfileRule:
    """Write what a profile changes of one touchpoint type, of what is promised by one channel or, without either, of every promise; what was said
    of the same is replaced. Raises InvalidRule, or DraftChanged: nothing is written then.
    """
    errors = _errors(version=version, profile=profile, draft=draft, touchpoint_type=touchpoint_type, of_channel=of_channel, firm_id=by.firm_id)
    if errors:
        raise InvalidRule(errors)
    take_draft(version=version, revision=revision, by=by)
    rule, _created = ProfileRule.objects.update_or_create(
        firm_id=by.firm_id,
        version=version,
        profile=profile,
        touchpoint_type=touchpoint_type,
        of_channel=of_channel,
        defaults=vars(draft) | {"note": draft.note.strip()},
    )
    return rule


def _errors(
    *, version: MatrixVersion, profile: Segment, draft: RuleDraft, touchpoint_type: TouchpointType | None, of_channel: str, firm_id: int
) -> dict[str, str]:
    errors: dict[str, str] = {}
    if version.overlay_id is None or profile.scheme_id != version.overlay_id:
        errors["profile"] = _("This is no profile of the matrix.")
    if of_channel and of_channel not in Channel.values:
        errors["of_channel"] = _("Unknown channel.")
    if of_channel and touchpoint_type is not None:
        errors["of_channel"] = _("A touchpoint type or a channel, not both.")
    if draft.channel and draft.channel not in Channel.values:
        errors["channel"] = _("Unknown channel.")
    if draft.own_channel_id is not None:
        own = FirmChannel.objects.filter(firm_id=firm_id, pk=draft.own_channel_id, counts_as=draft.channel)
        if not own.exists():
            errors["channel"] = _("Unknown channel.")
    if draft.initiative and draft.initiative not in Initiative.values:
        errors["initiative"] = _("The adviser or the client?")
    if draft.spacing and draft.spacing not in Spacing.values:
        errors["spacing"] = _("Unknown way of falling in the year.")
    if draft.times_change is not None and not version.fewest_change <= draft.times_change <= version.most_change:
        limits = {"fewest": version.fewest_change, "most": f"+{version.most_change}" if version.most_change else "0"}
        errors["times_change"] = _("This matrix lets profiles change promises by %(fewest)s to %(most)s times a year.") % limits
    if not errors and not (draft.channel or draft.initiative or draft.spacing or draft.times_change is not None):
        errors["channel"] = _("Say at least one thing that changes.")
    return errors


@transaction.atomic
def clear_rule(*, rule: ProfileRule, revision: int, by: User) -> None:
    """Take a rule out of a draft, as read at `revision`. Raises DraftChanged."""
    take_draft(version=rule.version, revision=revision, by=by)
    ProfileRule.objects.filter(firm_id=by.firm_id, pk=rule.pk).delete()


# What an appetite makes of what is promised by a channel: at a distance meetings are held by video, in their own time calls become e-mails.
_PRESENCE = {Presence.REMOTE: (Channel.IN_PERSON, Channel.VIDEO), Presence.FACE_TO_FACE: (Channel.VIDEO, Channel.IN_PERSON)}
_TIMING = {Timing.ASYNCHRONOUS: (Channel.PHONE, Channel.EMAIL)}
_FREQUENCY = {Degree.LOW: -1, Degree.HIGH: 1}
# What a frequency is about: contacts with the client, not what is sent to everyone.
_TALKING = (Channel.IN_PERSON, Channel.VIDEO, Channel.PHONE)


@transaction.atomic
def propose_rules(*, version: MatrixVersion, revision: int, by: User) -> int:
    """Add to a draft, as read at `revision`, the rules that the profiles' written appetites ask for, where nothing is said of the same yet.

    Returns how many. Raises InvalidRule without an overlay, or DraftChanged.
    """
    if version.overlay_id is None:
        raise InvalidRule({"overlay": _("Choose whose segments are the profiles first.")})
    take_draft(version=version, revision=revision, by=by)
    wanted = [rule for profile in Segment.objects.filter(firm_id=by.firm_id, scheme=version.overlay_id) for rule in _asked_by(profile, version)]
    said = set(ProfileRule.objects.filter(firm_id=by.firm_id, version=version, touchpoint_type=None).values_list("profile_id", "of_channel"))
    new = [rule for rule in wanted if (rule.profile_id, rule.of_channel) not in said]
    ProfileRule.objects.bulk_create(new)
    return len(new)


def _asked_by(profile: Segment, version: MatrixVersion) -> Iterable[ProfileRule]:
    channels = dict(moved for moved in (_PRESENCE.get(Presence(profile.presence)) if profile.presence else None,
                                        _TIMING.get(Timing(profile.timing)) if profile.timing else None) if moved)  # fmt: skip
    change = _FREQUENCY.get(Degree(profile.frequency), 0) if profile.frequency else 0
    change = min(max(change, version.fewest_change), version.most_change)
    for channel in _TALKING:
        if change or channel in channels:
            said = {"channel": channels.get(channel, ""), "times_change": change or None}
            yield ProfileRule(version=version, profile=profile, of_channel=channel, **said, note=FROM_APPETITES)
    if profile.initiative:
        yield ProfileRule(version=version, profile=profile, initiative=profile.initiative, note=FROM_APPETITES)
