"""Documents as a reader sees them: how many pages, the firm's colour in the head, nothing at the paper's edge. PDFium draws them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pypdfium2
import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from clients.models import Client, Interaction
from firms.models import Firm, User
from tests.factories import make_client, make_user
from tests.touchpoints.rows import TODAY, make_touchpoint, make_type
from touchpoints.service_calendar import calendar_document, service_calendar
from touchpoints.year_review import review_document, year_review

COLOUR = "#8a1c1c"
WHITE = b"\xff\xff\xff"
POINTS_A_CM = 72 / 2.54
# Pixels a point: enough for a line of 1.2 points to be of its full colour somewhere.
SCALE = 2
LETTER, A4 = (612, 792), (595, 841)


@dataclass(frozen=True)
class Picture:
    """A page as rows of red, green and blue."""

    rows: list[bytes]

    def part(self, *, top: float = 0, bottom: float = 0, left: float = 0, right: float = 0) -> set[bytes]:
        """The colours in what is left of the page without these centimetres of its edges."""
        cut = {name: round(each * POINTS_A_CM * SCALE) for name, each in (("top", top), ("bottom", bottom), ("left", left), ("right", right))}
        inside = [row[3 * cut["left"] : len(row) - 3 * cut["right"]] for row in self.rows[cut["top"] : len(self.rows) - cut["bottom"]]]
        return {row[place : place + 3] for row in inside for place in range(0, len(row), 3)}

    @property
    def height(self) -> float:
        """In centimetres."""
        return len(self.rows) / POINTS_A_CM / SCALE

    @property
    def width(self) -> float:
        return len(self.rows[0]) / 3 / POINTS_A_CM / SCALE

    @property
    def ink(self) -> float:
        """The share of the page that is not white."""
        return 1 - sum(row.count(WHITE) for row in self.rows) / (len(self.rows) * len(self.rows[0]) / 3)


@dataclass(frozen=True)
class Drawn:
    sizes: list[tuple[int, int]]
    pages: list[Picture]


def draw(document: bytes) -> Drawn:
    opened = pypdfium2.PdfDocument(document)
    sizes, pages = [], []
    for page in opened:
        sizes.append((int(page.get_width()), int(page.get_height())))
        bitmap = page.render(scale=SCALE, rev_byteorder=True)
        assert bitmap.format == pypdfium2.raw.FPDFBitmap_BGR
        pixels = bytes(bitmap.buffer)
        pages.append(Picture([pixels[row * bitmap.stride : row * bitmap.stride + 3 * bitmap.width] for row in range(bitmap.height)]))
    opened.close()
    return Drawn(sizes, pages)


def calendar_of(client: Client, reader: User) -> bytes:
    for days in range(0, 360, 30):
        make_touchpoint(client=client, due_on=TODAY + timedelta(days=days))
    return calendar_document(service_calendar(client))


def review_of(client: Client, reader: User) -> bytes:
    for month in range(1, 11):
        happened = datetime(2026, month, 10, 15, tzinfo=UTC)
        interaction = Interaction.objects.create(client=client, by=reader, channel="phone", subject="News", happened_at=happened, value="win")
        make_touchpoint(client=client, due_on=happened.date(), status="done", interaction=interaction, closed_at=happened, closed_by=reader)
    return review_document(year_review(client, year=2026))


def audit_of(client: Client, reader: User) -> bytes:
    for month in range(1, 11):
        closed_at = datetime(2026, month, 10, 15, tzinfo=UTC)
        make_touchpoint(client=client, due_on=closed_at.date(), status="done", closed_at=closed_at, closed_by=reader)
    browser = Browser()
    browser.force_login(reader)
    return browser.get(reverse("service_audit_pdf")).getvalue()


@pytest.mark.parametrize(("region", "language", "paper"), [("CA-QC", "fr", LETTER), ("CA-QC", "en", LETTER), ("FR", "fr", A4), ("FR", "en", A4)])
@pytest.mark.parametrize("write", [calendar_of, review_of, audit_of])
def test_a_document_is_one_page_with_the_firms_colour_in_its_head_and_free_margins(
    write: Callable[[Client, User], bytes], region: str, language: str, paper: tuple[int, int], alice: User
) -> None:
    Firm.objects.filter(pk=alice.firm_id).update(region=region, colour=COLOUR, address="12, rue Saint-Paul\nMontréal")
    make_type(firm_id=alice.firm_id)
    reader = make_user(name="Ana Roy", role="admin", language=language)
    client = make_client(adviser=reader, name="Gagné, Élise", language=language)
    with time_machine.travel("2026-11-23T15:00:00Z", tick=False):
        drawn = draw(write(Client.objects.select_related("firm", "adviser").get(pk=client.pk), reader))
    assert drawn.sizes == [paper]
    (page,) = drawn.pages
    # The head: below the upper margin, what is nearest to it.
    assert bytes.fromhex(COLOUR[1:]) in page.part(top=2, bottom=page.height - 6)
    assert page.part(bottom=page.height - 1) == page.part(top=page.height - 1) == {WHITE}
    assert page.part(right=page.width - 2) == page.part(left=page.width - 2) == {WHITE}
    assert page.ink > 0.01
