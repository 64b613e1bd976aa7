from firms.permissions import Permission
from tests.access import FORM, Route

ROUTES = [
    Route("profile", Permission.SIGNED_IN, methods=FORM, data={"name": "New name", "language": "en", "time_zone": ""}),
]
