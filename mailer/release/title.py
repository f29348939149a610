"""The title above the body, and paragraphs that a page break of the source cut in two."""

from __future__ import annotations

import re
from dataclasses import replace

from mailer.release.remarks import Remarks
from mailer.release.tree import Block, Heading, Inline, Paragraph, Run, plain
from mailer.release.values import split_title
from mailer.wording import Text

__all__ = ["rejoin", "take_title"]

_ONLY_TAGS = re.compile(r"(?:\s*\[[^\[\]]{1,40}\])+\s*")
_LEAST_CUT = 60
"""A paragraph shorter than this is not cut by a page break in mid-sentence; it is a line of its own."""


def take_title(blocks: tuple[Block, ...], title: str, *, demanded: bool, remarks: Remarks) -> tuple[Block, ...]:
    """The body without the title on top of it, which must be 제목 with or without its tags.

    A line of tags (`### [국제연대위][공동성명]`) may stand above it. `demanded`: a first heading is the title whatever it says.
    On a difference everything stays where it is and an error is noted.
    """
    kicker = bool(blocks) and _ONLY_TAGS.fullmatch(_words(blocks[0])) is not None
    size = 2 if kicker and len(blocks) > 1 else 1
    if not blocks or not title:
        return blocks
    shown = " ".join(_words(block) for block in blocks[:size]).strip()
    line = blocks[size - 1].line
    if _squeezed(shown) in (_squeezed(title), _squeezed(split_title(title)[1])):
        remarks.ok(
            "title",
            line,
            Text("본문 위 제목이 머리글의 제목과 같습니다", "the heading is the same as 제목 in the header"),
        )
        return blocks[size:]
    if _looks_like_title(blocks[size - 1], demanded or kicker):
        remarks.error(
            "title",
            line,
            Text(
                f"본문 위 제목이 머리글의 제목과 다릅니다: '{shown[:100]}' / '{title[:100]}'",
                f"the heading differs from 제목 in the header: '{shown[:100]}' / '{title[:100]}'",
            ),
            Text(
                "둘을 똑같이 고쳐 주십시오. 본문이 소제목으로 시작하면 그 위에 제목을 한 번 더 써 주십시오",
                "make both the same; if the body begins with a heading of its own, write the title once more above it",
            ),
        )
    return blocks


def rejoin(blocks: tuple[Block, ...], remarks: Remarks) -> tuple[Block, ...]:
    """Join a paragraph that stops in mid-sentence with the next one that goes on in small letters; each join is shown."""
    out: list[Block] = []
    before: Block | None = None
    for block in blocks:
        if out and isinstance(out[-1], Paragraph) and isinstance(block, Paragraph) and _is_cut(before, block):
            _note_rejoined(before, block, remarks)
            out[-1] = replace(out[-1], children=_glued(out[-1].children, block.children))
        else:
            out.append(block)
        before = block
    return tuple(out)


def _looks_like_title(block: Block, demanded: bool) -> bool:
    return isinstance(block, Heading) and (demanded or block.level == 1)


def _words(block: Block | None) -> str:
    return plain(block.children) if isinstance(block, Paragraph | Heading) else ""


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _is_cut(before: Block | None, after: Block) -> bool:
    head, tail = _words(before), _words(after)
    if len(head) < _LEAST_CUT or not tail[:1].islower() or "\n" in head:
        return False
    return head[-1].islower() or head[-1] == ","


def _glued(head: tuple[Inline, ...], tail: tuple[Inline, ...]) -> tuple[Inline, ...]:
    last, first = head[-1], tail[0]
    if not isinstance(last, Run):
        lang = first.lang if isinstance(first, Run) else "en"
        return (*head, Run(text=" ", lang=lang), *tail)
    if isinstance(first, Run) and first.lang == last.lang:
        return (*head[:-1], Run(text=f"{last.text} {first.text}", lang=last.lang), *tail[1:])
    return (*head[:-1], Run(text=f"{last.text} ", lang=last.lang), *tail)


def _note_rejoined(before: Block | None, after: Block, remarks: Remarks) -> None:
    head, tail = _words(before)[-30:], _words(after)[:30]
    remarks.warning(
        "rejoined",
        after.line,
        Text(
            f"문장 가운데서 나뉜 문단을 이었습니다: '…{head}' + '{tail}…'",
            f"a paragraph cut in mid-sentence was joined: '…{head}' + '{tail}…'",
        ),
        Text(
            "맞으면 원고에서도 한 문단으로 붙여 주십시오", "if that is right, make it one paragraph in the letter too"
        ),
    )
