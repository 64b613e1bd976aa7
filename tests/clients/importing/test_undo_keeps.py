"""What people did in the rooms above keeps a client that an import created."""

from datetime import date

from clients.importing.undo import start_undo
from clients.models import Client, ImportBatch, ImportRow
from firms.jobs import run_job
from firms.models import User
from firms.wall import enter_firm
from segmentation.models import Assignment, Scheme, Segment
from tests import factories


def test_a_client_placed_by_hand_is_kept(alice: User) -> None:
    batch = ImportBatch.objects.create(file_name="book.csv", content=b"Nom\nRoy\n", state="done", created_by=alice)
    placed, other = (factories.make_client(adviser=alice, name=name) for name in ("Placed", "Other"))
    for number, client in enumerate((placed, other), start=2):
        ImportRow.objects.create(batch=batch, number=number, cells=[client.name], outcome="created", client_id=client.pk)
    scheme = Scheme.objects.create(name_en="Service", name_fr="Service")
    segment = Segment.objects.create(scheme=scheme, name_en="Gold", name_fr="Or", rank=1)
    Assignment.objects.create(
        client=placed, scheme=scheme, segment=segment, starts_on=date(2026, 1, 1), source="override", reason="A friend", expires_on=date(2027, 1, 1)
    )

    job = start_undo(batch=batch, by=alice)
    run_job(firm_id=alice.firm_id, job_id=job.pk)
    enter_firm(alice.firm_id)

    assert list(Client.objects.all()) == [placed]
    assert ImportRow.objects.get(client_id=placed.pk).problems[0]["problem"] == "worked_on_since"
