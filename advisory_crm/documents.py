"""PDF documents by Typst: a template of templates/documents/ and data, never markup made of what people typed.

Documents are tagged for assistive technology (PDF/UA-1), in the reader's language, and use the fonts that Typst brings.
"""

import json
import threading
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "documents"
_kept = threading.local()


def render_pdf(template: str, data: dict[str, Any]) -> bytes:
    """The bytes of a document. `data` is what the template reads: text, numbers, lists; nothing in it is run or read as markup.

    It holds at least "language" and "region", such as "fr" and "CA", "title" and "author".
    """
    written = _compiler(template).compile(format="pdf", pdf_standards=["ua-1"], sys_inputs={"data": json.dumps(data)})
    return bytes(written)


def _compiler(template: str) -> Any:
    """One a thread and template, kept: it reads the fonts once, and serves one document at a time."""
    # Twenty megabytes that only who makes a document needs.
    import typst

    compilers: dict[str, Any] = _kept.__dict__
    if template not in compilers:
        # Nothing is compiled yet: what the template reads comes with each document.
        compilers[template] = typst.Compiler(input=str(FOLDER / f"{template}.typ"), root=str(FOLDER), ignore_system_fonts=True)
    return compilers[template]
