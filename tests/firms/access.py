from firms.permissions import Permission
from tests.access import ACT, FORM, Route

ROUTES = [
    Route("profile", Permission.SIGNED_IN, methods=FORM, data={"name": "New name", "language": "en", "time_zone": ""}),
    Route("set_language", Permission.PUBLIC, methods=ACT, data={"language": "fr", "next": "/"}),
    Route("gallery", Permission.SIGNED_IN),
]
