"""The way in, as a person walks it: invited, accepted, second step turned on, out, and in again with a code."""

import re
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import expect

from firms.wall import acting_for
from messaging.models import OutboxMessage
from tests import factories
from tests.browser import Visitor
from tests.firms.totp import totp_code

NEW_PASSWORD = "a long enough phrase"
WORDS = {
    "en": {
        "invite": "Send the invitation",
        "join": "Join and sign in",
        "on": "Turn on",
        "confirm": "Confirm",
        "in": "Sign in",
        "code": "Code",
        "others": "End the others",
        "second": "Second step",
    },
    "fr": {
        "invite": "Envoyer l’invitation",
        "join": "Rejoindre et se connecter",
        "on": "Activer",
        "confirm": "Confirmer",
        "in": "Se connecter",
        "code": "Code",
        "others": "Terminer les autres",
        "second": "Seconde étape",
    },
}
PASSKEY_WORDS = {
    "en": {"add": "Add a passkey", "passwordless": "Signs in without a password", "confirm": "Add", "in": "Sign in with a passkey"},
    "fr": {
        "add": "Ajouter une clé d’accès",
        "passwordless": "Connecte sans mot de passe",
        "confirm": "Ajouter",
        "in": "Se connecter avec une clé d’accès",
    },
}
FINGERPRINT_READER = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_from_the_invitation_to_a_sign_in_with_a_code(visitor: Visitor, language: str, width: int) -> None:
    words, name = WORDS[language], f"people-{language}-{width}"
    with visitor.committed("CA-QC") as firm:
        admin = factories.make_user(email="alice@alpha.test", name="Alice Roy", role="admin", language=language)
        factories.make_user(name="Camille Tremblay", role="adviser")
        factories.make_user(name="Ancien Collègue", role="adviser", is_active=False)

    alice = visitor.sign_in(admin, width=width, language=language)
    page = alice.open("/people/invite/")
    page.locator("#id_email").fill("charlie@alpha.test")
    page.locator("#id_name").fill("Charlie Côté")
    page.locator("#id_role").select_option("assistant")
    page.locator("#id_language").select_option(language)
    page.get_by_label("Camille Tremblay").check()
    alice.check()
    alice.screenshot(f"{name}-invite")
    page.get_by_role("button", name=words["invite"]).click()
    expect(page.get_by_text("Charlie Côté")).to_be_visible()
    alice.check()
    alice.screenshot(f"{name}-list")
    with acting_for(firm.pk):
        mail = OutboxMessage.objects.get(to="charlie@alpha.test")
    address = re.search(r"http\S+/invitation/\S+", mail.text)
    assert address is not None

    charlie = visitor.anonymous(width=width, language=language)
    page = charlie.open(urlsplit(address[0]).path)
    charlie.check()
    charlie.screenshot(f"{name}-accept")
    page.locator("#id_password").fill(NEW_PASSWORD)
    page.get_by_role("button", name=words["join"]).click()
    page.wait_for_url(f"{visitor.address}/")

    page = charlie.open("/account/2fa/")
    charlie.check()
    charlie.screenshot(f"{name}-second-factor")
    page.get_by_role("link", name=words["on"]).click()
    charlie.check()
    charlie.screenshot(f"{name}-reauthenticate")
    page.locator("#id_password").fill(NEW_PASSWORD)
    page.get_by_role("button", name=words["confirm"]).click()
    secret = page.locator("main code").inner_text()
    charlie.check()
    charlie.screenshot(f"{name}-totp")
    page.get_by_label(words["code"]).fill(totp_code(secret))
    page.get_by_role("button", name=words["on"], exact=True).click()
    expect(page.locator("main li code")).to_have_count(10)
    charlie.check()
    charlie.screenshot(f"{name}-recovery-codes")

    again = visitor.anonymous(width=width, language=language)
    page = again.open("/account/login/")
    again.check()
    again.screenshot(f"{name}-sign-in")
    page.locator("#id_login").fill("charlie@alpha.test")
    page.locator("#id_password").fill(NEW_PASSWORD)
    page.get_by_role("button", name=words["in"], exact=True).click()
    expect(page.get_by_role("heading", name=words["second"])).to_be_visible()
    again.check()
    again.screenshot(f"{name}-second-step")
    page.get_by_label(words["code"]).fill(totp_code(secret))
    page.get_by_role("button", name=words["in"], exact=True).click()
    page.wait_for_url(f"{visitor.address}/")

    page = again.open("/account/sessions/")
    expect(page.locator("tbody tr")).to_have_count(2)
    again.check()
    again.screenshot(f"{name}-sessions")
    page.get_by_role("button", name=words["others"]).click()
    expect(page.locator("tbody tr")).to_have_count(1)
    charlie.open("/profile/")
    expect(charlie.page.locator("#id_login")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width"), [("en", 1280), ("fr", 390)])
def test_a_passkey_is_added_and_signs_in_without_a_password(visitor: Visitor, language: str, width: int) -> None:
    words = PASSKEY_WORDS[language]
    with visitor.committed("CA-QC") as firm:
        user = factories.make_user(email="alice@alpha.test", name="Alice Roy", role="adviser", language=language)
    alice = visitor.anonymous(width=width, language=language)
    # The device of the person: a fingerprint reader that always recognises her.
    device = alice.page.context.new_cdp_session(alice.page)
    device.send("WebAuthn.enable")
    made = device.send("WebAuthn.addVirtualAuthenticator", {"options": FINGERPRINT_READER})

    page = alice.open("/account/login/")
    page.locator("#id_login").fill(user.email)
    page.locator("#id_password").fill(factories.PASSWORD)
    page.get_by_role("button", name=WORDS[language]["in"], exact=True).click()
    page.wait_for_url(f"{visitor.address}/")
    page = alice.open("/account/2fa/")
    page.get_by_role("link", name=words["add"]).click()
    page.locator("#id_password").fill(factories.PASSWORD)
    page.get_by_role("button", name=WORDS[language]["confirm"]).click()
    page.locator("#id_name").fill("Laptop")
    page.get_by_label(words["passwordless"]).check()
    alice.check()
    alice.screenshot(f"passkey-{language}-{width}-add")
    page.get_by_role("button", name=words["confirm"], exact=True).click()
    # What is left when the device is lost.
    expect(page.locator("main li code")).to_have_count(10)
    page = alice.open("/account/2fa/webauthn/")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.get_by_text("Laptop")).to_be_visible()
    alice.check()
    alice.screenshot(f"passkey-{language}-{width}-list")
    assert len(device.send("WebAuthn.getCredentials", {"authenticatorId": made["authenticatorId"]})["credentials"]) == 1

    page.context.clear_cookies()
    page = alice.open("/account/login/")
    page.get_by_role("button", name=words["in"]).click()
    page.wait_for_url(f"{visitor.address}/")
    page = alice.open("/profile/")
    expect(page.locator("#id_name")).to_have_value("Alice Roy")

    with acting_for(firm.pk):
        Authenticator.objects.all().delete()
    page.context.clear_cookies()
    page = alice.open("/account/login/")
    page.get_by_role("button", name=words["in"]).click()
    expect(page.locator("#messages .notice")).to_be_visible()
    assert page.url == f"{visitor.address}/account/login/"


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width", "scheme"), [("en", 1280, "dark"), ("fr", 390, "light")])
def test_pages_about_oneself_and_the_firm(visitor: Visitor, language: str, width: int, scheme) -> None:
    with visitor.committed("FR"):
        admin = factories.make_user(name="Alice Roy", role="admin", language=language)
    alice = visitor.sign_in(admin, width=width, scheme=scheme, language=language)
    for path in ("/profile/", "/settings/", "/profile/keys/", "/account/password/change/", "/notices/", "/account/password/reset/"):
        alice.open(path)
        alice.check()
        alice.screenshot(f"people-{language}-{width}{path.replace('/', '-')}".rstrip("-"))
