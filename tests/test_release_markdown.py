"""Markdown to the tree: every node kind, and constructs that cannot be brought onto paper."""

from __future__ import annotations

import pytest

from mailer.findings import Level
from mailer.release import Release, plain, tree
from tests.letter_text import errors, found, letter, release_of


def body_of(text: str) -> tuple[tree.Block, ...]:
    release = release_of(letter(title="", body=f"Dear all\n\n{text}"))
    assert errors(release) == []
    return release.body[1:]


def words(release: Release) -> str:
    return " ".join(plain(block.children) for block in release.body if isinstance(block, tree.Paragraph))


def test_every_inline_kind() -> None:
    """Bold, italics, strike, code, links and hard breaks keep their words and their nesting."""
    (block,) = body_of("a **b *c*** ~~d~~ `e` [f](https://x.example) <mailto:g@x.example>\\\nh\ni")
    assert isinstance(block, tree.Paragraph)
    kinds = [type(child) for child in block.children]
    for kind in (tree.Strong, tree.Strike, tree.Code, tree.Link, tree.LineBreak, tree.Run):
        assert kind in kinds
    assert plain(block.children) == "a b c d e f mailto:g@x.example\nh i"
    assert tree.Link(href="https://x.example", children=(tree.Run(text="f", lang="en"),)) in block.children


def test_every_block_kind() -> None:
    """Lists, quotes, tables, rules and code blocks arrive with the lines they begin on."""
    text = "- a\n  - b\n\n3. c\n4. d\n\n> e\n\n| f | g |\n|---|---|\n| h | i |\n\n---\n\n```text\nj\n  k\n```"
    bullets, ordered, quote, table, rule, code = body_of(text)
    first = bullets.line
    assert isinstance(bullets, tree.BulletList)
    assert isinstance(bullets.items[0][1], tree.BulletList)
    assert isinstance(ordered, tree.OrderedList)
    assert (ordered.start, len(ordered.items), ordered.line) == (3, 2, first + 3)
    assert isinstance(quote, tree.Quote)
    assert isinstance(table, tree.Table)
    assert [[plain(cell) for cell in row] for row in table.rows] == [["f", "g"], ["h", "i"]]
    assert isinstance(rule, tree.Rule)
    assert code == tree.CodeBlock(line=first + 14, text="j\n  k")


def test_sides_of_table_columns() -> None:
    """`---:` and `:---:` place a column on the right and in the middle."""
    (table,) = body_of("| a | b | c |\n|---|---:|:-:|\n| 1 | 2 | 3 |")
    assert isinstance(table, tree.Table)
    assert table.sides == ("left", "right", "center")
    assert table.side(7) == "left"


@pytest.mark.parametrize("text", ["#### ", "# \u200b", "> ## \n> a"])
def test_a_heading_without_words_is_no_heading(text: str) -> None:
    """A mark that was left alone on its line does not stop the paper."""
    for block in body_of(f"a\n\n{text}\n\nb"):
        assert not isinstance(block, tree.Heading)
        if isinstance(block, tree.Quote):
            assert [type(inner) for inner in block.children] == [tree.Paragraph]


def test_heading_levels_are_mapped() -> None:
    """The first heading is level 1 and no level is skipped, whatever the source counts from."""
    blocks = body_of("### a\n\n###### b\n\n#### c\n\n### d")
    assert [block.level for block in blocks if isinstance(block, tree.Heading)] == [1, 2, 2, 1]


def test_indented_text_is_a_paragraph() -> None:
    """Korean writers indent paragraphs; that is not code."""
    (block,) = body_of("     우리는 광장에 선다.")
    assert isinstance(block, tree.Paragraph)
    assert plain(block.children) == "우리는 광장에 선다."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("see ![a picture](p.png) here", "a picture"),
        ("<div>\nwords\n</div>", "words"),
        ("a<br>b", "b"),
        ("<!-- hidden words -->", "hidden words"),
        ("word[^1]\n\n[^1]: the note", "the note"),
        ("[label]: https://x.example", "label"),
        ('[words](https://x.example "a title")', "words"),
    ],
)
def test_unknown_construct(text: str, kept: str) -> None:
    """What cannot be brought onto paper is an error with its line, and its words are not dropped."""
    source = letter(title="", body=f"Dear all\n\n{text}")
    release = release_of(source)
    assert set(errors(release)) == {"markup"}
    line = source[: source.index(text)].count("\n") + 1
    assert found(release, "markup")[0].where == f"letter.md:{line}"
    assert kept in words(release)


