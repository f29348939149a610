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
from dataclasses import dataclass

import css_inline

from mailer.errors import TemplateError
from mailer.wording import Text

__all__ = ["Inliner"]

# plain words as autoescape leaves them; not empty, no white space at the start (it can matter inside tables)
_WORDS = re.compile(r"(?!\s)(?:[^<>&\x00-\x1f\x7f-\xa0\ufdd0-\ufdef\ufffe\uffff]|&(?:amp|lt|gt|#34|#39);)+")
# The entities come out as these characters in plain text only: in an attribute, a comment or a style sheet they look otherwise.
_MARK_IN = "zq9{}&#34;&lt;9qz"
_MARK_OUT = re.compile(r'zq9([0-9]+)"&lt;9qz')
_MOST_FORMS = 64
_MOST_WORDS = 400


@dataclass(frozen=True, slots=True)
class _Form:
    """A page's constant pieces; words go between them."""

    pieces: tuple[str, ...]

    def filled(self, words: Sequence[str]) -> str:
        parts = [self.pieces[0]]
        for word, piece in zip(words, self.pieces[1:], strict=True):
            parts += (word.replace("&#34;", '"').replace("&#39;", "'"), piece)
        return "".join(parts)


class Inliner:
    """Inlines the pages of one dispatch. `where` is the template's file, for errors."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._css = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
        self._forms: dict[tuple[str | None, ...], _Form | None] = {}

    def inline(self, chunks: Sequence[str]) -> str:
        """The page that `chunks` make together, with its style rules in style attributes; at-rules stay in a style element."""
        words = [chunk for chunk in chunks if _WORDS.fullmatch(chunk)]
        key = tuple([None if _WORDS.fullmatch(chunk) else chunk for chunk in chunks])
        form = self._forms.get(key)
        if form is not None:
            return form.filled(words)
        page = self._inlined("".join(chunks))
        if key not in self._forms and len(self._forms) < _MOST_FORMS:
            self._forms[key] = self._form(key, words, page)
        return page

    def _form(self, key: tuple[str | None, ...], words: Sequence[str], page: str) -> _Form | None:
        marked, number = [], 0
        for chunk in key:
            marked.append(_MARK_IN.format(number) if chunk is None else chunk)
            number += chunk is None
        if number > _MOST_WORDS or any("zq9" in chunk for chunk in key if chunk):
            return None
        inlined = self._inlined("".join(marked))
        pieces = _MARK_OUT.split(inlined)
        if [int(index) for index in pieces[1::2]] != list(range(number)):
            return None
        form = _Form(tuple(pieces[::2]))
        return form if form.filled(words) == page else None

    def _inlined(self, page: str) -> str:
        try:
            return self._css.inline(page)
        except css_inline.InlineError as error:
            raise TemplateError(
                Text(
                    f"서식의 스타일을 적용할 수 없습니다: {error}", f"the template's styles cannot be applied: {error}"
                ),
                where=self._where,
                remedy=Text("<style> 안의 CSS를 확인해 주십시오", "check the CSS inside <style>"),
            ) from error
