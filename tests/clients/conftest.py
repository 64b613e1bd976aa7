"""Who the tests of this room are mostly about: an adviser of Alice's firm, the assistant, a client, and Alice at her browser."""

import pytest

from firms.models import Support
from tests import factories


@pytest.fixture
def ana(alice):
    return factories.make_user(name="Ana Roy")


@pytest.fixture
def marie(ana):
    user = factories.make_user(name="Marie Côté", role="assistant")
    Support.objects.create(assistant=user, adviser=ana)
    return user


@pytest.fixture
def roy(ana):
    return factories.make_client(adviser=ana, name="Roy")


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client
