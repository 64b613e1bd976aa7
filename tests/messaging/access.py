from firms.models import User
from firms.permissions import Permission
from messaging.models import Notice
from messaging.notices import notice_kind, post_notice
from tests.access import ACT, Kind, Route, Scope

notice_kind("test", sentence=lambda values: f"Hello {values['name']}")


def make_notice(owner: User) -> Notice:
    post_notice(user=owner, kind="test", values={"name": owner.name}, dedupe_key=f"test {owner.pk}")
    return Notice.objects.get(user=owner)


NOTICE = Kind(make_notice, Scope.OWN)

ROUTES = [
    Route("notice_list", Permission.SIGNED_IN),
    Route("notice_open", Permission.SIGNED_IN, NOTICE, ACT),
    Route("outbox_list", Permission.MANAGE_FIRM),
    Route("outbox_resend", Permission.MANAGE_FIRM, methods=ACT),
    Route("outbox_discard", Permission.MANAGE_FIRM, methods=ACT),
    Route("notices_read", Permission.SIGNED_IN, methods=ACT),
]
