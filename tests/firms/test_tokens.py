from datetime import timedelta
from typing import Any

from django.utils import timezone

from firms import tokens
from firms.models import ApiToken, Firm, User
from firms.wall import current_firm_id, enter_firm, leave_firm
from tests import factories


def test_a_token_signs_its_user_in_from_outside_any_firm(alice: User) -> None:
    token, text = tokens.create_token(by=alice, name="Reports", scope=tokens.READ, days=30)
    leave_firm()
    assert tokens.authenticate_token(text) == (alice, token)
    # The rest of the transaction is inside Alice's firm.
    assert list(User.objects.all()) == [alice]


def test_the_text_of_a_token_is_not_kept(alice: User) -> None:
    token, text = tokens.create_token(by=alice, name="Reports", scope=tokens.READ, days=30)
    assert text not in str(ApiToken.objects.values().get(pk=token.pk))


def test_what_is_no_living_token_is_refused_and_moves_nobody(alice: User) -> None:
    revoked, revoked_text = tokens.create_token(by=alice, name="Old", scope=tokens.READ, days=30)
    tokens.revoke_token(token=revoked, by=alice)
    _, text = tokens.create_token(by=alice, name="Reports", scope=tokens.READ, days=30)
    other_firm = text.replace(f"crm_{alice.firm_id}_", f"crm_{alice.firm_id + 1}_")
    leave_firm()
    refused = [tokens.authenticate_token(wrong) for wrong in ("", "crm_1_x", text[:-1] + "~", other_firm, "crm_9" + text, revoked_text)]
    assert (refused, User.objects.count()) == ([None] * 6, 0)


def test_an_expired_token_and_a_disabled_user_are_refused(alice: User) -> None:
    token, text = tokens.create_token(by=alice, name="Reports", scope=tokens.READ, days=30)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert tokens.authenticate_token(text) is None
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() + timedelta(days=1))
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert tokens.authenticate_token(text) is None


def test_use_is_noted_at_most_every_five_minutes(alice: User) -> None:
    token, text = tokens.create_token(by=alice, name="Reports", scope=tokens.READ, days=30)
    tokens.authenticate_token(text)
    token.refresh_from_db()
    first = token.last_used_at
    tokens.authenticate_token(text)
    token.refresh_from_db()
    assert (first is not None, token.last_used_at) == (True, first)


def test_recognising_a_token_takes_one_look_and_writes_no_row_again(alice: User, django_assert_num_queries: Any) -> None:
    _, text = tokens.create_token(by=alice, name="Reports", scope=tokens.READ, days=30)
    leave_firm()
    tokens.authenticate_token(text)
    leave_firm()
    # A savepoint, the entry into the firm, one look for token, person and firm, and the savepoint's end.
    with django_assert_num_queries(4):
        user, _token = tokens.authenticate_token(text) or (None, None)
        assert user is not None
        assert user.firm.name == "Alpha Conseil"


def test_a_refused_token_leaves_whoever_was_inside_a_firm_where_they_were(alice: User, beta: Firm) -> None:
    _, text = tokens.create_token(by=alice, name="Reports", scope=tokens.READ, days=30)
    ApiToken.objects.update(revoked_at=timezone.now())
    enter_firm(beta.pk)
    assert (tokens.authenticate_token(text), current_firm_id()) == (None, beta.pk)


def test_nobody_revokes_a_colleagues_token(alice: User) -> None:
    token, text = tokens.create_token(by=alice, name="Reports", scope=tokens.READ, days=30)
    tokens.revoke_token(token=token, by=factories.make_user(role="admin"))
    assert tokens.authenticate_token(text) == (alice, token)
