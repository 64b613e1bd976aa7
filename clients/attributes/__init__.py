"""The attribute catalogue: what is known of a client, each thing once.

Criteria, rules, filters, exports, import mapping and list columns all read it. An attribute is a field of the client or of
the client's primary person (`fields.py`), counted or worked out (`counted.py`), or defined by the firm (`own.py`); `expression`
reads it in a statement over clients, `value_of` reads the same from rows at hand.
"""

from clients.attributes.built_in import CATALOGUE
from clients.attributes.catalogue import Catalogue, attribute, by_group, catalogue_of, is_built_in
from clients.attributes.fields import FieldAttribute, Holder, WholeYears, whole_years
from clients.attributes.own import OwnAttribute
from clients.attributes.products import PRODUCTS
from clients.attributes.shapes import NUMERIC, Attribute, AttributeValue, Type, Unit, UnknownAttribute
from clients.models import AttributeGroup as Group

__all__ = [
    "CATALOGUE",
    "NUMERIC",
    "PRODUCTS",
    "Attribute",
    "AttributeValue",
    "Catalogue",
    "FieldAttribute",
    "Group",
    "Holder",
    "OwnAttribute",
    "Type",
    "Unit",
    "UnknownAttribute",
    "WholeYears",
    "attribute",
    "by_group",
    "catalogue_of",
    "is_built_in",
    "whole_years",
]
