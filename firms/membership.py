"""Who works in a firm: invitations, roles, supported advisers, and the end of access."""

from collections.abc import Iterable
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from firms.invitation_mail import send_invitation
from firms.keys import issue_key, read_key
from firms.models import Firm, Invitation, Support, User
from firms.permissions import Role
from firms.wall import acting_for, enter_firm

INVITATION_DAYS = 7


class AlreadyMember(Exception):
    """Someone of this firm, or an open invitation, has this address already."""


class AddressTaken(Exception):
    """The address signs in already, in this firm or another."""


class LastAdministrator(Exception):
    """The firm would be left without an active administrator."""


class InvitationClosed(Exception):
    """The link lets nobody in (any more). `reason` is unknown, used, withdrawn or expired."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def open_invitations(firm: Firm) -> QuerySet[Invitation]:
    """Neither used nor withdrawn; the expired ones among them may be sent again."""
    return Invitation.objects.filter(firm_id=firm.pk, accepted_at=None, withdrawn_at=None).order_by("-pk")


@transaction.atomic
def invite(*, firm: Firm, by: User | None, email: str, name: str, role: str, language: str, supports: Iterable[User] = ()) -> tuple[Invitation, str]:
    """Invite someone by e-mail. Returns the invitation and the text of its link's key, which is not kept.

    Raises AlreadyMember. `by` is None for a firm's first administrator.
    """
    email = email.strip().lower()
    _lock(firm)
    if User.objects.filter(firm_id=firm.pk, email=email).exists() or open_invitations(firm).filter(email=email, expires_at__gt=Now()).exists():
        raise AlreadyMember(email)
    key, secret_hash = issue_key(firm.pk)
    invitation = Invitation.objects.create(
        email=email,
        name=name,
        role=role,
        language=language,
        supports=[adviser.pk for adviser in supports] if role == Role.ASSISTANT else [],
        secret_hash=secret_hash,
        invited_by=by,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    send_invitation(invitation, firm=firm, key=key)
    return invitation, key


@transaction.atomic
def resend_invitation(*, invitation: Invitation, by: User) -> None:
    """Send a new link for as many days again; the old link dies.

    Raises InvitationClosed when it was used or withdrawn meanwhile.
    """
    key, secret_hash = issue_key(by.firm_id)
    expires_at = timezone.now() + timedelta(days=INVITATION_DAYS)
    if not open_invitations(by.firm).filter(pk=invitation.pk).update(secret_hash=secret_hash, expires_at=expires_at):
        raise InvitationClosed("used")
    invitation.secret_hash, invitation.expires_at = secret_hash, expires_at
    send_invitation(invitation, firm=by.firm, key=key)


def withdraw_invitation(*, invitation: Invitation, by: User) -> None:
    """Raises InvitationClosed when it was used first."""
    if not open_invitations(by.firm).filter(pk=invitation.pk).update(withdrawn_at=Now()):
        raise InvitationClosed("used")


def find_invitation(key: str) -> tuple[Invitation, Firm]:
    """The invitation of a link, from outside any firm. Raises InvitationClosed."""
    read = read_key(key)
    if read is None:
        raise InvitationClosed("unknown")
    firm_id, secret_hash = read
    with acting_for(firm_id):
        firm = Firm.objects.filter(pk=firm_id).first()
        invitation = Invitation.objects.filter(firm_id=firm_id, secret_hash=secret_hash).first()
    if invitation is None or firm is None:
        raise InvitationClosed("unknown")
    if reason := _why_closed(invitation):
        raise InvitationClosed(reason)
    return invitation, firm


def _why_closed(invitation: Invitation) -> str:
    if invitation.accepted_at:
        return "used"
    if invitation.withdrawn_at:
        return "withdrawn"
    return "expired" if invitation.is_expired else ""


@transaction.atomic
def accept_invitation(*, key: str, name: str, password: str, language: str) -> User:
    """Create the invited user, once; a firm's first administrator is there already, without a password. The rest of the transaction is
    inside the firm.

    Raises InvitationClosed, or AddressTaken when the address signs in elsewhere.
    """
    found, firm = find_invitation(key)
    enter_firm(firm.pk)
    # Two clicks at once: one of them gets the row.
    if not open_invitations(firm).filter(pk=found.pk, expires_at__gt=Now()).update(accepted_at=Now()):
        raise InvitationClosed("used")
    user = _awaited(firm, found.email) or User(email=found.email)
    user.name, user.role, user.language = name, found.role, language
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise AddressTaken(found.email) from error
    advisers = User.objects.filter(firm_id=firm.pk, pk__in=found.supports, role=Role.ADVISER)
    Support.objects.bulk_create(Support(assistant=user, adviser=adviser) for adviser in advisers)
    return user


def _awaited(firm: Firm, email: str) -> User | None:
    """The user of this address whom nobody has let in yet."""
    user = User.objects.filter(firm_id=firm.pk, email=email, is_active=True).first()
    return None if user is None or user.has_usable_password() else user


@transaction.atomic
def change_member(*, user: User, by: User, role: str, sees_whole_firm: bool, supports: Iterable[User]) -> None:
    """Change what a colleague does here. Only an assistant supports advisers.

    Raises LastAdministrator.
    """
    _lock(by.firm)
    if role != Role.ADMIN:
        _refuse_last_administrator(user)
    User.objects.filter(pk=user.pk, firm_id=by.firm_id).update(role=role, sees_whole_firm=sees_whole_firm)
    advisers = {adviser.pk for adviser in supports} if role == Role.ASSISTANT else set()
    kept = Support.objects.filter(assistant=user)
    kept.exclude(adviser_id__in=advisers).delete()
    present = set(kept.values_list("adviser_id", flat=True))
    Support.objects.bulk_create(Support(assistant=user, adviser_id=adviser) for adviser in sorted(advisers - present))


@transaction.atomic
def disable_user(*, user: User, by: User) -> None:
    """End someone's access: their sessions are gone at the next request.

    Raises LastAdministrator.
    """
    _lock(by.firm)
    _refuse_last_administrator(user)
    User.objects.filter(pk=user.pk, firm_id=by.firm_id).update(is_active=False)
    for session in UserSession.objects.filter(user_id=user.pk):
        session.end()


def enable_user(*, user: User, by: User) -> None:
    User.objects.filter(pk=user.pk, firm_id=by.firm_id).update(is_active=True)


def _lock(firm: Firm) -> None:
    """Changes of a firm's people go one at a time: two administrators demoting each other would leave none."""
    Firm.objects.select_for_update(no_key=True).get(pk=firm.pk)


def _refuse_last_administrator(user: User) -> None:
    administrators = User.objects.filter(firm_id=user.firm_id, role=Role.ADMIN, is_active=True)
    if administrators.filter(pk=user.pk).exists() and not administrators.exclude(pk=user.pk).exists():
        raise LastAdministrator(user)
