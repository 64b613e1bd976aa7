"""What the logs say, and what they keep to themselves."""

import logging

import pytest

from firms.models import User
from firms.tokens import create_token


@pytest.mark.parametrize("path", ["/invitation/{key}/", "/account/password/reset/key/2-{key}/"])
def test_keys_in_addresses_are_not_logged(client, alice: User, caplog: pytest.LogCaptureFixture, path: str) -> None:
    _token, key = create_token(by=alice, name="Script", scope="read", days=30)
    with caplog.at_level(logging.INFO):
        client.get(path.format(key=key))
    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict) and "request" in record.msg]
    assert {line["request"] for line in lines} == {"GET " + path.replace("2-", "").format(key="…")}
