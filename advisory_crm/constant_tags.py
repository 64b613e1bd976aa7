"""`trans` and `static` of words that the template spells out: they come out the same at every rendering, so each is worked out once.

A page has sixty of them, each of which Django resolves like a variable.
"""

from typing import Any

from django import template
from django.template.base import FilterExpression, Parser, Token, Variable
from django.template.context import Context
from django.templatetags.i18n import TranslateNode, do_translate
from django.templatetags.static import StaticNode
from django.utils.translation import get_language

register = template.Library()


def _is_spelled_out(expression: FilterExpression | None) -> bool:
    """No variable, no filter."""
    if expression is None:
        return True
    return not expression.filters and (not isinstance(expression.var, Variable) or expression.var.lookups is None)


class ConstantTranslateNode(TranslateNode):
    """Its text by language."""

    def __init__(self, node: TranslateNode) -> None:
        super().__init__(node.filter_expression, node.noop, node.asvar, node.message_context)
        self.texts: dict[str | None, str] = {}

    def render(self, context: Context) -> str:
        language = get_language()
        text = self.texts.get(language)
        if text is None:
            text = self.texts[language] = super().render(context)
        return text


class ConstantStaticNode(StaticNode):
    """Its address: the manifest of static files does not change while the process lives."""

    address: Any = None

    def render(self, context: Context) -> str:
        if self.address is None:
            self.address = super().render(context)
        return str(self.address)


@register.tag("trans")
@register.tag("translate")
def translate(parser: Parser, token: Token) -> TranslateNode:
    node = do_translate(parser, token)
    is_constant = node.asvar is None and _is_spelled_out(node.filter_expression) and _is_spelled_out(node.message_context)
    return ConstantTranslateNode(node) if is_constant else node


@register.tag("static")
def static(parser: Parser, token: Token) -> StaticNode:
    node = StaticNode.handle_token(parser, token)
    return ConstantStaticNode(node.varname, node.path) if node.varname is None and _is_spelled_out(node.path) else node
