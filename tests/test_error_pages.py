"""What people read when something is not there, not theirs, not readable or broken."""

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path
from django.utils import translation
from django.views.defaults import bad_request, server_error

from advisory_crm.urls import urlpatterns as product
from firms.models import User
from tests.browser import Visitor
from tests.test_gallery import developer

__all__ = ["developer"]


def _forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def _broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


urlpatterns = [path("forbidden/", _forbidden), path("broken/", _broken), *product]


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "heading"), [("en", "Page not found"), ("fr", "Page introuvable")])
def test_a_missing_page_stays_in_the_frame_of_who_is_signed_in(client: Client, alice: User, language: str, heading: str) -> None:
    User.objects.filter(pk=alice.pk).update(language=language)
    client.force_login(alice)
    response = client.get("/nowhere/")
    assert response.status_code == 404
    page = response.content.decode()
    assert f"<h1>{heading}</h1>" in page
    assert 'class="rail"' in page
    assert "/nowhere/" not in page.replace('value="/nowhere/"', "")


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "heading"), [("en", "Page not found"), ("fr", "Page introuvable")])
def test_a_missing_page_shows_a_visitor_no_frame(client: Client, language: str, heading: str) -> None:
    response = client.get("/nowhere/", headers={"Accept-Language": language})
    assert response.status_code == 404
    assert f"<h1>{heading}</h1>" in response.content.decode()
    assert 'class="rail"' not in response.content.decode()


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_a_role_that_may_not_is_told_so(client: Client, alice: User) -> None:
    client.force_login(alice)
    response = client.get("/forbidden/")
    assert response.status_code == 403
    assert "<h1>Not allowed</h1>" in response.content.decode()
    assert 'class="rail"' in response.content.decode()


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_a_fault_says_nothing_of_its_cause(alice: User) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(alice)
    response = client.get("/broken/")
    assert response.status_code == 500
    assert "<h1>Something went wrong</h1>" in response.content.decode()
    assert "on purpose" not in response.content.decode()


def test_the_pages_for_faults_need_no_database() -> None:
    request = HttpRequest()
    with translation.override("fr"):
        assert "<h1>Un problème est survenu</h1>" in server_error(request).content.decode()
        assert "<h1>Demande illisible</h1>" in bad_request(request, ValueError()).content.decode()


@pytest.mark.django_db
def test_an_expired_form_is_explained() -> None:
    response = Client(enforce_csrf_checks=True).post("/language/", {"language": "fr"}, headers={"Accept-Language": "fr"})
    assert response.status_code == 403
    assert "<h1>Ce formulaire a expiré</h1>" in response.content.decode()


@pytest.mark.browser
def test_error_pages_are_accessible(visitor: Visitor, developer: User) -> None:
    assert settings.DEBUG is False
    for visit, name in ((visitor.sign_in(developer), "signed-in"), (visitor.anonymous(width=390, language="fr"), "visitor")):
        visit.expected_errors.append("404 \\(Not Found\\)")
        visit.open("/nowhere/")
        visit.screenshot(f"error-404-{name}")
        visit.check()
