"""Which client a row is about: by reference, then by e-mail, then by name and birth date."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import F, Q

from clients.importing.rows import Draft, name_key
from clients.importing.values import normalise
from clients.models import Client, MergeProposal, Person


@dataclass(frozen=True)
class Candidate:
    """Someone a row may be about: a person of the book, or (with `line`) one created earlier from the same file."""

    client_id: int
    name_key: str
    birth_date: date | None
    is_primary: bool = True
    line: int = 0
    reference: str = ""
    client_name: str = ""

    def is_named_in(self, draft: Draft) -> bool:
        """The same name, its words in any order; of a row that names no person, the client's name is enough."""
        if in_any_order(self.name_key) == in_any_order(draft.name_key):
            return True
        return not draft.names_person and normalise(self.client_name) == normalise(draft.client_name)

    def is_born_another_day(self, draft: Draft) -> bool:
        """Both birth dates are known, and differ."""
        return None not in (self.birth_date, draft.birth_date) and self.birth_date != draft.birth_date

    def contradicts(self, draft: Draft) -> bool:
        """Another name and another birth date: the reference is given to two people."""
        return not self.is_named_in(draft) and self.is_born_another_day(draft)

    def is_told_by_email(self, draft: Draft) -> bool:
        """Whether the e-mail they share makes them one: couples, parents and children often share theirs.

        Asked once the reference matched nobody: two references are then of two people, unless the name says otherwise.
        """
        has_two_references = bool(self.reference and draft.reference)
        if self.is_named_in(draft):
            return not (has_two_references and self.is_born_another_day(draft))
        return not has_two_references and self.birth_date is not None and self.birth_date == draft.birth_date


def in_any_order(name: str) -> str:
    """A name key by which « Roy Alice » is « Alice Roy »."""
    return " ".join(sorted(name.split()))


@dataclass(frozen=True)
class Match:
    """The one candidate, none, or why it cannot be told."""

    candidate: Candidate | None = None
    problem: str = ""
    # What the other client and the row have in common.
    value: str = ""


@dataclass
class Book:
    """Everyone the rows at hand may be about. Grows as rows create clients, so a repeat within the file is found."""

    by_reference: dict[str, list[Candidate]] = field(default_factory=dict)
    by_email: dict[str, list[Candidate]] = field(default_factory=dict)
    by_birth: dict[tuple[str, date], list[Candidate]] = field(default_factory=dict)

    def add(self, candidate: Candidate, *, email: str) -> None:
        if candidate.reference:
            # A reference is the client's: whoever comes first, the primary person, stands for it.
            self.by_reference.setdefault(candidate.reference, []).append(replace(candidate, is_primary=True))
        if email:
            self.by_email.setdefault(email, []).append(candidate)
        if candidate.birth_date:
            self.by_birth.setdefault((in_any_order(candidate.name_key), candidate.birth_date), []).append(candidate)

    def find(self, draft: Draft) -> Match:
        reference, email = draft.reference, draft.email
        for candidate in self.by_reference.get(reference, ())[:1] if reference else ():
            return Match(problem="reference_of_another", value=reference) if candidate.contradicts(draft) else Match(candidate)
        sharing = self.by_email.get(email, []) if email else []
        if told := [candidate for candidate in sharing if candidate.is_told_by_email(draft)]:
            return _only([candidate for candidate in told if candidate.is_named_in(draft)] or told, email)
        if draft.birth_date:
            return _only(self.by_birth.get((in_any_order(draft.name_key), draft.birth_date), []), draft.client_name)
        return Match()


def _only(candidates: list[Candidate], value: str) -> Match:
    if len({(candidate.client_id, candidate.line) for candidate in candidates}) > 1:
        return Match(problem="matches_several", value=value)
    return Match(candidates[0]) if candidates else Match()


def read_book(*, firm_id: int, drafts: Iterable[Draft]) -> Book:
    """The people of the firm that share a reference, an e-mail or a birth date with one of the rows.

    One statement for each, and each by an index: together in one condition they would read the whole firm for every chunk of rows.
    """
    drafts = list(drafts)
    references = {draft.reference for draft in drafts if draft.reference}
    emails = {draft.email for draft in drafts if draft.email}
    births = {draft.birth_date for draft in drafts if draft.birth_date}
    # That it is not empty is what the index knows of itself, and would not be concluded from a list.
    referred = Client.objects.filter(firm_id=firm_id, external_reference__in=references).exclude(external_reference="")
    clients = {client.pk: client for client in referred.only("name", "external_reference")}
    people = Person.objects.filter(firm_id=firm_id).annotate(reference=F("client__external_reference"), client_name=F("client__name"))
    found = {
        person.pk: person
        for sharing in (
            people.filter(client_id__in=list(clients)),
            people.filter(email__in=emails).exclude(email=""),
            people.filter(birth_date__in=births),
        )
        for person in sharing
    }
    book = Book()
    for person in sorted(found.values(), key=lambda person: (not person.is_primary, person.pk)):
        candidate = Candidate(
            person.client_id,
            name_key(person.first_name, person.last_name),
            person.birth_date,
            is_primary=person.is_primary,
            reference=person.reference,
            client_name=person.client_name,
        )
        book.add(candidate, email=person.email)
        clients.pop(person.client_id, None)
    # A client without any person is known by its reference alone.
    for client in clients.values():
        alone = Candidate(client.pk, name_key("", client.name), None, reference=client.external_reference, client_name=client.name)
        book.add(alone, email="")
    return book


def merged_clients(*, firm_id: int, client_ids: Iterable[int]) -> set[int]:
    """Those a person merged with another: what the file says of each half no longer holds for the whole."""
    ids = set(client_ids)
    pairs = MergeProposal.objects.filter(firm_id=firm_id, decision=MergeProposal.Decision.MERGED)
    return {client_id for pair in pairs.filter(Q(first__in=ids) | Q(second__in=ids)).values_list("first", "second") for client_id in pair} & ids
