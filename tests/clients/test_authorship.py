"""What a program changes on someone's behalf says so in the client's history."""

import importlib
import pkgutil
from io import StringIO

import pytest
from celery import shared_task
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import translation

from advisory_crm.celery import app
from clients.history import history_of
from clients.models import Client
from firms.authorship import writing_as
from firms.background import FirmTask, SignedTask
from firms.commands import SignedCommand
from firms.jobs import job_kind, run_job, start_job
from firms.models import User
from firms.wall import acting_for
from tests import factories
from tests.access import BUSINESS_ROOMS
from tests.waiting import wait_until

# Django's own, made to run in our two roles; they write no business row.
BY_DJANGO = {"migrate", "flush"}


@shared_task(base=FirmTask)
def rename_in_tests(*, firm_id: int, client_id: int) -> None:
    Client.objects.filter(pk=client_id).update(city="Renamed by a task")


@job_kind("rename in tests", label="Renaming")
def rename_step(job) -> bool:
    Client.objects.filter(pk=job.parameters["client"]).update(city="Renamed by a job")
    return False


@pytest.fixture
def roy(alice):
    return factories.make_client(adviser=alice, name="Roy", people=False)


def authors(client):
    with translation.override("en"):
        return [change.who for change in history_of(client, firm=client.adviser.firm) if change.action == "update"]


def rename(client, city):
    Client.objects.filter(pk=client.pk).update(city=city)


def test_a_job_is_signed_by_who_started_it(alice, roy):
    camille = factories.make_user(name="Camille Gagné", role="adviser")
    for by in (camille, None):
        rename(roy, "between")
        job = start_job(kind="rename in tests", parameters={"client": roy.pk}, by=by)
        run_job(firm_id=alice.firm_id, job_id=job.pk)
    assert [authors(roy)[0], authors(roy)[2]] == ["Renaming", "Renaming by Camille Gagné"]


def test_what_was_signed_inside_is_forgotten_outside(alice, roy):
    with writing_as(command="tidy_up"):
        rename(roy, "one")
        with writing_as(user=alice.pk):
            rename(roy, "two")
        rename(roy, "three")
    with writing_as(user=alice.pk, path="/clients/"):
        rename(roy, "four")
        with writing_as(api_key=7):
            rename(roy, "five")
    with writing_as(task="firms.tasks.tick"):
        rename(roy, "six")
    assert authors(roy) == ["Automatic run", "Alice Roy (API)", "Alice Roy", "Command tidy_up", "Alice Roy (command tidy_up)", "Command tidy_up"]


def test_in_french(alice, roy):
    with writing_as(user=alice.pk, job="import_clients"):
        rename(roy, "one")
    with translation.override("fr"):
        assert history_of(roy, firm=alice.firm)[0].who == "Import par Alice Roy"


@pytest.mark.django_db(transaction=True)
def test_an_import_by_command_names_its_author(tmp_path):
    firm, admin = _committed_firm()
    file = tmp_path / "book.csv"
    file.write_text("Nom,Prénom,Courriel,Ville\nRoy,Luc,luc@example.test,Lévis\n", encoding="utf-8")
    call_command("import_clients", str(firm.pk), str(file), by=admin.email, default_adviser=admin.email, stdout=StringIO())
    with acting_for(firm.pk), translation.override("en"):
        client = Client.objects.select_related("adviser").get()
        assert {change.who for change in history_of(client, firm=firm)} == {"Import by Alice Roy"}


@pytest.mark.django_db(transaction=True)
def test_a_task_in_a_worker_signs_what_it_changes(worker):
    firm, admin = _committed_firm()
    with acting_for(firm.pk):
        client = factories.make_client(adviser=admin, people=False)
    rename_in_tests.apply_async(kwargs={"firm_id": firm.pk, "client_id": client.pk})

    def signed() -> bool:
        with acting_for(firm.pk):
            return bool(authors(Client.objects.select_related("adviser__firm").get(pk=client.pk)) == ["Automatic run"])

    wait_until(signed)


def _committed_firm():
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
        return firm, factories.make_user(name="Alice Roy", role="admin")


def test_every_task_is_signed():
    ours = [task for name, task in app.tasks.items() if name.split(".")[0] in BUSINESS_ROOMS]
    assert ours
    assert [task.name for task in ours if not isinstance(task, SignedTask)] == []


def test_every_command_is_signed():
    found = {}
    for room in BUSINESS_ROOMS:
        try:
            package = importlib.import_module(f"{apps.get_app_config(room).name}.management.commands")
        except ModuleNotFoundError:
            continue
        for module in pkgutil.iter_modules(package.__path__):
            found[module.name] = importlib.import_module(f"{package.__name__}.{module.name}").Command
    assert {"create_firm", "import_clients", "publish_scheme", "publish_matrix", "plan", "queue", "create_demo"} <= found.keys()
    assert [name for name, command in found.items() if not issubclass(command, SignedCommand) and name not in BY_DJANGO] == []


def test_an_unknown_user_signs_nothing(alice):
    with pytest.raises(CommandError, match="has no user"):
        call_command("publish_scheme", str(alice.firm_id), "vip", by="nobody@example.test", stdout=StringIO())
    assert User.objects.filter(email="nobody@example.test").count() == 0
