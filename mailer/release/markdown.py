"""Markdown -> the tree of `tree.py`, through markdown-it-py (CommonMark with tables and strikethrough, no HTML).

Promise: no word is dropped. What the tree cannot hold (images, HTML, footnotes, reference definitions, odd links, surplus table
cells) is an error finding with its line, and its words stay in the text. Indented lines are paragraphs, not code: Korean
writers indent. A line that begins with a sign of Korean offices (`○ ...`, `① ...`, `가. ...`) stays a line of its own, and
paragraphs without an empty line between them are pointed out, because Markdown makes them one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import TYPE_CHECKING

from mailer.release.language import language_of, runs_within
from mailer.release.remarks import Remarks
from mailer.release.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    Inline,
    LineBreak,
    Link,
    OrderedList,
    Paragraph,
    Quote,
    Rule,
    Strike,
    Strong,
    Table,
    plain,
)
from mailer.wording import Text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

__all__ = ["read_blocks", "read_inline"]

_HTML = re.compile(
    r"<!--|</?(?:a|abbr|audio|b|big|blockquote|br|center|cite|code|del|details|div|em|figure|font|h[1-6]|hr|i|iframe|img|ins"
    r"|kbd|li|mark|object|ol|p|pre|q|s|script|section|small|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|th"
    r"|thead|tr|tt|u|ul|video)\b[^<>]{0,300}>",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,40}\]")
_REFERENCE = re.compile(r"\[[^\[\]]{1,80}\]:\s*(?:<|https?:|mailto:|/|#)")
_MARKS_LEFT = re.compile(r"\*\*|__|~~")
_SCHEME = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_PLAIN_INFO = re.compile(r"[A-Za-z0-9+#.-]*")
_SIGN = re.compile(
    r"\s*(?:[□■○●◦◎◇◆▷▶☞▪•·‣※❍ㅇ]\s*\S|-\s|[\u2460-\u2473\u326e-\u327b]|[가나다라마바사아자차카타파하]\.\s|[(（]\d{1,2}[)）]\s*\S)"
)
_SENTENCE_END = re.compile(r"[.。!?…][”’\"')\]]?$")
_LEAST_PARAGRAPH = 30
_DEEP = 15
_SPACES = str.maketrans("\t\n\f\r", "    ")
_SPANS: dict[str, type[Strong] | type[Emphasis] | type[Strike]] = {
    "strong_open": Strong,
    "em_open": Emphasis,
    "s_open": Strike,
}


def read_blocks(text: str, remarks: Remarks) -> tuple[Block, ...]:
    """The blocks of `text`, whose first line is line 1; blank out what is not meant instead of cutting it off.

    Heading levels are those of the source; `levels` maps them once the title is taken off.
    """
    tokens = _parser().parse(text)
    _check_nothing_lost(text, tokens, remarks)
    return _Walk(tokens, text.split("\n"), remarks).blocks_until("")


def read_inline(text: str, line: int, remarks: Remarks) -> tuple[str, tuple[Inline, ...]]:
    """Language and inline content of one line of text (a name)."""
    (token,) = _parser().parseInline(text)
    return _inline(token, line, remarks)


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    # Reference definitions vanish from CommonMark output and indented code is how Korean paragraphs begin.
    parser.disable(["reference", "code"])
    # Refused links must still arrive here as links: they are complained about, not turned into text in silence.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    return parser


def _check_nothing_lost(text: str, tokens: Sequence[Token], remarks: Remarks) -> None:
    """markdown-it drops the rest of a block without a word once lists and quotes are nested too deep: count the letters."""
    if not tokens or _letters(text) <= sum(_letters(token.content) + _letters(token.info) for token in tokens):
        return
    deepest = max((token for token in tokens if token.map), key=lambda token: token.level)
    if any(token.type == "table_open" for token in tokens) and deepest.level < _DEEP:
        return  # surplus cells, named one by one by `_Walk`
    remarks.error(
        "nesting",
        deepest.map[0] + 1 if deepest.map else 0,
        Text(
            "목록이나 인용이 너무 깊게 겹쳐 일부 글이 빠집니다",
            "lists or quotes are nested too deep, some text would be lost",
        ),
        Text("겹친 단계를 줄여 주십시오", "use fewer levels"),
    )


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


class _Walk:
    """One pass over the flat token list of a document."""

    def __init__(self, tokens: Sequence[Token], lines: Sequence[str], remarks: Remarks) -> None:
        self._tokens = tokens
        self._lines = lines
        self._remarks = remarks
        self._at = 0
        self._line = 1

    def blocks_until(self, closing: str) -> tuple[Block, ...]:
        """Blocks up to the token of type `closing` (taken too), or to the end."""
        out: list[Block] = []
        while self._at < len(self._tokens):
            token = self._take()
            if token.type == closing:
                break
            block = self._block(token)
            if not (isinstance(block, Heading) and _is_blank(block)):
                out.append(block)
        return tuple(out)

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        if token.map:
            self._line = token.map[0] + 1
        return token

    def _block(self, token: Token) -> Block:
        line = self._line
        match token.type:
            case "paragraph_open":
                self._check_lines(self._tokens[self._at].content, line)
                lang, children = self._content("paragraph_close")
                return Paragraph(line=line, lang=lang, children=children)
            case "heading_open":
                lang, children = self._content("heading_close")
                return Heading(line=line, lang=lang, level=int(token.tag[1]), children=children)
            case "bullet_list_open":
                return BulletList(line=line, items=self._items("bullet_list_close"))
            case "ordered_list_open":
                start = int(token.attrGet("start") or 1) if token.attrGet("start") != 0 else 0
                return OrderedList(line=line, start=start, items=self._items("ordered_list_close"))
            case "blockquote_open":
                return Quote(line=line, children=self.blocks_until("blockquote_close"))
            case "table_open":
                return self._table(line)
            case "hr":
                return Rule(line=line)
            case "fence" | "code_block":
                self._check_info(token, line)
                return CodeBlock(line=line, text=token.content.removesuffix("\n"))
        return self._unknown(token, line)

    def _check_lines(self, source: str, line: int) -> None:
        """Whole sentences on every line: paragraphs of a word processor, which puts no empty line between them."""
        *lines, _last = source.split("\n")
        ends = [_SENTENCE_END.search(one) is not None for one in lines]
        if lines and all(ends) and max(map(len, lines)) >= _LEAST_PARAGRAPH:
            self._remarks.warning(
                "paragraphs",
                line,
                Text(
                    f"빈 줄이 없어 {len(lines) + 1}줄을 한 문단으로 이었습니다",
                    f"{len(lines) + 1} lines without an empty line between them were made one paragraph",
                ),
                Text("문단마다 빈 줄을 하나씩 넣어 주십시오", "put an empty line between paragraphs"),
            )

    def _content(self, closing: str) -> tuple[str, tuple[Inline, ...]]:
        lang: str = "ko"
        children: tuple[Inline, ...] = ()
        while (token := self._take()).type != closing:
            lang, children = _inline(token, self._line, self._remarks)
        return lang, children

    def _items(self, closing: str) -> tuple[tuple[Block, ...], ...]:
        items: list[tuple[Block, ...]] = []
        while self._take().type != closing:
            items.append(self.blocks_until("list_item_close"))
        return tuple(items)

    def _table(self, line: int) -> Table:
        rows: list[tuple[tuple[Inline, ...], ...]] = []
        cells: list[tuple[Inline, ...]] = []
        sides: list[str] = []
        while (token := self._take()).type != "table_close":
            if token.type == "th_open":
                sides.append(str(token.attrGet("style") or "").removeprefix("text-align:") or "left")
            elif token.type == "inline":
                cells.append(_inline(token, self._line, self._remarks)[1])
            elif token.type == "tr_close":
                self._check_cells(len(cells), len(rows[0]) if rows else len(cells))
                rows.append(tuple(cells))
                cells = []
        return Table(line=line, rows=tuple(rows), sides=tuple(sides))

    def _check_cells(self, cells: int, columns: int) -> None:
        from markdown_it.rules_block.table import escapedSplit

        source = escapedSplit(self._lines[self._line - 1].strip().strip("|"))
        surplus = [cell for cell in source[columns:] if cell.strip()]
        if surplus:
            self._remarks.error(
                "table",
                self._line,
                Text(
                    f"표의 칸이 머리행보다 많아 빠지는 글이 있습니다: '{surplus[0].strip()[:30]}'",
                    f"this row has more cells than the table's head, '{surplus[0].strip()[:30]}' would be lost",
                ),
                Text("머리행과 칸 수를 맞춰 주십시오", "give the row as many cells as the head"),
            )

    def _check_info(self, token: Token, line: int) -> None:
        if not _PLAIN_INFO.fullmatch(token.info.strip()):
            _note_unknown("```" + token.info.strip()[:40], line, self._remarks)

    def _unknown(self, token: Token, line: int) -> Block:
        _note_unknown(token.content.strip()[:40] or token.type, line, self._remarks)
        lang = language_of(token.content)
        return Paragraph(
            line=line, lang=lang, children=runs_within(token.content.translate(_SPACES), lang, token.content)
        )


def _is_blank(heading: Heading) -> bool:
    """Nothing to see in it; PDF/UA-1 forbids such a heading, and no word is lost with it."""
    return not any(char.isprintable() and not char.isspace() for char in plain(heading.children))


def _inline(token: Token, line: int, remarks: Remarks) -> tuple[str, tuple[Inline, ...]]:
    children = token.children or []
    words = " ".join(child.content for child in children if child.type in ("text", "image"))
    span = _Span(words, line, remarks)
    for child, after in zip_longest(children, children[1:]):
        stays = child.type == "softbreak" and after is not None and _SIGN.match(after.content)
        span.add(child, kind="hardbreak" if stays else child.type)
    return span.base, span.close()


class _Span:
    """Builds the inline nodes of one paragraph; text is collected until something else interrupts it."""

    def __init__(self, words: str, line: int, remarks: Remarks) -> None:
        self.base = language_of(words)
        self._words = words
        self._line = line
        self._remarks = remarks
        self._text = ""
        self._open: list[Token] = []
        self._levels: list[list[Inline]] = [[]]

    def add(self, token: Token, *, kind: str) -> None:
        match kind:
            case "text":
                self._text += token.content
            case "softbreak":
                self._text += "\n"
                self._line += 1
            case "hardbreak":
                self._put(LineBreak())
                self._line += 1
            case "code_inline":
                self._put(Code(text=token.content))
            case "strong_open" | "em_open" | "s_open" | "link_open":
                self._flush()
                self._open.append(token)
                self._levels.append([])
            case "strong_close" | "em_close" | "s_close" | "link_close":
                self._flush()
                inner = tuple(self._levels.pop())
                self._levels[-1].extend(self._spanned(self._open.pop(), inner))
            case _:
                self._unknown(token)

    def close(self) -> tuple[Inline, ...]:
        self._flush()
        return tuple(self._levels[0])

    def _put(self, node: Inline) -> None:
        self._flush()
        self._levels[-1].append(node)

    def _flush(self) -> None:
        text, self._text = self._text, ""
        if text:
            self._check(text, self._line - text.count("\n"))
            self._levels[-1].extend(runs_within(text.translate(_SPACES), self.base, self._words))

    def _spanned(self, opening: Token, inner: tuple[Inline, ...]) -> tuple[Inline, ...]:
        if opening.type in _SPANS:
            return (_SPANS[opening.type](children=inner),)
        href = str(opening.attrGet("href") or "")
        if title := opening.attrGet("title"):
            _note_unknown(f'"{title}"', self._line, self._remarks)
        if _SCHEME.match(href):
            return (Link(href=href, children=inner),)
        self._remarks.error(
            "link",
            self._line,
            Text(f"쓸 수 없는 링크 주소입니다: {href[:60]}", f"this link address cannot be used: {href[:60]}"),
            Text(
                "http://, https://, mailto: 로 시작하는 주소를 써 주십시오",
                "use an address that begins with http://, https:// or mailto:",
            ),
        )
        return inner

    def _check(self, text: str, line: int) -> None:
        for pattern in (_HTML, _FOOTNOTE, _REFERENCE):
            if found := pattern.search(text):
                what = text[found.start() : found.start() + 40].translate(_SPACES)
                _note_unknown(what, line + text.count("\n", 0, found.start()), self._remarks)
        if found := _MARKS_LEFT.search(text):
            near = text[max(found.start() - 10, 0) : found.start() + 12].translate(_SPACES).strip()
            self._remarks.warning(
                "marks",
                line + text.count("\n", 0, found.start()),
                Text(
                    f"굵게·취소선 표시가 글자로 남았습니다: {near}",
                    f"bold or strike marks remain as characters: {near}",
                ),
                Text(
                    "표시 바로 안쪽에 빈칸·따옴표·괄호가 있으면 표시 밖으로 옮겨 주십시오",
                    "move blanks, quotes or brackets that stand just inside the marks outside them",
                ),
            )

    def _unknown(self, token: Token) -> None:
        _note_unknown(
            f"![{token.content[:40]}]" if token.type == "image" else token.content[:40], self._line, self._remarks
        )
        self._text += token.content


def _note_unknown(what: str, line: int, remarks: Remarks) -> None:
    remarks.error(
        "markup",
        line,
        Text(f"문서에 옮길 수 없는 표기입니다: {what}", f"this cannot be brought onto paper: {what}"),
        Text(
            "그림, HTML, 각주, 참조 링크, 링크 제목은 쓸 수 없습니다. 글로 풀어 써 주십시오",
            "images, HTML, footnotes, reference links and link titles are not supported. Write it as text",
        ),
    )
