"""Numbers of rows and of revisions, as addresses and forms send them."""

from collections.abc import Iterable

# No row has a number as long as the longest that its column could hold.
_DIGITS = 18


def read_row_number(text: str) -> int | None:
    """The number that was sent; None for what can be the number of no row, however long it is."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None


def read_row_numbers(texts: Iterable[str]) -> list[int]:
    """Those of several that can be a row's number, in order."""
    return [number for text in texts if (number := read_row_number(text)) is not None]
