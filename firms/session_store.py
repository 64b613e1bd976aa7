"""Sessions in the database, read by a kept statement: every request reads one."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from firms.statements import given, kept_statement


@kept_statement
def _session() -> QuerySet[Session]:
    return Session.objects.filter(session_key=given("key"), expire_date__gt=given("now"))


class SessionStore(db.SessionStore):
    """Django's, whose cookies and rows these are."""

    def _get_session_from_db(self) -> Session | None:
        found = _session().row(key=self.session_key, now=timezone.now())
        if found is None:
            self._session_key = None
        return found
