"""PDF documents by Typst: a template of templates/documents/ and data, never markup made of what people typed.

Documents are tagged for assistive technology (PDF/UA-1), in the reader's language, and use the fonts that Typst brings.
"""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "documents"


def render_pdf(template: str, data: dict[str, Any]) -> bytes:
    """The bytes of a document. `data` is what the template reads: text, numbers, lists; nothing in it is run or read as markup.

    It holds at least "language" and "region", such as "fr" and "CA", "title" and "author".
    """
    # Twenty megabytes that only who makes a document needs.
    import typst

    source = FOLDER / f"{template}.typ"
    written = typst.compile(
        str(source), root=str(FOLDER), format="pdf", ignore_system_fonts=True, pdf_standards=["ua-1"], sys_inputs={"data": json.dumps(data)}
    )
    return bytes(written)
