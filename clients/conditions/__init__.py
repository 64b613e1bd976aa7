"""Conditions over the attribute catalogue: what saved filters and rules of segments are written in.

    group = parse(data, catalogue=catalogue_of(firm_id))               # from JSON; ConditionsRefused says what is wrong, and where
    clients.filter(expression(group, catalogue=catalogue, on=today))    # the clients who meet it, in SQL
    matches(group, values, catalogue=catalogue, on=today)               # the same for one client, in plain Python
    describe(group, catalogue=catalogue, firm=firm)                     # the same in words
    as_json(group)                                                      # back to JSON

The rule for missing data is one sentence, in both engines: what is not known meets no condition but "is not known". So "is none of"
asks for a value that is known and is another one, and no client is caught by a rule for what nobody wrote down.
"""

from clients.conditions.compiling import condition_sql, expression
from clients.conditions.contradicting import Contradiction, contradictions
from clients.conditions.matching import matches, plain
from clients.conditions.reading import ConditionsRefused, as_json, choices_named, parse
from clients.conditions.rules import (
    DEEPEST,
    MOST_CONDITIONS,
    Condition,
    ConditionValue,
    Group,
    Kind,
    Match,
    Test,
    attributes_in,
    conditions_in,
    kind_of,
    tests_of,
)
from clients.conditions.wording import describe, describe_condition, explain

__all__ = [
    "DEEPEST",
    "MOST_CONDITIONS",
    "Condition",
    "ConditionValue",
    "ConditionsRefused",
    "Contradiction",
    "Group",
    "Kind",
    "Match",
    "Test",
    "as_json",
    "attributes_in",
    "choices_named",
    "condition_sql",
    "conditions_in",
    "contradictions",
    "describe",
    "describe_condition",
    "explain",
    "expression",
    "kind_of",
    "matches",
    "parse",
    "plain",
    "tests_of",
]
