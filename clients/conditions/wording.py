"""Conditions in words, in the active language: "assets under management: more than $1,000,000, and (age: 40 years or more, or …)"."""

from datetime import date
from decimal import Decimal

from babel.lists import format_list
from babel.numbers import format_percent
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clients.attributes import Attribute, Catalogue, Type, Unit
from clients.conditions.contradicting import Contradiction
from clients.conditions.rules import Condition, ConditionValue, Group, Kind, Match, Test, kind_of
from firms import formats
from firms.models import Firm


def describe(group: Group, *, catalogue: Catalogue, firm: Firm) -> str:
    """The whole rule as one sentence, without a capital or a full stop. What the catalogue lacks is named by its key."""
    parts = []
    for item in group.items:
        if isinstance(item, Condition):
            parts.append(describe_condition(item, catalogue=catalogue, firm=firm))
        else:
            inner = describe(item, catalogue=catalogue, firm=firm)
            parts.append(f"({inner})" if len(item.items) > 1 else inner)
    match group.match:
        case Match.ALL:
            return _(", and ").join(parts)
        case Match.ANY:
            return _(", or ").join(parts)
    return _("at least %(least)s of these %(total)s: %(conditions)s") % {
        "least": group.least,
        "total": len(parts),
        "conditions": _("; ").join(parts),
    }


def describe_condition(condition: Condition, *, catalogue: Catalogue, firm: Firm) -> str:
    attribute = catalogue.get(condition.attribute)
    if attribute is None:
        return _("%(attribute)s (no longer an attribute of the firm)") % {"attribute": condition.attribute}
    return _("%(attribute)s: %(test)s") % {"attribute": _inside_a_sentence(attribute.label), "test": _test(condition, attribute, firm)}


def explain(contradiction: Contradiction, *, catalogue: Catalogue, firm: Firm) -> str:
    """Why no client can meet the group, as a sentence."""
    worded = [describe_condition(condition, catalogue=catalogue, firm=firm) for condition in contradiction.conditions]
    match len(worded):
        case 0:
            return _("No client can meet this group: it asks for more conditions than can be met together.")
        case 1:
            return _("No client can meet this condition: %(condition)s.") % {"condition": worded[0]}
    return _("No client can meet these conditions together: %(conditions)s.") % {"conditions": _("; ").join(worded)}


def value_in_words(value: ConditionValue, attribute: Attribute, *, firm: Firm) -> str:
    """A value of a condition as a reader of the active language writes it, to the last digit."""
    locale = formats.babel_locale(firm.region)
    if isinstance(value, Decimal):
        if attribute.type is Type.MONEY:
            return formats.money(value, currency=firm.currency, locale=locale, cents=value != int(value))
        if attribute.unit is Unit.PERCENT:
            return str(format_percent(value / 100, locale=locale, decimal_quantization=False))
        return attribute.display(int(value) if value == int(value) else value, firm=firm)
    if isinstance(value, date):
        return formats.day(value, locale=locale)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if attribute.choices:
        return _inside_a_sentence(attribute.marked_label_of(str(value)))
    return _("“%(text)s”") % {"text": value}


def _inside_a_sentence(label: str) -> str:
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]


def _test(condition: Condition, attribute: Attribute, firm: Firm) -> str:
    test = condition.test
    match test:
        case Test.KNOWN:
            return _("any known value")
        case Test.NOT_KNOWN:
            return _("no known value")
        case Test.LAST_MONTHS:
            number = int(str(condition.values[0]))
            return ngettext("within the last month", "within the last %(number)s months", number) % {"number": number}
        case Test.NEXT_DAYS:
            number = int(str(condition.values[0]))
            return ngettext("today or tomorrow", "in the next %(number)s days", number) % {"number": number} if number else _("today")
    worded = [value_in_words(value, attribute, firm=firm) for value in condition.values]
    kind = kind_of(attribute)
    if kind in {Kind.FIGURE, Kind.DAY}:
        pattern = (_of_days if kind is Kind.DAY else _of_figures)(test)
        return pattern % {"value": worded[0], "lower": worded[0], "upper": worded[-1]}
    locale = formats.babel_locale(firm.region)
    either = format_list(worded, style="or", locale=locale)
    if test is Test.CONTAINS:
        return _("contains %(text)s") % {"text": either}
    if test is Test.ALL_OF:
        return format_list(worded, locale=locale)
    if test is Test.NONE_OF:
        return (_("none of %(values)s") if kind is Kind.SEVERAL else _("other than %(values)s")) % {"values": either}
    return either


def _of_figures(test: Test) -> str:
    match test:
        case Test.AT_LEAST:
            return _("%(value)s or more")
        case Test.MORE_THAN:
            return _("more than %(value)s")
        case Test.LESS_THAN:
            return _("less than %(value)s")
        case Test.AT_MOST:
            return _("%(value)s or less")
        case Test.BETWEEN:
            return _("from %(lower)s to less than %(upper)s")
        case Test.THROUGH:
            return _("from %(lower)s up to and including %(upper)s")
    return _("exactly %(value)s")


def _of_days(test: Test) -> str:
    match test:
        case Test.AT_LEAST:
            return _("on or after %(value)s")
        case Test.MORE_THAN:
            return _("after %(value)s")
        case Test.LESS_THAN:
            return _("before %(value)s")
        case Test.AT_MOST:
            return _("on or before %(value)s")
        case Test.BETWEEN:
            return _("from %(lower)s, and before %(upper)s")
        case Test.THROUGH:
            return _("from %(lower)s through %(upper)s")
    return _("on %(value)s")
