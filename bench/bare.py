"""Bare Django pages: the rows of a page by hand-written SQL, in a plain table, for someone who signed in. A page before it is a product."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

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
      AND c.id IN (SELECT client_id FROM clients_searchword WHERE firm_id = %(firm)s AND word >= %(begins)s AND word < %(ends)s)
    ORDER BY c.sort_name, c.id LIMIT 50
"""
CLIENT = """
    SELECT t.due_on, y.name_fr, t.status, t.channel, c.name, c.aum, p.first_name, p.last_name FROM clients_client c
    LEFT JOIN clients_person p ON p.client_id = c.id LEFT JOIN touchpoints_touchpoint t ON t.client_id = c.id
    LEFT JOIN service_matrix_touchpointtype y ON y.id = t.touchpoint_type_id
    WHERE c.firm_id = %(firm)s AND c.id = %(client)s ORDER BY t.due_on
"""


def _page(statement: str) -> Any:
    @login_required
    def page(request: HttpRequest) -> HttpResponse:
        parameters: dict[str, Any] = {
            "firm": request.user.firm_id,  # type: ignore[union-attr]
            "client": int(request.GET["client"]),
            "advisers": [int(pk) for pk in request.GET["advisers"].split(",")],
            "begins": request.GET.get("begins"),
            "ends": request.GET.get("ends"),
        }
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return render(request, "table.html", {"rows": cursor.fetchall()})

    return page


urlpatterns = [path("queue", _page(QUEUE)), path("list", _page(LIST)), path("search", _page(SEARCH)), path("client", _page(CLIENT))]
