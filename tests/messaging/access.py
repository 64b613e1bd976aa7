from firms.models import User
from firms.permissions import Permission
from messaging.models import Notice
from messaging.notices import notice_kind, post_notice
from tests.access import ACT, FORM, Kind, Route, Scope

notice_kind("test", sentence=lambda values: f"Hello {values['name']}")


def make_notice(owner: User) -> Notice:
    key = f"test {owner.pk}"
    post_notice(user=owner, kind="test", values={"name": owner.name}, dedupe_key=key)
    return Notice.objects.get(user=owner, dedupe_key=key)


NOTICE = Kind(make_notice, Scope.OWN)

ROUTES = [
    Route("notice_list", Permission.SIGNED_IN),
    Route("notice_open", Permission.SIGNED_IN, NOTICE, ACT),
    Route(
        "preferences",
        Permission.SIGNED_IN,
        methods=FORM,
        data={"digest_by_email": "on", "digest_at": "06:30", "quiet_from": "21:00", "quiet_until": "06:00"},
    ),
    # A link that nobody was sent.
    Route("unsubscribe", Permission.PUBLIC, methods={"GET": 404, "POST": 404}),
    Route("outbox_list", Permission.MANAGE_FIRM),
    Route("outbox_resend", Permission.MANAGE_FIRM, methods=ACT),
    Route("outbox_discard", Permission.MANAGE_FIRM, methods=ACT),
    Route("notices_read", Permission.SIGNED_IN, methods=ACT),
]
