"""Without Chromium the browser tests are named as not run; where CI is set, that fails."""

import os
import subprocess
import sys
from pathlib import Path

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
