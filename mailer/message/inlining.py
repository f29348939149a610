"""CSS into style attributes, once per form of a page instead of once per person.

Two people's pages differ in a few words of plain text (a name, a greeting). Inlining does not look at such words, so a page is
inlined once with marks in their places, and later people's words are put there. Exactly when this is safe is decided here: a
piece counts as words only if it has no markup and nothing that an HTML parser would rewrite, and a form is used only after
its first page came out byte for byte as the inliner makes it. Everything else goes through the inliner itself.

Nothing is ever loaded: no style sheets, no images, no files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

import css_inline

from mailer.errors import TemplateError
from mailer.wording import Text

__all__ = ["Inliner"]

_Shape: TypeAlias = tuple[str | None, ...]

# plain words as autoescape leaves them; not empty, no white space at the start (it can matter inside tables)
_WORDS = re.compile(r"(?!\s)(?:[^<>&\x00-\x1f\x7f-\xa0\ufdd0-\ufdef\ufffe\uffff]|&(?:amp|lt|gt|#34|#39);)+")
# The entities come out as these characters in plain text only: in an attribute, a comment or a style sheet they look otherwise.
_MARK_IN = "zq9{}&#34;&lt;9qz"
_MARK_OUT = re.compile(r'zq9([0-9]+)"&lt;9qz')
_MOST_FORMS = 64
_MOST_WORDS = 400


class Inliner:
    """Inlines the pages of one dispatch. `where` is the template's file, for errors."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._css = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
        # by the page's markup: which of its words stand where a word may differ, and which (in an attribute) may not
        self._free: dict[_Shape, tuple[int, ...]] = {}
        self._forms: dict[tuple[_Shape, tuple[str, ...]], tuple[str, ...] | None] = {}

    def inline(self, chunks: Sequence[str]) -> str:
        """The page that `chunks` make together, with its style rules in style attributes; at-rules stay in a style element."""
        shape = tuple([None if _WORDS.fullmatch(chunk) else chunk for chunk in chunks])
        words = [chunk for chunk, markup in zip(chunks, shape, strict=True) if markup is None]
        free = self._free.get(shape)
        if free is None:
            return self._first(shape, chunks, words)
        taken = set(free)
        form_key = (shape, tuple([word for index, word in enumerate(words) if index not in taken]))
        form = self._forms.get(form_key)
        if form is not None:
            return _filled(form, [words[index] for index in free])
        page = self.inlined("".join(chunks))
        if form_key not in self._forms and len(self._forms) < _MOST_FORMS:
            self._forms[form_key] = self._form(chunks, shape, free, page)
        return page

    def _first(self, shape: _Shape, chunks: Sequence[str], words: Sequence[str]) -> str:
        if len(self._free) >= _MOST_FORMS or len(words) > _MOST_WORDS or any("zq9" in chunk for chunk in chunks):
            return self.inlined("".join(chunks))
        page = self.inlined(_marked(chunks, shape, frozenset(range(len(words)))))
        self._free[shape] = tuple(sorted({int(mark) for mark in _MARK_OUT.findall(page)}))
        return self.inline(chunks)

    def _form(self, chunks: Sequence[str], shape: _Shape, free: tuple[int, ...], page: str) -> tuple[str, ...] | None:
        """The constant pieces between free words; None when the inliner moves, doubles or changes a word."""
        pieces = _MARK_OUT.split(self.inlined(_marked(chunks, shape, frozenset(free))))
        if [int(mark) for mark in pieces[1::2]] != list(free):
            return None
        form = tuple(pieces[::2])
        words = [chunk for chunk, markup in zip(chunks, shape, strict=True) if markup is None]
        return form if _filled(form, [words[index] for index in free]) == page else None

    def inlined(self, page: str) -> str:
        """`page` through the inliner itself."""
        try:
            inlined = self._css.inline(page)
        except css_inline.InlineError as error:
            raise TemplateError(
                Text(
                    f"서식의 스타일을 적용할 수 없습니다: {error}", f"the template's styles cannot be applied: {error}"
                ),
                where=self._where,
                remedy=Text("<style> 안의 CSS를 확인해 주십시오", "check the CSS inside <style>"),
            ) from error
        return _style_last(inlined)


def _marked(chunks: Sequence[str], shape: _Shape, free: frozenset[int]) -> str:
    parts, number = [], 0
    for chunk, markup in zip(chunks, shape, strict=True):
        parts.append(_MARK_IN.format(number) if markup is None and number in free else chunk)
        number += markup is None
    return "".join(parts)


def _filled(form: Sequence[str], words: Sequence[str]) -> str:
    parts = [form[0]]
    for word, piece in zip(words, form[1:], strict=True):
        # as str: Markup would escape the quotation marks again
        parts += (str(word).replace("&#34;", '"').replace("&#39;", "'"), piece)
    return "".join(parts)


def _style_last(page: str) -> str:
    """The inliner puts the at-rules before everything in the head; a browser looks for the charset in the first 1,024 bytes."""
    start, end = page.find("<head><style>"), page.find("</head>")
    after = page.find("</style>", start) + len("</style>")
    if start < 0 or not start < after <= end:
        return page
    start += len("<head>")
    return page[:start] + page[after:end] + page[start:after] + page[end:]
