import json
from datetime import date, timedelta

from django.utils import timezone

from firms import tokens
from firms.absences import add_absence
from firms.models import Absence, FailedTask, Invitation, User
from firms.permissions import Permission
from tests.access import ACT, FORM, READ, USER, Kind, Route, Scope, Whose, version_read


def make_invitation(owner: User) -> Invitation:
    return Invitation.objects.create(
        email="someone@example.test",
        name="Someone",
        role="adviser",
        language="fr",
        secret_hash=f"{owner.pk}-{Invitation.objects.count()}",
        invited_by=owner,
        expires_at=timezone.now() + timedelta(days=1),
    )


def make_absence(owner: User) -> Absence:
    day = date(2030, 1, 1) + timedelta(days=Absence.objects.count())
    return add_absence(user=owner, starts_on=day, ends_on=day, by=owner)


def make_failure(owner: User) -> FailedTask:
    now = timezone.now()
    return FailedTask.objects.create(
        task="firms.tasks.tend_firm", arguments=json.dumps({"number": FailedTask.objects.count()}), attempts=3, failed_at=now, set_aside_at=now
    )


FAILURE = Kind(make_failure, Scope.FIRM)
INVITATION = Kind(make_invitation, Scope.FIRM)
TOKEN = Kind(lambda owner: tokens.create_token(by=owner, name="A key", scope=tokens.READ, days=30)[0], Scope.OWN)
ABSENCE = Kind(make_absence, Scope.OWN)
# Of themselves.
PERSON = Kind(lambda owner: owner, Scope.OWN)
TERMS = {"adviser_weekly_hours": "35", "assistant_weekly_hours": "35", "assistant_percent": "50"}
AWAY = {"starts_on": "2029-07-01", "ends_on": "2029-07-15"}


def _covered(world, absence):
    return {"covered_by": "", "version": version_read(absence)}


def _away(world, absence):
    return AWAY | {"version": version_read(absence)}


ROUTES = [
    Route("set_language", Permission.PUBLIC, methods=ACT, data={"language": "en", "next": "/"}),
    Route("account_email", Permission.SIGNED_IN, methods={"GET": 302, "POST": 302}),
    Route("profile", Permission.SIGNED_IN, methods=FORM, data={"name": "New name", "language": "en", "time_zone": ""}),
    Route("token_list", Permission.SIGNED_IN, methods={"GET": 200, "POST": 200}, data={"name": "A key", "scope": "read", "days": "30"}),
    Route("token_revoke", Permission.SIGNED_IN, TOKEN, ACT),
    Route(
        "firm_settings",
        Permission.MANAGE_FIRM,
        methods=FORM,
        data={"name": "New name", "region": "FR", "language": "fr", "time_zone": "Europe/Paris", "working_days": ["1", "2"]},
    ),
    Route("work_set_aside", Permission.MANAGE_FIRM),
    Route("task_try_again", Permission.MANAGE_FIRM, FAILURE, ACT),
    Route("own_time", Permission.SIGNED_IN, methods=FORM, data=AWAY),
    # An administrator removes anybody's.
    Route("absence_remove", Permission.SIGNED_IN, ABSENCE, ACT, exceptions={("admin", Whose.COLLEAGUE): 302}),
    Route("absence_cover", Permission.SIGNED_IN, ABSENCE, ACT, data=_covered, exceptions={("admin", Whose.COLLEAGUE): 302}),
    Route("absence_edit", Permission.SIGNED_IN, ABSENCE, READ, exceptions={("admin", Whose.COLLEAGUE): 200}),
    Route("absence_edit", Permission.SIGNED_IN, ABSENCE, ACT, data=_away, exceptions={("admin", Whose.COLLEAGUE): 302}),
    Route("cover_preview", Permission.SIGNED_IN, PERSON, data=AWAY, exceptions={("admin", Whose.COLLEAGUE): 200}),
    Route("working_terms", Permission.MANAGE_USERS, methods=FORM, data=TERMS),
    Route("user_time", Permission.MANAGE_USERS, USER, FORM, data=AWAY),
    Route("user_list", Permission.VIEW_USERS),
    Route(
        "user_invite", Permission.MANAGE_USERS, methods=FORM, data={"email": "new@example.test", "name": "New", "role": "adviser", "language": "fr"}
    ),
    Route("user_edit", Permission.MANAGE_USERS, USER, FORM, data={"role": "assistant"}),
    Route("user_disable", Permission.MANAGE_USERS, USER, ACT),
    Route("user_enable", Permission.MANAGE_USERS, USER, ACT),
    Route("invitation_resend", Permission.MANAGE_USERS, INVITATION, ACT),
    Route("invitation_withdraw", Permission.MANAGE_USERS, INVITATION, ACT),
    # A link that nobody was sent: no such invitation, whoever opens it.
    Route("invitation_accept", Permission.PUBLIC, methods={"GET": 404, "POST": 404}),
]
