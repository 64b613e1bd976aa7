"""The whole line, as whoever tries the product walks it: firms created, books imported, rules and matrices published, a year planned,
a past lived, and the first pages of each person."""

import io
from datetime import timedelta

from django.core.cache import cache
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from clients.models import Client, ImportBatch
from clients.queries import visible_to
from firms.models import Firm, User
from firms.onboarding import create_firm
from firms.permissions import Permission, permits
from firms.wall import across_firms, enter_firm, leave_firm
from segmentation.models import Assignment
from service_matrix.models import MatrixVersion
from touchpoints.demonstration import DEMONSTRATIONS, PASSWORD
from touchpoints.economics import list_served, read_economics
from touchpoints.models import Touchpoint

CLIENTS = {"Groupe Boréal": 400, "Cabinet Rivoli": 1040}


def open_page(browser: Browser, name: str, *values: int) -> tuple[int, str]:
    leave_firm()
    answer = browser.get(reverse(name, args=values))
    return answer.status_code, answer.content.decode()


def sign_in(email: str) -> Browser:
    """With the login that was printed."""
    cache.clear()
    leave_firm()
    browser = Browser()
    answer = browser.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/"), email
    return browser


def test_the_demonstration_goes_the_whole_line_and_opens_for_each_of_its_people(db: None) -> None:
    output = io.StringIO()
    call_command("create_demo", stdout=output)
    with across_firms():
        firms = {firm.name: firm for firm in Firm.objects.all()}
    assert sorted(firms) == sorted(CLIENTS)

    for demonstration in DEMONSTRATIONS:
        firm = firms[demonstration.name]
        enter_firm(firm.pk)
        assert list(ImportBatch.objects.values_list("file_name", "state")) == [(demonstration.book, "done")]
        assert Client.objects.count() == CLIENTS[firm.name]
        assert Assignment.objects.filter(ends_on=None).count() == CLIENTS[firm.name]
        assert MatrixVersion.objects.filter(status="published").count() == 1
        published = MatrixVersion.objects.get(status="published")
        figures = read_economics(firm=firm, version=published, today=timezone.localdate())
        assert all(line.strategy and line.each.profit is not None and line.profit is not None for line in figures)
        served = list_served(user=User.objects.get(role="admin"), version=published, today=timezone.localdate(), over=True)
        assert served.rows
        assert Touchpoint.objects.filter(status="planned").latest("due_on").due_on > timezone.localdate() + timedelta(days=330)
        assert set(Touchpoint.objects.values_list("status", flat=True)) >= {"planned", "done", "skipped", "missed"}

        for email, _name, role in demonstration.people:
            enter_firm(firm.pk)
            user = User.objects.get(email=email)
            promised = Touchpoint.objects.filter(status="planned").values("client_id")
            seen = list(visible_to(user).filter(archived_at=None, pk__in=promised).order_by("pk"))
            assert seen, email
            browser = sign_in(email)
            status, page = open_page(browser, "home")
            assert (status, escape(user.name) in page) == (200, True), email
            status, page = open_page(browser, "queue")
            assert status == (200 if permits(role, Permission.VIEW_QUEUE) else 403), email
            assert any(escape(client.name) in page for client in seen) == permits(role, Permission.VIEW_QUEUE), email
            for client in (seen[0], seen[-1]):
                status, page = open_page(browser, "client_detail", client.pk)
                assert (status, escape(client.name) in page) == (200, True), email
            assert email in output.getvalue()


def test_firms_that_exist_are_left_as_they_are(db: None) -> None:
    for demonstration in DEMONSTRATIONS:
        create_firm(name=demonstration.name, region=demonstration.region)
    leave_firm()
    call_command("create_demo", stdout=io.StringIO())
    with across_firms():
        assert (Firm.objects.count(), User.objects.count()) == (len(DEMONSTRATIONS), 0)
