"""Numbers of rows and of revisions, as addresses and forms send them."""

# As long as the longest of them.
_DIGITS = 18


def read_row_number(text: str) -> int | None:
    """The number that was sent; None for what can be the number of no row, however long it is."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else None
