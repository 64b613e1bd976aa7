"""A firm begins: its row, its calendar, its first administrator."""

from django.db import connection, transaction

from firms.models import Firm, Language, Region
from firms.wall import enter_firm

_DEFAULTS: dict[str, dict[str, object]] = {
    Region.QUEBEC: {"time_zone": "America/Toronto", "language": Language.FRENCH, "working_days": [1, 2, 3, 4, 5]},
    Region.FRANCE: {"time_zone": "Europe/Paris", "language": Language.FRENCH, "working_days": [1, 2, 3, 4, 5]},
}


def check_firm_name(name: str) -> None:
    """Raises ValidationError for a name that a firm cannot bear: none, too long, or of several lines."""
    Firm._meta.get_field("name").clean(name, None)


@transaction.atomic
def create_firm(*, name: str, region: str, **fields: object) -> Firm:
    """Create a firm with its region's usual settings, and put the transaction inside it. Raises ValidationError as check_firm_name does."""
    check_firm_name(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('firms_firm', 'id'))")
        (firm_id,) = cursor.fetchone()
    # The wall admits a firm's row only from inside that firm.
    enter_firm(firm_id)
    return Firm.objects.create(pk=firm_id, name=name, region=region, **{**_DEFAULTS[Region(region)], **fields})
