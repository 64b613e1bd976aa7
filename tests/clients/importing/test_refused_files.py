"""Bad files are refused at once, in little memory, with words that say what to do, and leave nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from clients.importing.reading import MOST_BYTES
from clients.models import Client, ImportBatch, ImportRow, SavedMapping
from firms.models import Job, User
from firms.wall import enter_firm
from tests.clients.importing.hostile import FILES

ROOT = Path(__file__).resolve().parents[3]
SECONDS, MEGABYTES = 2, 100

# A fresh process, so that its peak is this file's; time is of the reading alone, on its own processor clock: the machine may be busy.
READ = """
import json, re, sys, time
import django
django.setup()
from django.core.files import File
from clients.importing.reading import FileRefused, read_upload
began = time.process_time()
try:
    with open(sys.argv[1], "rb") as file:
        read_upload(File(file))
    said = ""
except FileRefused as refusal:
    said = str(refusal)
seconds = time.process_time() - began
# The peak of this program alone; getrusage would count the tests' own process it was forked from.
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
print(json.dumps([said, seconds, int(peak) / 1024]))
"""


def read_in_a_process(path: Path) -> tuple[str, float, float]:
    """What was said, seconds, peak megabytes of the whole process."""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "advisory_crm.settings"}
    output = subprocess.run(
        [sys.executable, "-c", READ, str(path)], cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    said, seconds, megabytes = json.loads(output.stdout)
    return said, seconds, megabytes


@pytest.mark.parametrize("name", FILES)
def test_refused_within_two_seconds_and_a_hundred_megabytes(name: str, tmp_path: Path) -> None:
    make, words = FILES[name]
    path = tmp_path / name
    path.write_bytes(make())

    said, seconds, megabytes = read_in_a_process(path)

    assert words in said
    assert (seconds < SECONDS, megabytes < MEGABYTES) == (True, True), (seconds, megabytes)


def test_200_megabytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(200_000_000)

    said, seconds, megabytes = read_in_a_process(path)

    assert said.startswith("The file is larger than 20 MB. Split it")
    assert (seconds < SECONDS, megabytes < MEGABYTES) == (True, True), (seconds, megabytes)


def left_behind() -> list[int]:
    return [model.objects.count() for model in (Client, ImportBatch, ImportRow, SavedMapping, Job)]


def test_the_upload_page_says_so_and_nothing_is_written(alice: User) -> None:
    browser = Browser()
    browser.force_login(alice)
    for name, (make, words) in FILES.items():
        response = browser.post("/clients/imports/", {"file": SimpleUploadedFile(name, make())})
        assert (response.status_code, words in response.content.decode().replace("&#x27;", "'")) == (422, True), name
    assert left_behind() == [0, 0, 0, 0, 0]


def test_the_command_says_so_and_nothing_is_written(alice: User, tmp_path: Path) -> None:
    for name, (make, words) in FILES.items():
        path = tmp_path / name
        path.write_bytes(make())
        with pytest.raises(CommandError) as refusal:
            call_command("import_clients", str(alice.firm_id), str(path), "--create-advisers", "--by", alice.email)
        enter_firm(alice.firm_id)
        assert words in str(refusal.value), name
    assert left_behind() == [0, 0, 0, 0, 0]


class Unreadable:
    """A request's body that must not be touched."""

    def read(self, *_sizes: int) -> bytes:
        raise AssertionError("the upload was read")

    readline = read


def test_an_upload_announced_too_large_is_answered_before_it_is_read(alice: User) -> None:
    browser = Browser()
    browser.force_login(alice)
    environment: dict[str, Any] = {"CONTENT_LENGTH": str(200_000_000), "wsgi.input": Unreadable()}
    response = browser.generic("POST", "/clients/imports/", content_type="multipart/form-data; boundary=x", **environment)
    assert response.status_code == 413
    assert "The file is larger than 20 MB." in response.content.decode()
    assert left_behind() == [0, 0, 0, 0, 0]


def test_the_limit_is_said_before(alice: User) -> None:
    browser = Browser()
    browser.force_login(alice)
    page = browser.get("/clients/imports/").content.decode()
    assert f'data-most-bytes="{MOST_BYTES}"' in page
    assert "up to 20 MB and 50" in page
