"""The description of the API: complete, and without a warning."""

import json
from io import StringIO

from django.core.management import call_command

from tests.api.rows import Caller


def test_the_description_is_made_without_a_warning():
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def test_it_documents_keys_errors_and_every_operation_by_name(alice):
    schema = json.loads(Caller(alice).get("schema/", format="json").content)
    assert sorted(schema["components"]["securitySchemes"]) == ["ApiKey", "cookieAuth"]
    operations = [(path, method, operation) for path, methods in schema["paths"].items() for method, operation in methods.items()]
    assert len(operations) >= 35
    unsaid = [
        (path, method)
        for path, method, operation in operations
        if not operation.get("description") or not {"401", "403", "404", "429"} <= operation["responses"].keys()
    ]
    assert unsaid == []
