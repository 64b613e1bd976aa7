"""Pages about oneself, colleagues and the firm."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from firms import membership, tokens
from firms.background import request_planning
from firms.forms import AcceptForm, FirmForm, InvitationForm, MemberForm, ProfileForm, TokenForm
from firms.guard import FirmRequest, firm_view
from firms.models import ApiToken, Invitation, User
from firms.people_pages import render_notes
from firms.permissions import Permission
from firms.queries import members


@firm_view(Permission.SIGNED_IN)
def profile(request: FirmRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        # No other column: an administrator may be disabling this very user.
        request.user.save(update_fields=form.changed_data)
        messages.success(request, _("Your profile is saved."))
        return redirect("profile")
    return render(request, "firms/profile.html", {"form": form})


@firm_view(Permission.SIGNED_IN)
def own_addresses(request: FirmRequest) -> HttpResponse:
    """In place of allauth's page, where people change their own address: here the invitation proves it, and it stays."""
    return redirect("profile")


@firm_view(Permission.MANAGE_FIRM)
def firm_settings(request: FirmRequest) -> HttpResponse:
    form = FirmForm(request.POST or None, instance=request.firm)
    if request.method == "POST" and form.is_valid():
        # No other column: planning may be noting there what it did or what was asked of it.
        request.firm.save(update_fields=form.changed_data)
        if {"region", "working_days"} & set(form.changed_data):
            request_planning(firm_id=request.firm.pk)
        messages.success(request, _("The firm’s settings are saved."))
        return redirect("firm_settings")
    return render(request, "firms/settings.html", {"form": form})


@firm_view(Permission.VIEW_USERS)
def user_list(request: FirmRequest) -> HttpResponse:
    context = {"people": members(request.firm), "invitations": membership.open_invitations(request.firm), "notes": render_notes(request)}
    return render(request, "firms/user_list.html", context)


@firm_view(Permission.MANAGE_USERS)
def user_invite(request: FirmRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None, firm=request.firm)
    if request.method == "POST" and form.is_valid():
        try:
            invitation, _key = membership.invite(firm=request.firm, by=request.user, **form.cleaned_data)
        except membership.AlreadyMember:
            form.add_error("email", _("This address is a colleague’s, or is invited already."))
        else:
            messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email})
            return redirect("user_list")
    return render(request, "firms/user_invite.html", {"form": form, "days": membership.INVITATION_DAYS})


def _invitation(request: FirmRequest, pk: int) -> Invitation:
    return get_object_or_404(Invitation, firm_id=request.user.firm_id, pk=pk)


@require_POST
@firm_view(Permission.MANAGE_USERS)
def invitation_resend(request: FirmRequest, pk: int) -> HttpResponse:
    invitation = _invitation(request, pk)
    try:
        membership.resend_invitation(invitation=invitation, by=request.user)
    except membership.InvitationClosed:
        messages.error(request, _("This invitation was used or withdrawn meanwhile."))
    else:
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email})
    return redirect("user_list")


@require_POST
@firm_view(Permission.MANAGE_USERS)
def invitation_withdraw(request: FirmRequest, pk: int) -> HttpResponse:
    try:
        membership.withdraw_invitation(invitation=_invitation(request, pk), by=request.user)
    except membership.InvitationClosed:
        messages.error(request, _("This invitation was used or withdrawn meanwhile."))
    else:
        messages.success(request, _("The invitation is withdrawn: its link lets nobody in."))
    return redirect("user_list")


def _closed(request: HttpRequest, reason: str) -> HttpResponse:
    return render(request, "firms/invitation_closed.html", {"reason": reason}, status=410 if reason != "unknown" else 404)


@firm_view(Permission.PUBLIC)
def invitation_accept(request: HttpRequest, key: str) -> HttpResponse:
    try:
        invitation, firm = membership.find_invitation(key)
    except membership.InvitationClosed as closed:
        return _closed(request, closed.reason)
    form = AcceptForm(request.POST or None, email=invitation.email, initial={"name": invitation.name, "language": invitation.language})
    if request.method == "POST" and form.is_valid():
        try:
            user = membership.accept_invitation(key=key, **form.cleaned_data)
        except membership.InvitationClosed as closed:
            return _closed(request, closed.reason)
        except membership.AddressTaken:
            form.add_error(None, _("This address signs in already. Ask to be invited at another address."))
        else:
            login(request, user, backend="firms.authentication.FirmBackend")
            return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "firms/invitation_accept.html", {"form": form, "invitation": invitation, "inviting_firm": firm})


def _member(request: FirmRequest, pk: int) -> User:
    return get_object_or_404(User.objects.select_related("firm"), firm_id=request.user.firm_id, pk=pk)


def _last_administrator() -> str:
    return _("The firm needs at least one active administrator. Make someone else administrator first.")


@firm_view(Permission.MANAGE_USERS)
def user_edit(request: FirmRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    form = MemberForm(request.POST or None, instance=member)
    if request.method == "POST" and form.is_valid():
        try:
            membership.change_member(user=member, by=request.user, **form.cleaned_data)
        except membership.LastAdministrator:
            form.add_error("role", _last_administrator())
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": member})
            return redirect("user_list")
    return render(request, "firms/user_edit.html", {"form": form, "member": member, "notes": render_notes(request, _member(request, pk))})


@require_POST
@firm_view(Permission.MANAGE_USERS)
def user_disable(request: FirmRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    try:
        membership.disable_user(user=member, by=request.user)
    except membership.LastAdministrator:
        messages.error(request, _last_administrator())
    else:
        messages.success(request, _("%(name)s can no longer sign in.") % {"name": member})
    return redirect("user_list")


@require_POST
@firm_view(Permission.MANAGE_USERS)
def user_enable(request: FirmRequest, pk: int) -> HttpResponse:
    member = _member(request, pk)
    membership.enable_user(user=member, by=request.user)
    messages.success(request, _("%(name)s can sign in again.") % {"name": member})
    return redirect("user_list")


@firm_view(Permission.SIGNED_IN)
def token_list(request: FirmRequest) -> HttpResponse:
    """The new token's text is in the answer itself, which is the only time it is shown."""
    form = TokenForm(request.POST or None)
    shown: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        token, text = tokens.create_token(by=request.user, **form.cleaned_data)
        shown = {"new_token": token, "new_text": text}
        form = TokenForm()
    own = ApiToken.objects.filter(firm_id=request.user.firm_id, user=request.user, revoked_at=None).order_by("-pk")
    return render(request, "firms/token_list.html", {"form": form, "tokens": own, **shown})


@require_POST
@firm_view(Permission.SIGNED_IN)
def token_revoke(request: FirmRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken, firm_id=request.user.firm_id, user=request.user, pk=pk)
    tokens.revoke_token(token=token, by=request.user)
    messages.success(request, _("The key “%(name)s” no longer works.") % {"name": token.name})
    return redirect("token_list")
