"""Who comes in, what they may do, and how access ends."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from clients.queries import advisers_of
from firms import membership
from firms.models import Firm, Invitation, Support, User
from firms.queries import members
from firms.wall import acting_for, enter_firm, leave_firm
from messaging.models import OutboxMessage
from tests import factories

PASSWORD = "a long enough phrase"


def invite(by: User, **fields: Any) -> str:
    values = {"email": "Charlie@Alpha.test", "name": "Charlie Côté", "role": "assistant", "language": "fr"}
    return membership.invite(firm=by.firm, by=by, **{**values, **fields})[1]


def accept(key: str, **fields: Any) -> User:
    leave_firm()
    return membership.accept_invitation(key=key, **{"name": "Charlie Côté", "password": PASSWORD, "language": "fr", **fields})


def why_closed(key: str) -> str:
    with pytest.raises(membership.InvitationClosed) as closed:
        accept(key)
    return closed.value.reason


def users_of(firm: Firm) -> list[str]:
    enter_firm(firm.pk)
    return list(User.objects.order_by("email").values_list("email", flat=True))


def test_an_invitation_is_mailed_in_the_readers_language_and_its_link_works(alice: User, settings) -> None:
    key = invite(alice)
    mail = OutboxMessage.objects.get()
    assert (mail.to, mail.to_client, f"{settings.SITE_URL}/invitation/{key}/" in mail.text) == ("charlie@alpha.test", False, True)
    user = accept(key)
    assert (user.email, user.role, user.firm_id, user.check_password(PASSWORD)) == ("charlie@alpha.test", "assistant", alice.firm_id, True)


def test_the_key_of_an_invitation_is_not_kept(alice: User) -> None:
    key = invite(alice)
    assert key not in str(list(Invitation.objects.values()))


def test_an_invited_assistant_supports_the_chosen_advisers(alice: User) -> None:
    adviser = factories.make_user(role="adviser")
    user = accept(invite(alice, supports=[adviser]))
    assert list(Support.objects.values_list("assistant", "adviser")) == [(user.pk, adviser.pk)]


def test_a_link_lets_in_once(alice: User) -> None:
    key = invite(alice)
    accept(key)
    assert (why_closed(key), users_of(alice.firm)) == ("used", ["alice@alpha.test", "charlie@alpha.test"])


def test_an_expired_a_withdrawn_and_a_replaced_link_let_nobody_in(alice: User) -> None:
    expired, withdrawn, replaced = (invite(alice, email=f"{name}@alpha.test") for name in ("expired", "withdrawn", "replaced"))
    Invitation.objects.filter(email="expired@alpha.test").update(expires_at=timezone.now())
    membership.withdraw_invitation(invitation=Invitation.objects.get(email="withdrawn@alpha.test"), by=alice)
    membership.resend_invitation(invitation=Invitation.objects.get(email="replaced@alpha.test"), by=alice)
    reasons = [why_closed(key) for key in (expired, withdrawn, replaced, "nonsense", f"crm_{alice.firm_id}_{'x' * 43}")]
    assert (reasons, users_of(alice.firm)) == (["expired", "withdrawn", "unknown", "unknown", "unknown"], ["alice@alpha.test"])


def test_an_expired_invitation_may_be_sent_again(alice: User) -> None:
    invite(alice)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    membership.resend_invitation(invitation=Invitation.objects.get(), by=alice)
    remaining = Invitation.objects.get().expires_at - timezone.now()
    assert (remaining.days, OutboxMessage.objects.count()) == (6, 2)


def test_a_used_invitation_is_neither_withdrawn_nor_sent_again(alice: User) -> None:
    accept(invite(alice))
    enter_firm(alice.firm_id)
    invitation = Invitation.objects.get()
    with pytest.raises(membership.InvitationClosed):
        membership.withdraw_invitation(invitation=invitation, by=alice)
    with pytest.raises(membership.InvitationClosed):
        membership.resend_invitation(invitation=invitation, by=alice)


def test_a_colleague_or_an_open_invitation_is_not_invited_again(alice: User) -> None:
    invite(alice)
    with pytest.raises(membership.AlreadyMember):
        invite(alice, email="CHARLIE@alpha.test")
    with pytest.raises(membership.AlreadyMember):
        invite(alice, email="Alice@alpha.test")
    assert (Invitation.objects.count(), OutboxMessage.objects.count()) == (1, 1)


def test_an_address_that_signs_in_elsewhere_is_refused_and_the_invitation_stays_open(alice: User, beta: Firm) -> None:
    key = invite(alice, email=f"adviser-{beta.pk}@firm.test")
    with pytest.raises(membership.AddressTaken):
        accept(key)
    enter_firm(alice.firm_id)
    assert (Invitation.objects.get().accepted_at, users_of(alice.firm)) == (None, ["alice@alpha.test"])


def test_only_an_assistant_supports_advisers(alice: User) -> None:
    first, second = factories.make_user(role="adviser"), factories.make_user(role="adviser")
    charlie = factories.make_user(role="assistant")
    membership.change_member(user=charlie, by=alice, role="assistant", sees_whole_firm=False, supports=[first, second])
    membership.change_member(user=charlie, by=alice, role="assistant", sees_whole_firm=False, supports=[second])
    assert list(Support.objects.values_list("adviser", flat=True)) == [second.pk]
    membership.change_member(user=charlie, by=alice, role="adviser", sees_whole_firm=True, supports=[second])
    charlie.refresh_from_db()
    assert (list(Support.objects.all()), charlie.role, charlie.sees_whole_firm) == ([], "adviser", True)


def test_the_last_active_administrator_stays(alice: User) -> None:
    disabled = factories.make_user(role="admin", is_active=False)
    with pytest.raises(membership.LastAdministrator):
        membership.disable_user(user=alice, by=alice)
    with pytest.raises(membership.LastAdministrator):
        membership.change_member(user=alice, by=alice, role="adviser", sees_whole_firm=False, supports=[])
    alice.refresh_from_db()
    assert (alice.is_active, alice.role) == (True, "admin")
    membership.enable_user(user=disabled, by=alice)
    membership.disable_user(user=alice, by=disabled)
    alice.refresh_from_db()
    assert alice.is_active is False


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_disable_each_other_at_once_leave_one() -> None:
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
        admins = [factories.make_user(role="admin"), factories.make_user(role="admin")]
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def disable(user: User, by: User) -> None:
        together.wait()
        try:
            with acting_for(firm.pk):
                membership.disable_user(user=user, by=by)
            outcomes.append("disabled")
        except membership.LastAdministrator:
            outcomes.append("refused")
        connection.close()

    threads = [threading.Thread(target=disable, args=pair) for pair in (admins, admins[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with acting_for(firm.pk):
        assert (sorted(outcomes), User.objects.filter(is_active=True).count()) == (["disabled", "refused"], 1)


@pytest.mark.django_db(transaction=True)
def test_one_link_opened_twice_at_once_makes_one_user() -> None:
    with transaction.atomic():
        firm = factories.make_firm(name="Alpha Conseil")
        key = invite(factories.make_user(role="admin"))
    outcomes: list[str] = []
    together = threading.Barrier(2)

    def join() -> None:
        together.wait()
        try:
            with transaction.atomic():
                membership.accept_invitation(key=key, name="Charlie", password=PASSWORD, language="fr")
            outcomes.append("in")
        except membership.InvitationClosed as closed:
            outcomes.append(closed.reason)
        connection.close()

    threads = [threading.Thread(target=join) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with acting_for(firm.pk):
        assert (sorted(outcomes), User.objects.count()) == (["in", "used"], 2)


def test_people_are_listed_as_a_reader_looks_for_them(alice: User) -> None:
    for name in ("Zoé Petit", "Élodie Lefèvre", "Eric Brun", "Daniel Fortin"):
        factories.make_user(name=name, role="adviser")
    names = ["Daniel Fortin", "Élodie Lefèvre", "Eric Brun", "Zoé Petit"]
    assert [user.name for user in members(alice.firm) if user.role == "adviser"] == names
    assert [user.name for user in advisers_of(alice) if user.role == "adviser"] == names
