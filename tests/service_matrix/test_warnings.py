"""Birthdays promised to clients who have none in their file: said, and asked of the database only then."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from django.utils import translation

from clients.models import Client, Person
from segmentation.models import Assignment
from service_matrix.models import MatrixVersion
from service_matrix.promises import PromiseTerms
from service_matrix.versions import ensure_catalogue, set_promise
from service_matrix.warnings import warnings_about
from tests import factories
from tests.service_matrix.rows import make_draft, segment_of, terms

BORN = date(1970, 2, 28)
BIRTHDAY: PromiseTerms = replace(terms(times=1), anchor="birthday")


def promise(draft: MatrixVersion, *, key: str, rank: int, said: PromiseTerms, by) -> None:
    draft.refresh_from_db()
    kind = ensure_catalogue(by=by)[key]
    set_promise(version=draft, revision=draft.revision, segment=segment_of(draft.scheme, rank), touchpoint_type=kind, terms=said, by=by)


@pytest.fixture
def draft(alice) -> MatrixVersion:
    """Each segment has two clients without a birth date, one archived without, one with, and one with a partner's only."""
    draft = make_draft(by=alice, preset=None)
    for rank in (1, 2, 3):
        clients = [factories.make_client(adviser=alice, birth_date=born) for born in (None, None, None, BORN, None)]
        Client.objects.filter(pk=clients[2].pk).update(archived_at=datetime(2026, 1, 1, tzinfo=UTC))
        Person.objects.create(client=clients[4], last_name="Partner", birth_date=BORN)
        segment = segment_of(draft.scheme, rank)
        for client in clients:
            Assignment.objects.create(client=client, scheme=draft.scheme, segment=segment, starts_on=date(2026, 1, 1), source="import")
    for rank in (1, 2, 3):
        promise(draft, key="newsletter", rank=rank, said=terms(times=4), by=alice)
    return draft


def said(draft: MatrixVersion) -> list[tuple[int, str, str]]:
    found = warnings_about(MatrixVersion.objects.get(pk=draft.pk))
    return [(each.segment.rank, each.touchpoint_type.key if each.touchpoint_type else "", each.text) for each in found]


def test_clients_without_a_birth_date_are_counted_where_a_birthday_is_promised(draft, alice):
    promise(draft, key="birthday_greeting", rank=1, said=BIRTHDAY, by=alice)
    promise(draft, key="birthday_greeting", rank=2, said=BIRTHDAY, by=alice)
    # A card that does not hang on the birthday reaches them.
    promise(draft, key="birthday_greeting", rank=3, said=terms(times=1), by=alice)
    words = "“Birthday greeting” for %s: 2 clients have no birth date, and nothing can be planned for them."
    assert said(draft) == [(1, "birthday_greeting", words % "Premium"), (2, "birthday_greeting", words % "Standard")]
    Assignment.objects.filter(segment__rank=2).update(ends_on=date(2026, 6, 1))
    with translation.override("fr"):
        ((_rank, _key, text),) = said(draft)
    assert text == (
        "«\u202fVœux d’anniversaire\u202f» pour le segment Premium\u202f: la date de naissance de 2 clients n’est pas connue, et rien ne peut être "
        "planifié pour eux."
    )


def test_nothing_is_said_when_every_birthday_is_known(draft, alice):
    promise(draft, key="birthday_greeting", rank=1, said=BIRTHDAY, by=alice)
    Person.objects.update(birth_date=BORN)
    assert said(draft) == []


def test_birthdays_take_no_statement_of_their_own(draft, alice, django_assert_num_queries):
    def count(statements: int) -> None:
        version = MatrixVersion.objects.get(pk=draft.pk)
        with django_assert_num_queries(statements):
            warnings_about(version)

    count(3)
    for rank in (1, 2, 3):
        promise(draft, key="birthday_greeting", rank=rank, said=BIRTHDAY, by=alice)
    count(3)
