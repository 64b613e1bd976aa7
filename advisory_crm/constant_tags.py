"""`trans`, `static`, `url` and `icon` of words that the template spells out: they come out the same at every rendering, so each is worked out once.

A page has a hundred of them, each of which Django resolves like a variable.
"""

from typing import Any

from django import template
from django.template.base import FilterExpression, Node, Parser, TextNode, Token, Variable
from django.template.context import Context
from django.template.defaulttags import URLNode, url
from django.templatetags.i18n import TranslateNode, do_translate
from django.templatetags.static import StaticNode
from django.utils.html import conditional_escape
from django.utils.translation import get_language

from advisory_crm.addresses import address, address_pattern
from advisory_crm.template_tags import icon

register = template.Library()
# The tag as Django makes it, which works out its arguments at every rendering.
_plain = template.Library()
_plain.simple_tag(icon)


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


class ConstantURLNode(URLNode):
    """Its address, and those of things by their number: `reverse` would look through every route again."""

    def __init__(self, node: URLNode) -> None:
        super().__init__(node.view_name, node.args, node.kwargs, node.asvar)
        self.name = str(node.view_name.var)

    def render(self, context: Context) -> str:
        if not self.args:
            return conditional_escape(address(self.name))
        number = self.args[0].resolve(context)
        if type(number) is not int or number < 0:
            return super().render(context)
        return conditional_escape(address_pattern(self.name).format(number))


@register.tag("url")
def url_tag(parser: Parser, token: Token) -> URLNode:
    node = url(parser, token)
    is_constant = node.asvar is None and not node.kwargs and len(node.args) < 2 and _is_spelled_out(node.view_name)
    return ConstantURLNode(node) if is_constant else node


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


@register.tag("icon")
def icon_tag(parser: Parser, token: Token) -> Node:
    """One whose name and size are spelled out is text of the template's."""
    node = _plain.tags["icon"](parser, token)
    is_constant = node.target_var is None and all(map(_is_spelled_out, [*node.args, *node.kwargs.values()]))
    return TextNode(node.render(Context())) if is_constant else node
