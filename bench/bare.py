"""Bare pages: the rows of a page by hand-written SQL, inside the firm wall, in a plain table. What a page costs before it is a product."""

import os
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "advisory_crm.settings")
django.setup()

from django.core.handlers.wsgi import WSGIRequest  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.template import Context, Engine  # noqa: E402

from firms.wall import enter_firm  # noqa: E402

TABLE = Engine().from_string(
    "<!doctype html><title>Bare</title><table>{% for row in rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>{% endfor %}</table>"
)

QUEUE = """
    SELECT t.id, c.name, y.name_fr, s.name_fr, t.due_on, t.window_ends_on, t.channel, t.minutes FROM touchpoints_touchpoint t
    JOIN clients_client c ON c.id = t.client_id JOIN service_matrix_touchpointtype y ON y.id = t.touchpoint_type_id
    JOIN segmentation_segment s ON s.id = t.segment_id
    WHERE t.firm_id = %(firm)s AND t.adviser_id = ANY(%(advisers)s) AND t.status IN ('planned', 'claimed') AND t.performer IN ('assistant', 'either')
      AND t.due_on <= current_date + 7 ORDER BY s.rank, t.window_ends_on, t.due_on, t.id LIMIT 50
"""
CLIENT_COLUMNS = "c.id, c.name, c.status, c.city, c.aum, c.annual_revenue, c.client_since, u.name"
LIST = f"""
    SELECT {CLIENT_COLUMNS} FROM clients_client c JOIN firms_user u ON u.id = c.adviser_id
    WHERE c.firm_id = %(firm)s AND c.archived_at IS NULL ORDER BY c.sort_name, c.id LIMIT 50
"""
SEARCH = f"""
    SELECT {CLIENT_COLUMNS} FROM clients_client c JOIN firms_user u ON u.id = c.adviser_id
    WHERE c.firm_id = %(firm)s AND c.archived_at IS NULL
      AND c.id IN (SELECT client_id FROM clients_searchword WHERE firm_id = %(firm)s AND word >= 'client' AND word < 'clienu')
      AND c.id IN (SELECT client_id FROM clients_searchword WHERE firm_id = %(firm)s AND word >= '77' AND word < '78')
    ORDER BY c.sort_name, c.id LIMIT 50
"""
CLIENT = """
    SELECT t.due_on, y.name_fr, t.status, t.channel, c.name, c.aum, p.first_name, p.last_name FROM clients_client c
    LEFT JOIN clients_person p ON p.client_id = c.id LEFT JOIN touchpoints_touchpoint t ON t.client_id = c.id
    LEFT JOIN service_matrix_touchpointtype y ON y.id = t.touchpoint_type_id
    WHERE c.firm_id = %(firm)s AND c.id = %(client)s ORDER BY t.due_on
"""
STATEMENTS = {"/queue": QUEUE, "/list": LIST, "/search": SEARCH, "/client": CLIENT}


def answer(request: HttpRequest) -> HttpResponse:
    firm_id = int(request.GET["firm"])
    parameters: dict[str, Any] = {
        "firm": firm_id,
        "client": int(request.GET["client"]),
        "advisers": [int(pk) for pk in request.GET["advisers"].split(",")],
    }
    with transaction.atomic():
        enter_firm(firm_id)
        with connection.cursor() as cursor:
            cursor.execute(STATEMENTS[request.path], parameters)
            rows = cursor.fetchall()
    return HttpResponse(TABLE.render(Context({"rows": rows})))


def application(environment: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
    response = answer(WSGIRequest(environment))
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [response.content]
