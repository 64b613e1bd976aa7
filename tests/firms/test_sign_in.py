"""Signing in, out and back in, through the real pages: allauth's views behind the firm wall."""

import json
import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from firms import membership, tokens
from firms.models import User
from firms.wall import enter_firm, leave_firm
from messaging.models import OutboxMessage
from tests.factories import PASSWORD
from tests.firms.totp import totp_code

NEW_PASSWORD = "another long phrase"


@pytest.fixture(autouse=True)
def no_rate_is_used_up(db: None) -> None:
    cache.clear()


def sign_in(email: str = "alice@alpha.test", password: str = PASSWORD, **extra: Any) -> tuple[Browser, Any]:
    """A new browser, outside any firm, and the answer to the form."""
    leave_firm()
    browser = Browser()
    return browser, browser.post(reverse("account_login"), {"login": email, "password": password, **extra})


def is_in(browser: Browser) -> bool:
    leave_firm()
    return browser.get(reverse("profile")).status_code == 200


def mails_to(user: User) -> list[OutboxMessage]:
    enter_firm(user.firm_id)
    return list(OutboxMessage.objects.filter(to=user.email).order_by("pk"))


def turn_on_app(browser: Browser) -> str:
    """Through the page, as a person does. Returns the app's secret."""
    asked = browser.get(reverse("mfa_activate_totp"))
    confirmed = browser.post(asked["Location"], {"password": PASSWORD})
    secret: str = browser.get(confirmed["Location"]).context["form"].secret
    answer = browser.post(reverse("mfa_activate_totp"), {"code": totp_code(secret)})
    assert answer.status_code == 302, answer.context["form"].errors
    return secret


def test_a_password_signs_in_and_out(alice: User) -> None:
    browser, answer = sign_in()
    assert (answer.status_code, answer["Location"], is_in(browser)) == (302, "/", True)
    browser.post(reverse("account_logout"))
    assert is_in(browser) is False


def test_signing_in_goes_on_to_the_page_that_was_asked_for(alice: User) -> None:
    _browser, answer = sign_in(next="/profile/")
    assert answer["Location"] == "/profile/"


@pytest.mark.parametrize(("email", "password"), [("alice@alpha.test", "wrong"), ("nobody@alpha.test", PASSWORD), ("' OR 1=1 --", PASSWORD)])
def test_a_wrong_password_and_an_unknown_address_are_answered_alike(alice: User, email: str, password: str) -> None:
    browser, answer = sign_in(email, password)
    assert (answer.status_code, is_in(browser)) == (200, False)


def test_too_many_wrong_passwords_close_the_door_for_a_while(alice: User) -> None:
    for _attempt in range(10):
        sign_in(password="wrong")
    browser, answer = sign_in()
    assert (is_in(browser), "Too many attempts" in answer.content.decode()) == (False, True)


