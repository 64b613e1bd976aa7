"""Secrets that leave the product once: an invitation's link, an API token. Only their SHA-256 is kept.

The text names its firm, `crm_<firm>_<secret>`, so that it is looked up inside that firm and the tables stay behind the wall.
"""

import hashlib
import re
import secrets

_KEY = re.compile(r"crm_(\d{1,18})_[A-Za-z0-9_-]{43}")


def issue_key(firm_id: int) -> tuple[str, str]:
    """A new key and the hash to keep."""
    key = f"crm_{firm_id}_{secrets.token_urlsafe(32)}"
    return key, _hash(key)


def read_key(key: str) -> tuple[int, str] | None:
    """The firm a key names and the hash to look for there; None when it is no key at all."""
    match = _KEY.fullmatch(key)
    return (int(match[1]), _hash(key)) if match else None


def _hash(key: str) -> str:
    # 256 random bits: a slow hash would protect nothing more.
    return hashlib.sha256(key.encode()).hexdigest()
