"""The routes of the import pages."""

from django.core.files.uploadedfile import SimpleUploadedFile

from clients.importing.batches import receive_file
from clients.models import ImportBatch, MergeProposal
from firms.models import User
from firms.permissions import Permission
from tests import factories
from tests.access import ACT, FORM, Kind, Route, Scope

BOOK = "Nom;Prénom;Courriel\nRoy;Alice;alice@exemple.ca\n".encode()


def _previewed(owner: User) -> ImportBatch:
    batch = receive_file(upload=SimpleUploadedFile(f"{owner.name}.csv", BOOK), by=owner)
    # The row of a firm that is not the transaction's own would be invisible at once.
    assert batch.firm_id == owner.firm_id
    return batch


def _finished(owner: User) -> ImportBatch:
    batch = _previewed(owner)
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.DONE)
    batch.refresh_from_db()
    return batch


def _proposal(owner: User) -> MergeProposal:
    first, second = (factories.make_client(adviser=owner, name=f"{owner.name}'s {half}") for half in ("first", "second"))
    return MergeProposal.objects.create(first=first, second=second, reason="spouse")


PREVIEWED, FINISHED, PROPOSAL = Kind(_previewed, Scope.FIRM), Kind(_finished, Scope.FIRM), Kind(_proposal, Scope.FIRM)

ROUTES = [
    Route("import_list", Permission.IMPORT_CLIENTS, methods=FORM, data=lambda *_: {"file": SimpleUploadedFile("book.csv", BOOK)}),
    Route("import_detail", Permission.IMPORT_CLIENTS, PREVIEWED),
    Route("import_detail", Permission.IMPORT_CLIENTS, FINISHED),
    Route("import_mapping", Permission.IMPORT_CLIENTS, PREVIEWED, ACT),
    Route("import_progress", Permission.IMPORT_CLIENTS, FINISHED, {"GET": 302}),
    Route("import_rows", Permission.IMPORT_CLIENTS, FINISHED, kwargs=lambda batch: {"pk": batch.pk, "extension": "csv"}),
    Route("import_undo", Permission.IMPORT_CLIENTS, FINISHED, ACT),
    Route("import_discard", Permission.IMPORT_CLIENTS, PREVIEWED, ACT),
    Route("merge_list", Permission.IMPORT_CLIENTS),
    Route("merge_decide", Permission.IMPORT_CLIENTS, PROPOSAL, FORM, data={"name": "Famille Roy"}),
]
