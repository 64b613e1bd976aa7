from firms.permissions import Permission
from tests.access import Route

ROUTES = [
    Route("gallery", Permission.SIGNED_IN),
]
