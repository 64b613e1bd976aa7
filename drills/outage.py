"""Redis away: pages answer, what people do is kept, and the backlog clears when it is back."""

import http.client
import importlib
import re
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

from drills.beats import start_web
from drills.people import is_reader, make_crowd, told
from drills.scene import free_port, must, scene, wait_until
from firms.models import User
from firms.sessions import FIRM_KEY
from firms.wall import acting_for
from messaging.models import OutboxMessage

PAGES = ("/", "/queue/", "/clients/", "/profile/notices/", "/e-mails/")
SLOWEST_ANSWER = 10.0


class Browser:
    """Someone signed in, without a browser: what the pages answer, and how fast."""

    def __init__(self, port: int, user: User) -> None:
        session = importlib.import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY], session[FIRM_KEY] = str(user.pk), user.firm_id
        session[BACKEND_SESSION_KEY], session[HASH_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0], user.get_session_auth_hash()
        session.save()
        self.port, self.cookies, self.slowest, self.answers = port, {settings.SESSION_COOKIE_NAME: str(session.session_key)}, 0.0, 0

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        began = time.monotonic()
        if form is None:
            connection.request("GET", path, headers=headers)
        else:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"http://127.0.0.1:{self.port}"}
            connection.request("POST", path, urlencode(form), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        self.slowest, self.answers = max(self.slowest, time.monotonic() - began), self.answers + 1
        if found := re.search(r"csrftoken=([^;]+)", answer.getheader("Set-Cookie") or ""):
            self.cookies["csrftoken"] = found[1]
        return answer.status, text

    def invite(self, address: str) -> None:
        """Something a person does that sends an e-mail."""
        _status, page = self.ask("/people/invite/")
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        must(found is not None, "the invitation's form is shown")
        form = {"csrfmiddlewaretoken": found[1] if found else "", "email": address, "name": "Zoé", "role": "adviser", "language": "fr"}
        status, _page = self.ask("/people/invite/", form)
        must(status == 302, f"an invitation is accepted, not {status}")


def run(*, seconds: float, people: int = 60, clear_within: float = 300, patience: float = 240) -> str:
    with scene(tick_seconds=2) as stage:
        port = free_port()
        start_web(stage, port)
        stage.add_worker()
        stage.add_beat()
        crowd = make_crowd(people=people, first_at=datetime.now(UTC) + timedelta(seconds=10), span=timedelta(seconds=seconds + 10), name="Outage")
        firm_id = crowd.firm.pk
        with acting_for(firm_id):
            admin = User.objects.create(firm_id=firm_id, email=f"admin.{firm_id}@drill.test", name="Admin", role="admin")
        browser = Browser(port, admin)

        def made() -> int:
            with acting_for(firm_id):
                return told(crowd).count()

        wait_until(lambda: made() > 0, seconds=patience, what="the product is at work")
        # The first answers read the templates.
        for page in (*PAGES, "/people/invite/"):
            browser.ask(page)
        browser.slowest, browser.answers = 0.0, 0
        stage.valkey.kill()
        invited, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            for page in PAGES:
                status, _text = browser.ask(page)
                must(status == 200, f"{page} answers {status} while Redis is away")
            invited += 1
            browser.invite(f"invited{invited}.{firm_id}@drill.test")
            time.sleep(min(5, seconds / 20))
        must(browser.slowest <= SLOWEST_ANSWER, f"an answer took {browser.slowest:.1f} s")
        stage.valkey.start()

        def is_clear() -> bool:
            with acting_for(firm_id):
                return told(crowd).count() == people and not OutboxMessage.objects.filter(status__in=("waiting", "sending")).exists()

        cleared = wait_until(is_clear, seconds=clear_within, what="the backlog is cleared", every=0.5)
        addresses = [message["To"] for message in stage.mailbox.messages]
        must(sum(address.startswith("invited") for address in addresses) == invited, "every invitation left once")
        must(len({address for address in addresses if is_reader(address, crowd)}) == people, "everybody was told")
    return (
        f"outage: Redis away for {seconds:.0f} s; {browser.answers} answers, the slowest in {browser.slowest:.2f} s; "
        f"{invited} invitations and {people} digests, none lost; backlog cleared in {cleared:.1f} s"
    )
