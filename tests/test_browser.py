"""Without Chromium the browser tests are named as not run; where CI is set, that fails. With it, the check of a page finds what cannot be read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import Visit

ROOT = Path(__file__).resolve().parent.parent


def run_without_chromium(tmp_path: Path, **environment: str) -> tuple[int, str]:
    """pytest's exit code and report for one test that wants a browser, where no program is found by its name."""
    (tmp_path / "conftest.py").write_text("from tests.browser import chromium, pytest_terminal_summary\n")
    (tmp_path / "test_wants_a_browser.py").write_text("def test_a_page(chromium):\n    pass\n\n\ndef test_no_page():\n    pass\n")
    inherited = {name: value for name, value in os.environ.items() if name != "CI" and not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml"), str(tmp_path)],
        cwd=ROOT,
        env={**inherited, "PATH": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


def test_without_chromium_browser_tests_are_reported_as_not_run_by_name(tmp_path: Path) -> None:
    code, report = run_without_chromium(tmp_path)
    _head, _title, named = report.partition("not run: Chromium is not installed")
    assert (code, "test_wants_a_browser.py::test_a_page" in named, "test_no_page" in named, "1 passed, 1 skipped" in report) == (
        0,
        True,
        False,
        True,
    ), report


def test_in_ci_a_missing_chromium_is_a_failure(tmp_path: Path) -> None:
    code, report = run_without_chromium(tmp_path, CI="true")
    assert (code, "Chromium is not installed" in report, "1 passed" in report and "1 error" in report) == (1, True, True), report


WHITE, GREY = "background: #fff", "background: #777"
# What is read on white is not read on grey, nor where it is faded, or paler; what is off need not be.
BLACK = '<p style="color: #111">Black.</p>'


@pytest.mark.browser
@pytest.mark.parametrize(
    "unreadable",
    [
        f'<div style="{GREY}">{BLACK}<p style="color: #555">Grey.</p></div>',
        f'<div style="opacity: 0.3">{BLACK}</div>',
        f'<div style="{GREY}"><p style="color: #595959">Dark grey on grey.</p></div>',
        '<p style="color: #bbb">Pale.</p>',
        '<p style="color: #bbb">1</p><p style="color: #bbb">One figure alone is no word: the words are found beside it.</p>',
        '<button disabled style="color: #bbb">Off</button><button style="color: #bbb; background: #fff">On</button>',
        '<p style="color: #bbb; position: absolute; left: -999px">Outside.</p><p style="color: #bbb">Inside.</p>',
        '<label>Name <input style="color: #bbb; background: #fff" value="Pale"></label>',
    ],
)
def test_text_that_cannot_be_read_is_found_on_whatever_page_it_comes(chromium: Browser, unreadable: str) -> None:
    page = chromium.new_page(viewport={"width": 800, "height": 600})
    visit = Visit(page, "")
    body = f'<!doctype html><html lang="en"><title>T</title><body style="{WHITE}"><main><h1>T</h1>%s%s</main>'
    readable = f'{BLACK}<p style="color: #595959">Dark grey.</p><button disabled style="color: #bbb">Off</button>'
    page.set_content(body % (readable, ""))
    visit.check()
    page.set_content(body % (readable, unreadable))
    with pytest.raises(AssertionError, match="color-contrast"):
        visit._check(is_covered=False)
    page.set_content(body % (readable, ""))
    visit.check()
    page.close()
