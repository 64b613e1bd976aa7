"""Finding clients by the beginnings of words, without regard to accents or case."""

import re
import string
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, QuerySet, TextField, Value
from django.db.models.functions import Concat

from clients.models import Client, Person, Plain, SearchWord
from clients.queries import sees_all_books, visible_to
from firms.models import User

# Longer questions are cut: each word is one condition of the statement.
MOST_WORDS = 8
_SEPARATORS = re.compile(rf"[\s’‘“”«»–—{re.escape(string.punctuation)}]+")
# Letters from which a word is rare enough.
_TELLING = 3
_LAST = Value("\U0010ffff")


def search_terms(text: str) -> list[str]:
    """The words of a question. Groups of digits that follow each other are one telephone number, France's in its national form."""
    national = re.sub(r"(?:\+|\b00)33[\s.]*(?:\(0\))?[\s.]*", "0", unicodedata.normalize("NFKC", text.replace("\0", " ")))
    national = re.sub(r"\+1[\s.(-]*(?=\d)", "", national)
    terms: list[str] = []
    in_number = False
    for word in _SEPARATORS.split(national):
        if not word:
            continue
        if in_number and word.isdecimal():
            terms[-1] += word
        else:
            terms.append(word)
        in_number = word.isdecimal()
    return list(dict.fromkeys(terms))[:MOST_WORDS]


def matching(clients: QuerySet[Client], text: str, *, by: User) -> QuerySet[Client]:
    """Those of the clients, whom someone may see, that have for each word of the text a word that begins with it.

    Comparisons of text are leakproof: PostgreSQL uses the index under the wall, which it would not for LIKE.
    """
    return having_words(clients, [Value(term) for term in search_terms(text)], gathered=is_gathered(text) and sees_all_books(by))


def having_words(clients: QuerySet[Client], terms: Iterable[Any], *, gathered: bool) -> QuerySet[Client]:
    """The same of terms at hand, each an expression.

    `gathered`: the firm's answers first, then those of them among the clients. Of a few books each client is better asked for its words: a word that
    half of the firm has took twenty times as long.
    """
    asked = [Plain(term) for term in terms]
    if not asked:
        return clients
    if gathered:
        return clients.filter(_among_answers(asked))
    found: QuerySet[SearchWord] | None = None
    for first in asked:
        words = SearchWord.objects.filter(word__gte=first, word__lt=Concat(first, _LAST, output_field=TextField()))
        # Each word narrows the one before, within the index: clients are read once, at the end.
        found = words if found is None else words.filter(client_id__in=found.values("client_id"))
    return clients if found is None else clients.filter(pk__in=found.values("client_id"))


def _among_answers(asked: list[Plain]) -> Func:
    """Whether a client is one of those found, gathered by a function of the database. As an array they are looked up in one walk along the index."""
    found = Func(*asked, template="(SELECT clients_answering(ARRAY[%(expressions)s]))::bigint[]", output_field=ArrayField(BigIntegerField()))
    return Func(F("pk"), found, template="(%(expressions)s))", arg_joiner=" = ANY (", output_field=BooleanField())


def is_gathered(text: str) -> bool:
    """Whether all answers are found before the first is shown, the rarest word's first.

    Of a letter or two the first clients in order soon hold fifty answers. A name's answers stand together, anywhere in
    the order: walking to them could read the whole book.
    """
    return max(map(len, search_terms(text)), default=0) >= _TELLING


@dataclass(frozen=True)
class Found:
    clients: list[Client]
    people: list[Person]


# A question that more clients answer than this is too short to find a person by: people are looked for among the first.
_NEAREST = 100


def find(*, user: User, text: str, limit: int) -> Found:
    """Clients this user may see, by name, and people in them whose own name answers; nothing for an empty question."""
    terms = search_terms(text)
    if not terms:
        return Found([], [])
    clients = list(matching(visible_to(user).filter(archived_at=None), text, by=user).order_by("sort_name", "pk")[:_NEAREST])
    people = Person.objects.filter(firm_id=user.firm_id, client__in=clients).exclude(client__sort_name=_plain_name())
    people = people.annotate(plain_name=Concat(Value(" "), _plain_name(), output_field=TextField()))
    for term in terms:
        people = people.filter(plain_name__contains=Concat(Value(" "), Plain(Value(term)), output_field=TextField()))
    return Found(clients[:limit], list(people.select_related("client").order_by("last_name", "first_name", "pk")[:limit]))


def _plain_name() -> Plain:
    return Plain(Concat("first_name", Value(" "), "last_name"))
