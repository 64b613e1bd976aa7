"""A worker killed in the middle of each task: the task is done again, by another, and once; nothing is half done, no claim stays.

Each task is caught half-way at a table it writes, which the drill has locked; then its process is killed.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, time, timedelta
from io import StringIO
from pathlib import Path

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from bench.books import make_book
from clients.importing import batches
from clients.models import Amount, AmountKind, Client
from drills.faults import locked, wait_for_sessions
from drills.scene import Program, Scene, must, scene, wait_until
from firms.calendar import local_time
from firms.models import Firm, Job, PlanningRequest, User
from firms.wall import acting_for
from messaging.models import Digest, Notice, OutboxMessage, Preferences
from messaging.notices import post_notice
from messaging.outbox import SEND_TASK, queue_message
from segmentation.models import Assignment
from service_matrix.models import MatrixVersion, PromiseException, TouchpointType
from service_matrix.reminding import KIND as EXCEPTION_ENDS
from service_matrix.versions import start_draft
from touchpoints.appointments import MEETINGS
from touchpoints.invitations import Guest
from touchpoints.models import Appointment, Status, Touchpoint
from touchpoints.planning import reconcile
from touchpoints.undoing import UNDO_WITHIN

BOOK = Path(__file__).resolve().parent.parent / "data" / "book-quebec.csv"
GUEST = "guest@drill.test"


@dataclass(frozen=True)
class Victim:
    """A task to kill, where to catch it, what makes it due, and how it is known to be done."""

    task: str
    table: str
    prepare: Callable[["Stage"], None]
    is_done: Callable[["Stage"], bool]
    # What beat sends, so that work whose message died with its worker is found.
    tick: str


@dataclass
class Stage:
    firm: Firm
    admin: User
    job: Job | None = None

    @property
    def today(self) -> date:
        return local_time(self.firm).date()


def run(*, whole_worker: bool = False, only: Collection[str] | None = None, clients: int = 60, patience: float = 240) -> str:
    """Kill a process of the pool (its worker sees it and returns the message), or the whole worker (the next tick finds the work)."""
    victims = [victim for victim in VICTIMS if only is None or victim.task in only]
    must(only is None or len(victims) == len(only), f"each of {only} is there to be killed")
    with scene(tick_seconds=2) as theatre:
        stage = make_firm(clients)
        worker = theatre.add_worker(concurrency=1)
        for victim in victims:
            with acting_for(stage.firm.pk):
                victim.prepare(stage)
            must(not _is_done(victim, stage), f"{victim.task} has something to do")
            arguments = {"job_id": stage.job.pk} if victim.task.endswith("run_job") and stage.job else {}
            with locked(victim.table):
                theatre.send(victim.task, firm_id=stage.firm.pk, **arguments)
                wait_for_sessions(victim.table, seconds=patience)
                _kill(worker, whole_worker=whole_worker)
            if whole_worker:
                _make_look_stale(stage)
                theatre.send(victim.tick)
            wait_until(lambda victim=victim: _is_done(victim, stage), seconds=patience, what=f"{victim.task} is done after its worker was killed")  # type: ignore[misc]
        _check_whole(stage)
        _kill_while_sending(theatre, stage, worker, whole_worker=whole_worker, patience=patience)
    what = "worker" if whole_worker else "process of the pool"
    return f"deaths: a {what} killed in each of {len(victims) + 1} tasks; each done once afterwards, the client's e-mail held and listed"


def _kill(worker: Program, *, whole_worker: bool) -> None:
    if whole_worker:
        worker.kill()
        worker.start()
    else:
        for child in worker.children():
            child.kill()


def _is_done(victim: Victim, stage: Stage) -> bool:
    with acting_for(stage.firm.pk):
        return victim.is_done(stage)


def _make_look_stale(stage: Stage) -> None:
    """A job whose worker is gone is taken for lost after two minutes: they have passed."""
    with acting_for(stage.firm.pk):
        Job.objects.filter(status=Job.Status.RUNNING).update(heartbeat_at=timezone.now() - timedelta(minutes=3))
        Job.objects.filter(status=Job.Status.QUEUED).update(created_at=timezone.now() - timedelta(minutes=3))


def make_firm(clients: int) -> Stage:
    with transaction.atomic():
        firm = make_book(clients=clients, name=f"Deaths {timezone.now():%H%M%S%f}")
        Firm.objects.filter(pk=firm.pk).update(planned_on=date(2999, 1, 1))
        admin = User.objects.create(firm_id=firm.pk, email=f"admin.{firm.pk}@drill.test", name="Admin", role="admin")
        firm.refresh_from_db()
    call_command("publish_scheme", str(firm.pk), "vip_gold_silver_bronze", stdout=StringIO())
    call_command("publish_matrix", str(firm.pk), "vip_gold_silver_bronze", stdout=StringIO())
    return Stage(firm, admin)


# --- What makes each task due, and how it is known to be done ---


def _nothing(stage: Stage) -> None:
    """Publishing asked for planning."""


def _is_planned(stage: Stage) -> bool:
    return Touchpoint.objects.exists() and not PlanningRequest.objects.exists()


def _leave_appointment(stage: Stage) -> None:
    """An hour to come of a meeting that was skipped, too long ago to take that back."""
    meeting = Touchpoint.objects.filter(status=Status.PLANNED, channel__in=MEETINGS).order_by("pk")[0]
    Touchpoint.objects.filter(pk=meeting.pk).update(status=Status.SKIPPED, reason="Drill", closed_at=timezone.now() - 2 * UNDO_WITHIN)
    guest = Guest(email=GUEST, name="Guest", is_client=False, language="en")
    Appointment.objects.create(
        touchpoint=meeting, starts_at=timezone.now() + timedelta(days=2), minutes=60, guests=[guest], created_by_id=meeting.adviser_id
    )


def _is_called_off(stage: Stage) -> bool:
    return not Appointment.objects.filter(cancelled_at=None).exists() and OutboxMessage.objects.filter(to=GUEST).count() == 1


def _add_clients(stage: Stage) -> None:
    adviser = User.objects.filter(role="adviser").order_by("pk").first()
    Client.objects.bulk_create(Client(adviser=adviser, name=f"Newcomer {number}", status="client") for number in range(10))


def _all_are_placed(stage: Stage) -> bool:
    return not Client.objects.exclude(pk__in=Assignment.objects.filter(ends_on=None).values("client")).exists()


def _schedule_version(stage: Stage) -> None:
    current = MatrixVersion.objects.get(status=MatrixVersion.Status.PUBLISHED)
    draft = start_draft(scheme=current.scheme, by=stage.admin)
    MatrixVersion.objects.filter(pk=draft.pk).update(status=MatrixVersion.Status.SCHEDULED, effective_on=stage.today)


def _is_in_force(stage: Stage) -> bool:
    return not MatrixVersion.objects.filter(status=MatrixVersion.Status.SCHEDULED).exists()


def _add_amount(stage: Stage) -> None:
    client = Client.objects.order_by("pk")[0]
    Amount.objects.create(
        client=client, kind=AmountKind.REVENUE, starts_on=stage.today - timedelta(days=40), ends_on=stage.today, amount=4321, source="entered"
    )


def _figure_is_written(stage: Stage) -> bool:
    return Client.objects.order_by("pk")[0].annual_revenue == 4321


def _make_digest_due(stage: Stage) -> None:
    touchpoint = Touchpoint.objects.filter(status="planned", performer__in=("adviser", "either")).order_by("pk")[0]
    Touchpoint.objects.filter(pk=touchpoint.pk).update(due_on=stage.today, window_ends_on=stage.today + timedelta(days=20), is_hand_set=True)
    Preferences.objects.create(user=touchpoint.adviser, digest_at=time(0), on_days_off=True)


def _digest_is_made(stage: Stage) -> bool:
    reader = Preferences.objects.get().user
    return Digest.objects.filter(user=reader).count() == Notice.objects.filter(user=reader).count() == 1


def _post_urgent_notice(stage: Stage) -> None:
    Preferences.objects.create(user=stage.admin, quiet_from=None, quiet_until=None, digest_at=time(23, 59), on_days_off=False)
    post_notice(user=stage.admin, kind="work_set_aside", values={"task": "drill"}, dedupe_key="drill")


def _notice_is_mailed(stage: Stage) -> bool:
    return Notice.objects.filter(dedupe_key="drill", mailed_at__isnull=False).exists()


def _let_exception_end(stage: Stage) -> None:
    """Of something nobody is promised: what is planned stays as it is."""
    client, ends_on = Client.objects.order_by("pk")[0], stage.today + timedelta(days=3)
    touchpoint_type = TouchpointType.objects.create(key="drill", name_en="Drill", name_fr="Exercice", channel="phone", performer="either", minutes=15)
    PromiseException.objects.create(
        client=client, touchpoint_type=touchpoint_type, is_nothing=True, reason="Drill", by=stage.admin,
        starts_on=stage.today - timedelta(days=60), ends_on=ends_on, expires_on=ends_on,
    )  # fmt: skip


def _end_is_said(stage: Stage) -> bool:
    told = Notice.objects.filter(kind=EXCEPTION_ENDS).order_by("pk").values_list("user", flat=True)
    return sorted(told) == sorted([stage.admin.pk, Client.objects.order_by("pk")[0].adviser_id])


def _start_import(stage: Stage) -> None:
    with BOOK.open("rb") as file:
        batch = batches.receive_file(upload=File(file, BOOK.name), by=stage.admin)
        stage.job = batches.start_import(batch=batch, by=stage.admin)


def _is_imported(stage: Stage) -> bool:
    return stage.job is not None and Job.objects.get(pk=stage.job.pk).status == Job.Status.DONE


def _leave_job_waiting(stage: Stage) -> None:
    """One whose message was lost: it has waited for a worker for longer than a message takes."""
    with BOOK.open("rb") as file:
        first_lines = ContentFile(b"".join(file.readlines()[:3]), name="first-lines.csv")
    stage.job = batches.start_import(batch=batches.receive_file(upload=first_lines, by=stage.admin), by=stage.admin)
    Job.objects.filter(pk=stage.job.pk).update(created_at=timezone.now() - timedelta(minutes=1))


# Those of a firm, all but one: sending e-mails is killed in a way of its own (`_kill_while_sending`).
VICTIMS = (
    Victim("touchpoints.tasks.plan_firm", "touchpoints_touchpoint", _nothing, _is_planned, "touchpoints.tasks.tick_planning"),
    Victim(
        "touchpoints.tasks.withdraw_appointments",
        "messaging_outboxmessage",
        _leave_appointment,
        _is_called_off,
        "touchpoints.tasks.tick_appointments",
    ),
    Victim("segmentation.tasks.tend_firm", "segmentation_placement", _add_clients, _all_are_placed, "segmentation.tasks.tick_segmentation"),
    Victim("service_matrix.tasks.put_in_force", "service_matrix_matrixversion", _schedule_version, _is_in_force, "service_matrix.tasks.tick_matrix"),
    Victim("clients.tasks.update_figures", "clients_client", _add_amount, _figure_is_written, "clients.tasks.tick_figures"),
    Victim("messaging.tasks.make_digests", "messaging_notice", _make_digest_due, _digest_is_made, "messaging.tasks.tick_digests"),
    Victim("messaging.tasks.mail_notices", "messaging_outboxmessage", _post_urgent_notice, _notice_is_mailed, "messaging.tasks.tick_digests"),
    Victim("service_matrix.tasks.remind_of_exceptions", "messaging_notice", _let_exception_end, _end_is_said, "service_matrix.tasks.tick_matrix"),
    Victim("firms.tasks.run_job", "clients_client", _start_import, _is_imported, "firms.tasks.tick"),
    Victim("firms.tasks.tend_firm", "firms_job", _leave_job_waiting, _is_imported, "firms.tasks.tick"),
)


def _check_whole(stage: Stage) -> None:
    """Nothing is missing, nothing is there twice."""
    with acting_for(stage.firm.pk):
        must(Client.objects.filter(external_reference__startswith="B").count() >= 60, "the book is whole")
        must(Digest.objects.values("user", "day").distinct().count() == Digest.objects.count(), "one digest a person and day")
    result = reconcile(firm_id=stage.firm.pk, start=stage.today)
    must(result.updated == result.restored == 0, f"what was planned stands: {result}")


def _kill_while_sending(theatre: Scene, stage: Stage, worker: Program, *, whole_worker: bool, patience: float) -> None:
    """The mail server took a message and its sender dies before it hears so: a client's is held, a colleague's goes again."""
    for to_client, expected in ((True, OutboxMessage.Status.HELD), (False, OutboxMessage.Status.SENT)):
        address = f"{'client' if to_client else 'colleague'}.{stage.firm.pk}@drill.test"
        theatre.mailbox.answers.clear()
        with acting_for(stage.firm.pk):
            queue_message(firm_id=stage.firm.pk, to=address, subject="Drill", text="Drill", dedupe_key=address, to_client=to_client)
        theatre.send(SEND_TASK, firm_id=stage.firm.pk)
        wait_until(lambda address=address: _received(theatre, address) == 1, seconds=patience, what=f"the message to {address} is taken")  # type: ignore[misc]
        _kill(worker, whole_worker=whole_worker)
        theatre.mailbox.answers.set()

        def is_settled(address: str = address, expected: str = expected) -> bool:
            theatre.send(SEND_TASK, firm_id=stage.firm.pk)
            with acting_for(stage.firm.pk):
                return OutboxMessage.objects.get(to=address).status == expected

        wait_until(is_settled, seconds=patience, what=f"the message to {address} is {expected}", every=1)
        must(_received(theatre, address) == (1 if to_client else 2), f"{address} received {_received(theatre, address)}")
    connection.close()


def _received(theatre: Scene, address: str) -> int:
    return sum(message["To"] == address for message in theatre.mailbox.messages)
