"""The client file as a document: what is known of a client, on paper, for a meeting or a request for access."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from advisory_crm.documents import render_pdf
from clients.models import Client, Interaction, LifeEvent, Person
from clients.overview import overview_of
from firms import formats
from firms.models import Region, User

# A part of a section, as templates/documents/client_file.typ reads it: {"kind": "text" | "heading" | "pairs" | "list" | "table" | "bars", …}.
Block = dict[str, Any]
RECENT = 10


@dataclass(frozen=True)
class Section:
    title: str
    blocks: list[Block]


# Rooms above add what they know of a client, when their app is ready.
_sections: list[tuple[int, Callable[[User, Client], list[Section]]]] = []


def register_sections(read: Callable[[User, Client], list[Section]], *, order: int) -> None:
    """Sections of another room, in the reader's language. Lower comes first; what is known of the client is at 50, interactions at 90."""
    _sections.append((order, read))


def pairs(rows: list[tuple[str, str]]) -> Block:
    return {"kind": "pairs", "rows": [[label, value] for label, value in rows if value]}


def table(headings: list[str], rows: list[list[str]], *, numeric: tuple[int, ...] = ()) -> Block:
    """`numeric` are the places of the columns set to the right."""
    return {"kind": "table", "headings": headings, "rows": rows, "numeric": list(numeric)}


def client_file(client: Client, *, reader: User) -> bytes:
    """The file as a PDF in the reader's language, of a client read `with_counted`."""
    firm = reader.firm
    locale = formats.babel_locale(firm.region)
    sections = [
        (order, section) for order, read in [*_sections, (50, _known), (90, _interactions)] for section in read(reader, client) if section.blocks
    ]
    language = (translation.get_language() or "en")[:2]
    today = formats.day(timezone.localdate(), locale=locale, style="long")
    return render_pdf(
        "client_file",
        {
            "language": language,
            "region": "CA" if firm.region == Region.QUEBEC else "FR",
            "author": firm.name,
            "title": client.name,
            "subtitle": _("Client file on %(day)s · adviser: %(adviser)s") % {"day": today, "adviser": client.adviser.name},
            "footer": _("Confidential"),
            "sections": [{"title": section.title, "blocks": section.blocks} for _order, section in sorted(sections, key=lambda pair: pair[0])],
        },
    )


def _known(reader: User, client: Client) -> list[Section]:
    people = list(Person.objects.filter(firm_id=reader.firm_id, client=client))
    sections = [Section(_("People"), list(_people(people, reader)))]
    for group in overview_of(client, people=people, firm=reader.firm):
        if group.known:
            sections.append(Section(group.title, [pairs([(known.label, known.shown) for known in group.known])]))
    told = [(_("Personal context"), client.personal_context), (_("Notes"), client.notes)]
    if lived := LifeEvent.objects.filter(firm_id=reader.firm_id, client=client)[:RECENT]:
        locale = formats.babel_locale(reader.firm.region)
        rows = [[formats.day(event.on, locale=locale), str(event.get_kind_display()), event.words] for event in lived]
        sections.append(Section(_("Life events"), [table([_("Day"), _("What"), _("In your words")], rows)]))
    return [*sections, *(Section(title, [{"kind": "text", "text": text}]) for title, text in told if text.strip())]


def _people(people: list[Person], reader: User) -> Iterator[Block]:
    locale = formats.babel_locale(reader.firm.region)
    for person in people:
        yield {"kind": "heading", "text": str(person)}
        yield pairs(
            [
                (_("Birth date"), formats.day(person.birth_date, locale=locale, style="long") if person.birth_date else ""),
                (_("Occupation"), person.occupation),
                (_("E-mail"), person.email),
                (_("Telephone"), person.phone),
            ]
        )


def _interactions(reader: User, client: Client) -> list[Section]:
    """The latest."""
    locale = formats.babel_locale(reader.firm.region)
    latest = Interaction.objects.filter(firm_id=reader.firm_id, client=client).select_related("by").order_by("-happened_at", "-pk")[:RECENT]
    rows = [
        [each.subject, formats.day(timezone.localtime(each.happened_at).date(), locale=locale), each.get_channel_display(), each.by.name]
        for each in latest
    ]
    return [Section(_("Latest interactions"), [table([_("Subject"), _("When"), _("Channel"), _("By")], rows)])] if rows else []
