"""The release on paper: an archival, accessible PDF whose pages are counted, not typed.

    letterhead = read_letterhead(path.read_bytes(), str(path))
    findings = check_glyphs(release, letterhead)             # characters that would print as boxes, with their line
    document = render(release, letterhead=letterhead, layout=layout_text)
    document.pdf, document.pages, document.filename

Promise: the same release, letterhead and layout give the same bytes on every machine, with the bundled faces only, without a
network, without any file but the layout. What a person wrote is data and never markup. Every complaint is a `DocumentError`.

Not here: reading letters (`mailer.release`), the e-mail around the document (`mailer.message`), where templates lie and how
they are frozen (`mailer.desk`).
"""

from mailer.document.filename import attachment_name
from mailer.document.glyphs import check_glyphs
from mailer.document.letterhead import Letterhead, overlaid_texts, read_letterhead
from mailer.document.logo import logo_kind
from mailer.document.typesetting import Document, pictures, render

__all__ = [
    "Document",
    "Letterhead",
    "attachment_name",
    "check_glyphs",
    "logo_kind",
    "overlaid_texts",
    "pictures",
    "read_letterhead",
    "render",
]
