"""A worker's connection to Redis, cut while it works on something."""

import pytest
from kombu import Connection, Queue

from advisory_crm.broker import Transport
from advisory_crm.celery import app


@pytest.fixture
def connection():
    with app.connection_for_read() as connection:
        yield connection


def test_celery_reaches_redis_by_it(connection: Connection):
    assert type(connection.transport) is Transport


def test_a_message_whose_channel_is_closed_meets_an_error_that_a_worker_recovers_from(connection: Connection):
    channel = connection.channel()
    queue = Queue("broker-test", channel=channel, auto_delete=True)
    queue.declare()
    connection.Producer(channel).publish({"work": 1}, routing_key=queue.name)
    message = queue.get()
    assert message is not None
    # As after a server was lost: the connection is closed, and nothing is left of the pool.
    connection.transport.client, channel._pool = None, None  # type: ignore[attr-defined]
    with pytest.raises(connection.connection_errors):
        message.ack()
