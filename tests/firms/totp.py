"""What an authenticator app shows (RFC 6238: SHA-1, 30 seconds, 6 digits)."""

import base64
import hmac
import struct
import time


def totp_code(secret: str) -> str:
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1")
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"
