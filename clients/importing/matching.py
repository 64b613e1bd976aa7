"""Which client a row is about: by reference, then by e-mail, then by name and birth date."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from django.db.models import F, Q

from clients.importing.rows import Draft, name_key
from clients.models import Client, MergeProposal, Person


@dataclass(frozen=True)
class Candidate:
    """Someone a row may be about: a person of the book, or (with `line`) one created earlier from the same file."""

    client_id: int
    name_key: str
    birth_date: date | None
    is_primary: bool = True
    line: int = 0

    def contradicts(self, draft: Draft) -> bool:
        """Another name and another birth date: the reference or e-mail is shared by two people."""
        return self.name_key != draft.name_key and self.birth_date != draft.birth_date and None not in (self.birth_date, draft.birth_date)


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

    def add(self, candidate: Candidate, *, reference: str, email: str) -> None:
        if reference:
            # A reference is the client's: whoever comes first, the primary person, stands for it.
            self.by_reference.setdefault(reference, []).append(replace(candidate, is_primary=True))
        if email:
            self.by_email.setdefault(email, []).append(candidate)
        if candidate.birth_date:
            self.by_birth.setdefault((candidate.name_key, candidate.birth_date), []).append(candidate)

    def find(self, draft: Draft) -> Match:
        reference, email = draft.reference, draft.email
        for candidate in self.by_reference.get(reference, ())[:1] if reference else ():
            return Match(problem="reference_of_another", value=reference) if candidate.contradicts(draft) else Match(candidate)
        found = self.by_email.get(email, []) if email else []
        if found:
            likely = [candidate for candidate in found if not candidate.contradicts(draft)]
            if not likely:
                return Match(problem="email_of_another", value=email)
            named = [candidate for candidate in likely if candidate.name_key == draft.name_key]
            return _only(named or likely, email)
        if draft.birth_date:
            return _only(self.by_birth.get((draft.name_key, draft.birth_date), []), f"{draft.client.get('name', '')}")
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
    people = Person.objects.filter(firm_id=firm_id).annotate(reference=F("client__external_reference"))
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
        candidate = Candidate(person.client_id, name_key(person.first_name, person.last_name), person.birth_date, person.is_primary)
        book.add(candidate, reference=person.reference, email=person.email)
        clients.pop(person.client_id, None)
    # A client without any person is known by its reference alone.
    for client in clients.values():
        book.add(Candidate(client.pk, name_key("", client.name), None), reference=client.external_reference, email="")
    return book


def merged_clients(*, firm_id: int, client_ids: Iterable[int]) -> set[int]:
    """Those a person merged with another: what the file says of each half no longer holds for the whole."""
    ids = set(client_ids)
    pairs = MergeProposal.objects.filter(firm_id=firm_id, decision=MergeProposal.Decision.MERGED)
    return {client_id for pair in pairs.filter(Q(first__in=ids) | Q(second__in=ids)).values_list("first", "second") for client_id in pair} & ids
