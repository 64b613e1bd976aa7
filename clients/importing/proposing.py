"""Couples and households that a file names: proposed for merging, never merged by themselves."""

from itertools import combinations

from django.utils.translation import gettext_lazy as _

from clients.importing.mapping import HOUSEHOLD, SPOUSE
from clients.importing.rows import RowReader, name_key
from clients.importing.values import normalise
from clients.models import ImportBatch, ImportRow, MergeProposal, Person

REASONS = {SPOUSE: _("The file names one as the spouse of the other."), HOUSEHOLD: _("The file puts both in the same household.")}


def propose_merges(*, batch: ImportBatch, reader: RowReader) -> int:
    """Propose what the rows of a batch say; a pair proposed before is left as it was decided. Returns the number proposed."""
    pairs = {**_households(batch, reader), **_couples(batch, reader)}
    known = set(MergeProposal.objects.filter(firm_id=batch.firm_id).values_list("first_id", "second_id"))
    fresh = [MergeProposal(first_id=pair[0], second_id=pair[1], reason=reason) for pair, reason in pairs.items() if pair not in known]
    MergeProposal.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


Pairs = dict[tuple[int, int], str]
# More clients under one name share a family name, not a home.
LARGEST_HOUSEHOLD = 4


def _cells(batch: ImportBatch, reader: RowReader, key: str) -> list[tuple[int, str]]:
    """(client id, cell) of the rows that say something in the column mapped to `key`."""
    if key not in reader.mapping.columns:
        return []
    place = reader.mapping.columns.index(key)
    rows = ImportRow.objects.filter(firm_id=batch.firm_id, batch=batch, client_id__isnull=False).exclude(outcome=ImportRow.Outcome.REPEATED)
    # SQL arrays begin at 1; Django's index lookup counts from 0.
    return [(client_id, cell) for client_id, cell in rows.values_list("client_id", f"cells__{place}") if client_id and cell]


def _couples(batch: ImportBatch, reader: RowReader) -> Pairs:
    """Each row with a spouse who is also a client, by name in either order; a name that several clients bear tells nothing."""
    named = _cells(batch, reader, SPOUSE)
    if not named:
        return {}
    bearers: dict[str, set[int]] = {}
    people = Person.objects.filter(firm_id=batch.firm_id, client__archived_at=None)
    for client_id, first, last in people.values_list("client_id", "first_name", "last_name"):
        for form in {name_key(first, last), name_key(last, first)}:
            bearers.setdefault(form, set()).add(client_id)
    # The other half of a couple often names this one back, which tells two bearers of a name apart.
    spouse_of = {client_id: normalise(cell) for client_id, cell in named}
    pairs: Pairs = {}
    for client_id, cell in named:
        others = bearers.get(normalise(cell), set()) - {client_id}
        if len(others) > 1:
            others = {other for other in others if other in spouse_of and client_id in bearers.get(spouse_of[other], set())}
        if len(others) == 1:
            (other,) = others
            pairs[min(client_id, other), max(client_id, other)] = SPOUSE
    return pairs


def _households(batch: ImportBatch, reader: RowReader) -> Pairs:
    """Clients that the file puts under the same household name."""
    members: dict[str, set[int]] = {}
    for client_id, cell in _cells(batch, reader, HOUSEHOLD):
        members.setdefault(normalise(cell), set()).add(client_id)
    return {pair: HOUSEHOLD for clients in members.values() if len(clients) <= LARGEST_HOUSEHOLD for pair in combinations(sorted(clients), 2)}
