"""Redis as Celery reaches it: a lost connection is an error to recover from, never a reason to stop."""

from typing import Any

from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisAway


class Channel(redis.Channel):
    """Kombu's, which has no server to ask once its connection was closed, and says so by an `AttributeError` when a message was still being worked
    on: a worker takes that for a fault of its own and stops. The work itself is in the database and is found again.
    """

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise RedisAway("this channel's connection is closed")
        return super()._connparams(asynchronous=asynchronous)  # type: ignore[misc, no-any-return]


class Transport(redis.Transport):
    Channel = Channel
