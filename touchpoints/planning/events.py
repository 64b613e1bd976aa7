"""The days on which something happened to a client that a promise may follow (docs/planning.md), each event a query.

A query gives `client_id` and `"on"` for a range of clients; what it needs of the run is among its parameters (statements.py).
"""

from service_matrix.anchors import Event

# Of a client's number: the range that a statement is about.
IN_RANGE = "BETWEEN %(first_client)s AND %(last_client)s"
_IN_RANGE = f"firm_id = %(firm)s AND client_id {IN_RANGE}"

# The local day on which a touchpoint done, `t`, was delivered; `i` is its interaction.
DELIVERED_ON = "coalesce((coalesce(i.happened_at, t.closed_at) AT TIME ZONE %(time_zone)s)::date, t.due_on)"
# Touchpoints done in the range, with their interactions.
DELIVERED = f"""
    (SELECT * FROM touchpoints_touchpoint WHERE {_IN_RANGE} AND status = 'done') t
    LEFT JOIN (SELECT id, happened_at FROM clients_interaction WHERE {_IN_RANGE}) i ON i.id = t.interaction_id
"""

EVENT_DAYS: dict[str, str] = {
    Event.BECAME_CLIENT: """
        SELECT id AS client_id, client_since AS "on" FROM clients_client
        WHERE firm_id = %(firm)s AND id BETWEEN %(first_client)s AND %(last_client)s AND client_since IS NOT NULL
    """,
    Event.REVIEW_DONE: f"""
        SELECT t.client_id, {DELIVERED_ON} FROM {DELIVERED}
        WHERE t.touchpoint_type_id IN (SELECT id FROM service_matrix_touchpointtype WHERE firm_id = %(firm)s AND key = 'annual_review')
    """,
    Event.MEETING_HELD: f"""
        SELECT client_id, (happened_at AT TIME ZONE %(time_zone)s)::date FROM clients_interaction
        WHERE {_IN_RANGE} AND channel IN ('in_person', 'video') AND happened_at >= %(first_day)s::date - 400
    """,
    Event.LIFE_EVENT: f"""
        SELECT client_id, "on" FROM clients_lifeevent WHERE {_IN_RANGE} AND "on" >= %(first_day)s::date - 400
    """,
    Event.SEGMENT_CHANGED: f"""
        SELECT client_id, starts_on
        FROM (
            SELECT client_id, starts_on, segment_id, lag(segment_id) OVER (PARTITION BY client_id ORDER BY starts_on) AS segment_before
            FROM segmentation_assignment WHERE {_IN_RANGE} AND scheme_id = %(scheme)s
        ) a
        WHERE segment_id <> segment_before
    """,
}
