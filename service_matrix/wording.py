"""What a profile changes, and where a client's promise comes from, in words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.models import Channel
from segmentation.models import Initiative
from service_matrix.models import MatrixVersion, ProfileRule


def overlay_words(version: MatrixVersion) -> str:
    """“Relational profiles, from −1 to +2 times a year”; nothing without an overlay."""
    if version.overlay is None:
        return ""
    return _("%(scheme)s, from %(fewest)s to %(most)s times a year") % {
        "scheme": version.overlay.name,
        "fewest": signed(version.fewest_change),
        "most": signed(version.most_change),
    }


def signed(number: int) -> str:
    return f"+{number}" if number > 0 else f"−{-number}" if number else "0"


def rule_scope(rule: ProfileRule) -> str:
    """What a rule is about: “Every promise”, “What is promised by phone”, the touchpoint type."""
    if rule.touchpoint_type is not None:
        return rule.touchpoint_type.name
    if rule.of_channel:
        return _("What is promised by: %(channel)s") % {"channel": Channel(rule.of_channel).label.lower()}
    return _("Every promise")


def rule_words(rule: ProfileRule) -> str:
    """“by: video · first step: the client · +1 time a year”."""
    return " · ".join(rule_parts(rule))


def rule_parts(rule: ProfileRule) -> list[str]:
    parts = []
    if rule.channel:
        parts.append(_("by: %(channel)s") % {"channel": rule.channel_name.lower()})
    if rule.initiative:
        parts.append(_("first step: %(who)s") % {"who": initiative_words(rule.initiative)})
    if rule.spacing:
        parts.append(_lower_first(str(rule.get_spacing_display())))
    if rule.times_change == 0:
        parts.append(_("as many times a year"))
    elif rule.times_change is not None:
        words = ngettext("%(change)s time a year", "%(change)s times a year", abs(rule.times_change))
        parts.append(words % {"change": signed(rule.times_change)})
    return parts


def initiative_words(value: str) -> str:
    """Who takes the first step; a dash where nobody said."""
    return _lower_first(str(Initiative(value).label)) if value else "–"


def _lower_first(text: str) -> str:
    return f"{text[:1].lower()}{text[1:]}"