@pytest.mark.parametrize("href", ["javascript:alert(1)", "file:///etc/hosts", "page.html", "data:text/html,x", ""])
def test_unusable_link(href: str) -> None:
    """Only http, https and mailto may be links; the words of others stay, as text."""
    release = release_of(letter(title="", body=f"[the words](<{href}>)"))
    assert errors(release) == ["link"]
    assert words(release) == "the words"
    assert "Link(" not in str(release.body)


def test_line_inside_a_paragraph() -> None:
    """A complaint in the third line of a paragraph names the third line."""
    text = letter(title="", body="one\ntwo\nthree <b>bold</b>")
    (finding,) = found(release_of(text), "markup")
    assert finding.where == f"letter.md:{text[: text.index('three')].count(chr(10)) + 1}"


def test_surplus_table_cells() -> None:
    """A row with more cells than the head would lose words: that is an error."""
    release = release_of(letter(title="", body="| a | b |\n|---|---|\n| c | d | lost |"))
    assert errors(release) == ["table"]


@pytest.mark.parametrize("text", ["> " * 25 + "words", "\n".join("  " * depth + "- words" for depth in range(25))])
def test_too_deep(text: str) -> None:
    """Text nested so deep that Markdown drops it is an error, not a loss."""
    assert errors(release_of(letter(title="", body=text))) == ["nesting"]


def test_bold_marks_that_did_not_work() -> None:
    """Marks that Markdown left as characters (quotes just inside, a particle after) are pointed out."""
    release = release_of(letter(title="", body='그는 **"광장"**이라고 말했다.'))
    assert found(release, "marks", Level.WARNING)


def test_cut_paragraph() -> None:
    """Only a paragraph that stops in mid-sentence is joined with one that goes on in small letters."""
    long = "This paragraph is long enough to have been cut by the end of a page of"
    joined = release_of(letter(title="", body=f"{long}\n\npaper, and it goes on."))
    assert len(joined.body) == 1
    assert found(joined, "rejoined", Level.WARNING)
    for apart in (f"{long}.\n\npaper", f"{long}\n\nPaper", "Dear all\n\npaper", f"{long}:\n\n- paper"):
        assert len(release_of(letter(title="", body=apart)).body) == 2


@pytest.mark.parametrize("sign", ["○ ", "□ ", "ㅇ ", "①", "가. ", "(1) ", "※ ", "• ", "\u3000- "])
def test_lines_with_a_sign_stay_lines(sign: str) -> None:
    """Points written as Korean offices write them do not run into one line."""
    (block,) = body_of(f"다음을 요구한다\n{sign}집회를 막지 말라\n{sign}갇힌 사람을 풀어 주라")
    assert isinstance(block, tree.Paragraph)
    assert plain(block.children).split("\n") == [
        "다음을 요구한다",
        f"{sign}집회를 막지 말라",
        f"{sign}갇힌 사람을 풀어 주라",
    ]


def test_paragraphs_without_an_empty_line_are_pointed_out() -> None:
    """Text pasted from a word processor has a line a paragraph, which Markdown would join without a word."""
    pasted = "광장은 모두의 것이며 누구도 그것을 닫을 수 없습니다.\n우리는 계속 지켜볼 것입니다."
    (finding,) = found(release_of(letter(title="", body=f"We write.\n\n{pasted}")), "paragraphs", Level.WARNING)
    assert finding.where.startswith("letter.md:")


@pytest.mark.parametrize(
    "text",
    [
        "We write on behalf of many people who have stood in\na square. They are not alone, and we say\nso.",
        "Short.\nLines.",
        "광장은 모두의 것이며 누구도 그것을 닫을 수 없습니다.  \n우리는 계속 지켜볼 것입니다.",
    ],
)
def test_wrapped_lines_are_no_paragraphs(text: str) -> None:
    """Lines wrapped by an editor, short lines and lines with a hard break are left alone."""
    assert found(release_of(letter(title="", body=f"We write.\n\n{text}")), "paragraphs") == []
