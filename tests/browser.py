"""A real Chromium for tests: sign in without the sign-in page, look, check.

    @pytest.mark.browser
    def test_the_queue_opens(visitor: Visitor) -> None:
        with visitor.committed("CA-QC") as alpha:                     # rows the server sees: outside the test's own transaction
            adviser = factories.make_user(name="Camille", role="adviser")
        visit = visitor.sign_in(adviser)                               # or sign_in(adviser, width=390, scheme="dark")
        visit.open("/queue/")
        visit.page.get_by_role("button", name="Complete").click()      # playwright's Page
        visit.check()                                                  # axe: WCAG 2.2 AA; nothing overflows
        visit.screenshot("queue")                                      # tests/artifacts/queue.png, when SCREENSHOTS is set

A console error, an uncaught exception or a violation of the content security policy fails the test at its end; a test that means to
provoke one says so in `visit.expected_errors` (regular expressions). A page that a check finds fault with is kept as a picture; the others
only where SCREENSHOTS is set, for taking them is a tenth of what these tests cost. Without Chromium the tests are reported as not run, by name; where
`CI` is set that is a failure.
"""

import importlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from firms.models import Firm, User
from firms.sessions import FIRM_KEY
from firms.wall import acting_for
from tests import factories

ARTIFACTS = Path(__file__).parent / "artifacts"
NOT_RUN = "Chromium is not installed"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE_CHECK = (Path(__file__).parent / "axe_check.js").read_text()
PATIENCE = 20_000  # milliseconds
_faults = count(1)
# Looks of texts, each a colour and size on a ground, whose contrast was found good in this run.
_judged: set[str] = set()

Scheme = Literal["light", "dark"]


def find_chromium() -> str | None:
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None)


@dataclass
class Visit:
    """One person in front of one browser window."""

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)
    expected_errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def settle(self) -> None:
        """Wait for the parts of the page that it fetches once it is there."""
        expect(self.page.locator(".htmx-request")).to_have_count(0, timeout=PATIENCE)

    def check(self, *, is_covered: bool = False) -> None:
        """Accessible, and nothing wider than the window. What an open list covers in part has no size to check.

        The page is read from its top: further down, whatever the header that stays in place happens to half cover counts as too small.
        """
        try:
            self._check(is_covered=is_covered)
        except AssertionError as fault:
            picture = self._take_picture(f"fault-{next(_faults)}-{os.getpid()}")
            raise AssertionError(f"{fault}\n{picture}") from fault

    def _check(self, *, is_covered: bool) -> None:
        self.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        rules = {"target-size": {"enabled": not is_covered}}
        results = self._axe({"runOnly": WCAG, "resultTypes": ["violations"], "rules": rules})
        assert results.violations_count == 0, f"{self.page.url}\n{results.generate_report()}"
        wide = self.page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px wider than the window: {self.page.evaluate(_WIDEST)}"

    def _axe(self, options: dict[str, Any]) -> AxeResults:
        """What axe finds on the page a click led to: where the page was still changing, it is read again."""
        for attempt in range(3):
            self.page.wait_for_load_state()
            document = self.page.evaluate(_DOCUMENT)
            try:
                if not self.page.evaluate("'axe' in window"):
                    self.page.evaluate(AXE_SCRIPT)
                answer = self.page.evaluate(AXE_CHECK, {"options": options, "judged": sorted(_judged)})
            except PlaywrightError:
                self.page.wait_for_load_state()
                if attempt == 2 or self.page.evaluate(_DOCUMENT) == document:
                    raise
                continue
            if self.page.evaluate(_DOCUMENT) == document:
                if not answer["violations"]:
                    _judged.update(answer["settled"])
                return AxeResults(answer)
        raise AssertionError(f"{self.page.url} does not stay")

    def screenshot(self, name: str, *, whole: bool = True) -> None:
        """A picture of the page for people to look at, where SCREENSHOTS is set."""
        if os.environ.get("SCREENSHOTS"):
            self._take_picture(name, whole=whole)

    def _take_picture(self, name: str, *, whole: bool = True) -> Path:
        ARTIFACTS.mkdir(exist_ok=True)
        path = ARTIFACTS / f"{name}.png"
        self.page.screenshot(path=path, full_page=whole)
        return path

    def unexpected_errors(self) -> list[str]:
        return [error for error in self.errors if not any(re.search(pattern, error) for pattern in self.expected_errors)]


# Another page has another beginning.
_DOCUMENT = "performance.timeOrigin"
_WIDEST = """[...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.table-scroll, .tabs'))
    .slice(0, 5).map(e => e.outerHTML.slice(0, 160))"""


@dataclass
class Visitor:
    """Opens windows on the running server."""

    browser: Browser
    address: str
    visits: list[Visit] = field(default_factory=list)

    @contextmanager
    def committed(self, region: str = "CA-QC") -> Iterator[Firm]:
        """Write rows that the server sees, in a new firm; more of them later with `acting_for(firm.pk)`."""
        with transaction.atomic():
            firm = factories.make_firm(name="Alpha Conseil" if region == "CA-QC" else "Beta Patrimoine", region=region)
        with acting_for(firm.pk):
            yield firm

    def anonymous(self, *, width: int = 1280, height: int = 800, scheme: Scheme = "light", language: str = "en") -> Visit:
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=language, reduced_motion="reduce", has_touch=width < 600
        )
        context.set_default_timeout(PATIENCE)
        visit = Visit(context.new_page(), self.address)

        def heard(message: ConsoleMessage) -> None:
            if message.type == "error":
                visit.errors.append(f"{message.text} ({message.location.get('url', '')})")

        visit.page.on("console", heard)
        visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
        self.visits.append(visit)
        return visit

    def sign_in(self, user: User, **window: Any) -> Visit:
        """A window whose session is this user's."""
        visit = self.anonymous(**window)
        session = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session[FIRM_KEY] = user.firm_id
        session.save()
        visit.page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": str(session.session_key), "url": self.address}])
        return visit


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a module: Playwright's event loop must not stay for tests that fork or use threads."""
    path = find_chromium()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(NOT_RUN)
        pytest.skip(NOT_RUN)
    # Playwright keeps an event loop in this thread, where Django would refuse the ORM.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visitor(chromium: Browser, live_server: Any, transactional_db: None) -> Iterator[Visitor]:
    visitor = Visitor(chromium, live_server.url)
    yield visitor
    wrong = [error for visit in visitor.visits for error in visit.unexpected_errors()]
    for visit in visitor.visits:
        visit.page.context.close()
    assert wrong == [], "\n".join(wrong)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name what was not run."""
    missing = [report.nodeid for report in terminalreporter.stats.get("skipped", []) if NOT_RUN in str(report.longrepr)]
    if missing:
        terminalreporter.section(f"not run: {NOT_RUN}")
        for name in missing:
            terminalreporter.line(name)
