"""The work that everybody is given: one personalised message for each person, 8 KB of text, 15 KB of HTML, a PDF.

`work.json` holds what the runners read: subject, text, html (with {{name}} and {{email}}), people, pdf.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

KOREAN = "우리는 집회의 자유가 다시 보장되기를 요구하며 모든 법원이 변호인의 접견을 허용할 것을 촉구한다. "
ENGLISH = (
    "We ask the courts to keep their doors open to counsel, and the streets open to everybody who wants to be heard. "
)


def write(folder: Path, people: int, pdf_kilobytes: int) -> Path:
    """Writes `work.json` and `paper.pdf`; returns the first."""
    folder.mkdir(parents=True, exist_ok=True)
    pdf = folder / "paper.pdf"
    pdf.write_bytes(b"%PDF-1.7\n" + random.Random(7).randbytes(max(pdf_kilobytes, 1) * 1000 - 9))
    text = "\n\n".join(paragraphs(8_000))
    body = "\n".join(
        f'<p style="margin:0 0 16px;color:#1f2328;line-height:1.65">{words}</p>' for words in paragraphs(12_500)
    )
    work = {
        "sender": "press@sender.example",
        "subject": "[성명] A call for access to counsel",
        "text": "{{name}} 기자님께\n\n" + text + "\n\n{{email}} 주소로 보내드렸습니다.\n",
        "html": '<html><head></head><body style="margin:0">\n<p>{{name}} 기자님께</p>\n'
        f"{body}\n<p>{{{{email}}}}</p>\n</body></html>",
        "pdf": str(pdf),
        "filename": "[성명] A call for access to counsel(261210).pdf",
        "people": [{"email": f"p{n}@d{n % 50}.example", "name": f"기자 {n}"} for n in range(people)],
    }
    path = folder / "work.json"
    path.write_text(json.dumps(work, ensure_ascii=False), encoding="utf-8")
    return path


def paragraphs(size: int) -> list[str]:
    """Three English ones to one Korean one, `size` bytes in all."""
    found: list[str] = []
    while sum(len(words.encode()) for words in found) < size:
        found.append((KOREAN if len(found) % 4 == 3 else ENGLISH) * 4)
    return found
