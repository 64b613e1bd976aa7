"""The translation catalogues: what the sources say, what the catalogues translate, and what is missing.

Babel extracts, updates and compiles, so no gettext tools are needed.
    python -m advisory_crm.messages update     bring locale/*/django.po up to date with the sources
    python -m advisory_crm.messages compile    write the .mo files that Django reads
    python -m advisory_crm.messages missing    list what is untranslated or fuzzy; exit 1 if anything is
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("advisory_crm", "firms", "messaging", "clients", "segmentation", "service_matrix", "touchpoints")
# French is complete; Québec's holds only the words that differ.
COMPLETE, PARTIAL = "fr", "fr_CA"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def _sources() -> Iterator[io.BytesIO]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield io.BytesIO(path.read_bytes())
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            # Django turns a template into calls of gettext; the indentation left over would not parse.
            code = templatize(path.read_text(), origin=str(path))
            yield io.BytesIO("\n".join(line.strip() for line in code.splitlines()).encode())


def catalogue_path(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def extract_messages() -> Catalog:
    """Every translatable message of the sources."""
    catalogue = Catalog(fuzzy=False)
    for source in _sources():
        for _line, message, _comments, context in extract("python", source, keywords=KEYWORDS):
            catalogue.add(message, context=context)
    return catalogue


def read_catalogue(language: str) -> Catalog:
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def write_catalogue(language: str, catalogue: Catalog) -> None:
    path = catalogue_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=0, no_location=True, omit_header=False, sort_output=True, ignore_obsolete=True)


def update() -> None:
    """Add new messages untranslated, drop those the sources no longer say."""
    template = extract_messages()
    for language in (COMPLETE, PARTIAL):
        known = read_catalogue(language)
        fresh = Catalog(locale=language, fuzzy=False, project="advisory-crm", version="1", charset="utf-8")
        fresh.header_comment = f"# {language}: see advisory_crm/messages.py"
        # The header's dates would change at every run.
        fresh.creation_date = fresh.revision_date = known.creation_date if catalogue_path(language).exists() else fresh.creation_date
        for message in template:
            if not message.id:
                continue
            translated = known.get(message.id if isinstance(message.id, str) else message.id[0], message.context)
            if language == COMPLETE or (translated is not None and _is_translated(translated.string)):
                fresh.add(message.id, translated.string if translated else None, context=message.context, flags=set(message.flags))
        write_catalogue(language, fresh)


def _is_translated(text: str | tuple[str, ...] | list[str] | None) -> bool:
    return bool(text) and (isinstance(text, str) or all(text or ()))


def missing() -> list[str]:
    """Messages of the sources that complete French leaves untranslated or fuzzy."""
    known = read_catalogue(COMPLETE)
    found = []
    for message in extract_messages():
        first = message.id if isinstance(message.id, str) else message.id[0]
        if not first:
            continue
        translated = known.get(first, message.context)
        if translated is None or not _is_translated(translated.string) or translated.fuzzy:
            found.append(first)
    return found


def compile_catalogues() -> None:
    """Québec's is compiled whole: what it does not hold would be looked for in the French of each library before ours."""
    complete = read_catalogue(COMPLETE)
    whole = Catalog(locale=PARTIAL, fuzzy=False, charset="utf-8")
    for catalogue in (complete, read_catalogue(PARTIAL)):
        for message in catalogue:
            if message.id and _is_translated(message.string):
                whole.delete(message.id, context=message.context)
                whole.add(message.id, message.string, context=message.context, flags=set(message.flags))
    for language, catalogue in ((COMPLETE, complete), (PARTIAL, whole)):
        with catalogue_path(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)


def main(command: str) -> int:
    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    if command == "update":
        update()
    elif command == "compile":
        compile_catalogues()
    elif command == "missing":
        untranslated = missing()
        for text in untranslated:
            print(f"untranslated: {text!r}")
        return 1 if untranslated else 0
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
