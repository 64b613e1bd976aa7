"""What a firm's documents look like: its colour, readable on white, and its address."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

HOUSE_COLOUR = "#17594a"
# WCAG 2.2 AA of text on white.
LEAST_CONTRAST = 4.5
LONGEST_ADDRESS = 5
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def contrast_with_white(colour: str) -> float:
    """WCAG's contrast ratio of a colour such as "#17594a" on white: from 1 to 21."""
    return 1.05 / (_luminance(colour) + 0.05)


def _luminance(colour: str) -> float:
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def validate_colour(colour: str) -> None:
    if not _COLOUR.fullmatch(colour):
        raise ValidationError(_("Write a colour as # and six hexadecimal digits."))
    if contrast_with_white(colour) < LEAST_CONTRAST:
        raise ValidationError(_("This colour is too light to be read on white: choose a darker one."))


def validate_address(text: str) -> None:
    if len(text.splitlines()) > LONGEST_ADDRESS:
        raise ValidationError(_("Five lines at the most."))