def test_behind_a_proxy_a_strangers_failures_hold_up_the_stranger_alone(alice: User, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1

    def attempt(address: str, password: str) -> bool:
        leave_firm()
        browser = Browser()
        # What a visitor claims comes first; what the proxy saw comes last.
        fields = {"login": f"{address}@alpha.test" if password != PASSWORD else alice.email, "password": password}
        browser.post(reverse("account_login"), fields, headers={"X-Forwarded-For": f"198.51.100.7, {address}"})
        return is_in(browser)

    for _attempt in range(11):
        attempt("203.0.113.9", "wrong")
    assert (attempt("203.0.113.9", PASSWORD), attempt("203.0.113.10", PASSWORD)) == (False, True)


def test_a_disabled_user_is_told_so_and_open_sessions_end_at_the_next_request(alice: User) -> None:
    browser, _answer = sign_in()
    enter_firm(alice.firm_id)
    admin = User.objects.create(email="other@alpha.test", name="Other", role="admin")
    _token, key = tokens.create_token(by=alice, name="A key", scope=tokens.READ, days=1)
    membership.disable_user(user=alice, by=admin)
    _new, answer = sign_in()
    assert (is_in(browser), answer["Location"], tokens.authenticate_token(key)) == (False, reverse("account_inactive"), None)
    enter_firm(alice.firm_id)
    membership.enable_user(user=alice, by=admin)
    # The old session is gone, not asleep.
    assert is_in(browser) is False


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(alice: User, settings) -> None:
    leave_firm()
    asked = Browser().post(reverse("account_reset_password"), {"email": "Alice@alpha.test"})
    (mail,) = mails_to(alice)
    address = re.search(re.escape(settings.SITE_URL) + r"(/account/password/reset/key/\S+)", mail.text)
    assert address is not None
    leave_firm()
    browser = Browser()
    form = browser.get(address[1])
    changed = browser.post(form["Location"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    again = Browser().get(address[1])
    assert (asked.status_code, changed.status_code, again.context["token_fail"]) == (302, 302, True)
    assert [is_in(sign_in(password=password)[0]) for password in (PASSWORD, NEW_PASSWORD)] == [False, True]
    assert [mail.subject for mail in mails_to(alice)] == ["Choose a new password", "Your password was changed"]


def test_an_unknown_address_gets_the_same_answer_and_no_mail(alice: User) -> None:
    leave_firm()
    known = Browser().post(reverse("account_reset_password"), {"email": "alice@alpha.test"})
    unknown = Browser().post(reverse("account_reset_password"), {"email": "nobody@alpha.test"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    enter_firm(alice.firm_id)
    assert OutboxMessage.objects.count() == 1


def test_the_link_of_a_mail_never_follows_the_host_of_the_request(alice: User, settings) -> None:
    leave_firm()
    Browser().post(reverse("account_reset_password"), {"email": "alice@alpha.test"}, HTTP_HOST="evil.example")
    assert "evil.example" not in mails_to(alice)[0].text


def test_changing_the_password_ends_other_sessions_and_keeps_this_one(alice: User) -> None:
    other, _answer = sign_in()
    browser, _answer = sign_in()
    form = {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert browser.post(reverse("account_change_password"), form).status_code == 302
    assert (is_in(browser), is_in(other)) == (True, False)


def test_the_others_of_the_open_sessions_are_ended_from_the_list(alice: User) -> None:
    other, _answer = sign_in()
    browser, _answer = sign_in()
    page = browser.get(reverse("usersessions_list"))
    assert page.context["session_count"] == 2
    browser.post(reverse("usersessions_list"))
    assert (is_in(browser), is_in(other), UserSession.objects.count()) == (True, False, 1)


def test_an_authenticator_app_is_asked_for_at_the_next_sign_in(alice: User, django_capture_on_commit_callbacks) -> None:
    browser, _answer = sign_in()
    with django_capture_on_commit_callbacks(execute=True):
        secret = turn_on_app(browser)
    cache.clear()
    second, answer = sign_in()
    assert (answer["Location"], is_in(second)) == (reverse("mfa_authenticate"), False)
    wrong = second.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert (wrong.status_code, is_in(second)) == (200, False)
    # A code is good once: this one was spent when the app was turned on.
    cache.clear()
    right = second.post(reverse("mfa_authenticate"), {"code": totp_code(secret)})
    assert (right.status_code, is_in(second)) == (302, True)
    assert [mail.subject for mail in mails_to(alice)] == ["Two-step sign-in is on"]


def test_a_recovery_code_signs_in_once(alice: User) -> None:
    browser, _answer = sign_in()
    turn_on_app(browser)
    codes = browser.get(reverse("mfa_view_recovery_codes")).context["unused_codes"]
    attempts = []
    for _time in range(2):
        cache.clear()
        second, _answer = sign_in()
        second.post(reverse("mfa_authenticate"), {"code": codes[0]})
        attempts.append(is_in(second))
    assert (len(codes), attempts) == (10, [True, False])


def test_turning_the_app_off_asks_who_it_is_when_the_sign_in_is_old(alice: User) -> None:
    browser, _answer = sign_in()
    turn_on_app(browser)
    session = browser.session
    session["account_authentication_methods"] = [{**record, "at": time.time() - 3600} for record in session["account_authentication_methods"]]
    session.save()
    address = reverse("mfa_deactivate_totp")
    asked = browser.get(address)
    wrong = browser.post(asked["Location"], {"password": "wrong"})
    confirmed = browser.post(asked["Location"], {"password": PASSWORD})
    assert ("reauthenticate" in asked["Location"], wrong.status_code, confirmed["Location"]) == (True, 200, address)
    browser.post(confirmed["Location"])
    assert Authenticator.objects.filter(user_id=alice.pk, type="totp").count() == 0


def test_a_passkey_sign_in_begins_outside_any_firm(alice: User) -> None:
    leave_firm()
    browser = Browser()
    challenge = browser.get(reverse("mfa_login_webauthn"), headers={"X-Requested-With": "XMLHttpRequest"})
    assert "publicKey" in json.loads(challenge.content)["request_options"]
    refused = browser.post(reverse("mfa_login_webauthn"), {"credential": "{}"})
    assert (refused.status_code, is_in(browser)) == (302, False)


def test_an_invitation_is_accepted_on_its_page_and_signs_in(alice: User) -> None:
    _invitation, key = membership.invite(firm=alice.firm, by=alice, email="charlie@alpha.test", name="Charlie", role="assistant", language="fr")
    leave_firm()
    browser, address = Browser(), reverse("invitation_accept", args=[key])
    page = browser.get(address)
    weak = browser.post(address, {"name": "Charlie", "language": "fr", "password": "12345"})
    accepted = browser.post(address, {"name": "Charlie", "language": "fr", "password": NEW_PASSWORD})
    assert (page.status_code, weak.status_code, accepted.status_code, is_in(browser)) == (200, 200, 302, True)
    leave_firm()
    assert Browser().get(address).status_code == 410


def test_nobody_signs_up_or_changes_their_address_by_themselves(alice: User) -> None:
    leave_firm()
    Browser().post(reverse("account_signup"), {"email": "new@alpha.test", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    browser, _answer = sign_in()
    browser.post("/account/email/", {"email": "evil@alpha.test", "action_add": ""})
    browser.post("/account/email/", {"email": "evil@alpha.test", "action_primary": ""})
    enter_firm(alice.firm_id)
    assert list(User.objects.values_list("email", flat=True)) == ["alice@alpha.test"]


def test_no_field_says_its_label_again_in_other_words(alice: User) -> None:
    leave_firm()
    for name in ("account_login", "account_reset_password"):
        assert "placeholder" not in Browser().get(reverse(name)).content.decode()
