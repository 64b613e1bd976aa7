"""A brake on addresses that need no sign-in: counted in each server process, against programs that run wild; not an accounting."""

from django.core.cache import caches


def is_too_often(what: str, *, most: int, seconds: int = 60) -> bool:
    """Count one more of `what`; True when there were more than `most` since the first of these seconds."""
    counts = caches["process"]
    key = f"brake:{what}"
    if counts.add(key, 1, timeout=seconds):
        return False
    try:
        return counts.incr(key) > most
    except ValueError:
        # It ran out between the two.
        return False
