"""The PDF of a release, looked at with another library than the one that made it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pypdfium2
import pytest

from mailer.document import Document, pictures, render
from mailer.errors import DocumentError
from mailer.findings import Level
from mailer.release.model import Release
from mailer.release.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Heading,
    LineBreak,
    Link,
    OrderedList,
    Paragraph,
    Quote,
    Rule,
    Run,
    Strike,
    Strong,
    Table,
)
from tests.document_samples import LAYOUT, ROOT, SENTENCE, crowd, letterhead, paragraph, people, release


def made(letter: Release, layout: str = LAYOUT) -> Document:
    return render(letter, letterhead=letterhead(), layout=layout)


def texts(document: Document) -> list[str]:
    """The text layer of every page."""
    with pypdfium2.PdfDocument(document.pdf) as pdf:
        return [page.get_textpage().get_text_bounded() for page in pdf]


def solid(text: str) -> str:
    return re.sub(r"\s+", "", text)


def shown(letter: Release) -> str:
    """All printed characters without spaces."""
    return solid("".join(texts(made(letter))))


def refused(layout: str) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        made(release(), layout)
    return caught.value


def test_same_letter_gives_same_bytes() -> None:
    """Two renderings, one of them in another process, are byte-identical."""
    script = (
        "from tests.document_samples import *; from mailer.document import render;"
        "print(render(release(), letterhead=letterhead(), layout=LAYOUT).sha256)"
    )
    other = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    first, second = made(release()), made(release())
    assert first.pdf == second.pdf
    assert other.stdout.strip() == first.sha256


def test_another_letter_gives_other_bytes() -> None:
    """Number, title, body and names all reach the paper."""
    hashes = {
        made(letter).sha256
        for letter in (
            release(),
            release(number="26-11-국제-04"),
            release(headline="A statement"),
            release(body=()),
            release(signatories=crowd(39)),
        )
    }
    assert len(hashes) == 5


@pytest.mark.parametrize(
    ("names", "paragraphs"), [(0, 1), (0, 7), (0, 8), (1, 8), (7, 9), (8, 2), (61, 10), (62, 11), (300, 3), (900, 6)]
)
def test_page_count_is_the_real_one(names: int, paragraphs: int) -> None:
    """`pages`, the 전송매수 line and every footer tell the number of pages that the file has."""
    body = (*(paragraph(SENTENCE * 3) for _ in range(paragraphs)), paragraph("Sincerely,"))
    document = made(release(signatories=crowd(names), body=body))
    pages = texts(document)
    assert document.pages == len(pages)
    assert f"총{document.pages}매" in solid(pages[0])
    for number, page in enumerate(pages, 1):
        assert f"{number}/{document.pages}" in solid(page)
    assert document.findings == ()


@pytest.mark.parametrize("count", [1, 7, 8, 9, 150])
def test_every_name_stands_once(count: int) -> None:
    """No name is lost or doubled where columns and pages break."""
    printed = shown(release(signatories=crowd(count)))
    for n in range(count):
        assert printed.count(f"Archiveno{n:04d}") == 1


def test_names_read_down_the_columns() -> None:
    """Copied out of the file, the names keep the order of the letter."""
    printed = shown(release(signatories=crowd(150)))
    assert re.findall(r"no(\d{4})", printed) == [f"{n:04d}" for n in range(150)]


def test_columns_are_balanced() -> None:
    """On the last page the two columns of names end within two lines of each other."""
    letter = release(body=(paragraph("Sincerely,"),), signatories=people(*(f"Archive {n}" for n in range(31))))
    with pypdfium2.PdfDocument(made(letter).pdf) as pdf:
        page = pdf[0].get_textpage()
        ends = [_baseline(page, f"Archive {n}") for n in (15, 30)]
    assert abs(ends[0] - ends[1]) < 30


def _baseline(page: pypdfium2.PdfTextPage, text: str) -> float:
    found = page.search(text, match_whole_word=True).get_next()
    assert found is not None
    return float(page.get_charbox(found[0])[1])


@pytest.mark.parametrize("paragraphs", range(5, 13))
@pytest.mark.parametrize("names", [0, 3, 50])
def test_closing_never_stands_alone(names: int, paragraphs: int) -> None:
    """The last page holds names or a paragraph besides the closing date and the sender."""
    body = (*(paragraph(f"{SENTENCE * 2} Paragraph{n}.") for n in range(paragraphs)), paragraph("Sincerely,"))
    last = texts(made(release(signatories=crowd(names), body=body, notes=())))[-1]
    assert "2026년11월20일" in solid(last)
    assert "Archive" in last or "Paragraph" in last


def test_scripts_of_the_world_are_drawn_and_copied() -> None:
    """Hangul, Han, kana, Cyrillic, Arabic and Vietnamese names come out of the text layer as they went in."""
    names = ("홍길동 모임", "台灣記憶協會", "日本記憶の会", "Общество «Память»", "مركز الذاكرة", "Hội Nhớ Đỗ Ứng")
    printed = shown(release(signatories=people(*names)))
    for name in names:
        assert solid(name) in printed, name


def test_header_block_tells_every_field() -> None:
    """All fields that the letter has are printed with their labels; the weekday is computed."""
    letter = release(
        cc="국회 출입기자단",
        contact="홍길동 변호사 02)000-0101",
        attachments="성명서 1부",
        embargo=datetime(2026, 11, 21, 9, tzinfo=UTC),
    )
    first = solid(texts(made(letter))[0])
    for label in ("문서번호", "수신", "참조", "발신", "제목", "전송일자", "전송매수", "담당", "붙임", "엠바고"):
        assert label in first
    for value in (letter.number, letter.to, letter.sender, letter.title, letter.cc, letter.contact, letter.attachments):
        assert value is not None
        assert solid(value) in first
    assert "2026.11.20.(금)" in first
    assert "2026.11.21.(토)18:00(한국시각)이후보도" in first


def test_absent_fields_are_not_printed() -> None:
    """A letter without embargo, reference or contact shows no empty labels."""
    first = solid(texts(made(release()))[0])
    for label in ("참조", "담당", "붙임", "엠바고"):
        assert label not in first


def test_running_head_begins_on_the_second_page() -> None:
    """From page 2 on the number and the title stand on top, a long title cut with an ellipsis."""
    pages = texts(made(release(title="[공동성명] " + "기억할 권리에 관한 " * 12, signatories=crowd(90))))
    assert pages[0].count("26-11-국제-03") == 1
    for page in pages[1:]:
        assert "26-11-국제-03" in page
        assert "…" in page


def every_kind() -> Sequence[Block]:
    inline = (
        Run(text="굵은 ", lang="ko"),
        Strong(children=(Run(text="낱말", lang="ko"),)),
        Run(text="은 ", lang="ko"),
        Emphasis(children=(Run(text="기울임", lang="ko"),)),
        Strike(children=(Run(text="지움", lang="ko"),)),
        LineBreak(),
        Link(href="https://hanbit.example/", children=(Run(text="누리집 안내", lang="ko"),)),
        Code(text="code()"),
    )
    nested = BulletList(line=1, items=((paragraph("안쪽"), BulletList(line=1, items=((paragraph("더안쪽"),),))),))
    return (
        Heading(line=1, lang="ko", level=1, children=(Run(text="첫째제목", lang="ko"),)),
        Heading(line=1, lang="ko", level=2, children=(Run(text="둘째제목", lang="ko"),)),
        Paragraph(line=1, lang="ko", children=inline),
        BulletList(line=1, items=((paragraph("바깥"), nested),)),
        OrderedList(line=1, start=3, items=((paragraph("셋째항"),), (paragraph("넷째항"),))),
        Quote(line=1, children=(paragraph("따온 글"), Quote(line=1, children=(paragraph("속의 글"),)))),
        Table(line=1, rows=((inline[:1], inline[1:3]), ((Run(text="칸", lang="ko"),), ()))),
        Rule(line=1),
        CodeBlock(line=1, text="a = 1\n  b = 2"),
    )


def test_every_kind_of_block_is_set() -> None:
    """Each block and inline kind of the tree reaches the paper."""
    printed = shown(release(body=tuple(every_kind()), signatories=(), notes=tuple(every_kind())))
    for word in (
        "첫째제목",
        "둘째제목",
        "굵은낱말은기울임지움",
        "누리집안내code()",
        "안쪽",
        "더안쪽",
        "3.셋째항4.넷째항",
    ):
        assert printed.count(word) >= 2, word
    for word in ("따온글", "속의글", "칸", "b=2"):
        assert word in printed


def test_skipped_heading_levels_are_closed() -> None:
    """Headings that skip a level, or begin deep inside a quote, do not stop the document."""
    deep = Heading(line=1, lang="en", level=4, children=(Run(text="Deep", lang="en"),))
    top = Heading(line=1, lang="en", level=1, children=(Run(text="Top", lang="en"),))
    body = (Quote(line=1, children=(deep,)), deep, top, BulletList(line=1, items=((deep,),)))
    assert shown(release(body=body, notes=(deep,), signatories=())).count("Deep") == 4


HOSTILE = '#eval("1+1") #panic("x") $x^2$ @name <b>html</b> \\ ~ _under_ *star* `tick` // /* = heading - item [x](y) {{ 7*7 }} "'


@pytest.mark.parametrize(
    "changes",
    [
        {"body": (paragraph(HOSTILE),)},
        {"headline": HOSTILE, "title": HOSTILE},
        {"to": HOSTILE},
        {"signatories": people(HOSTILE)},
        {"notes": (paragraph(HOSTILE),)},
        {"body": (CodeBlock(line=1, text=HOSTILE),)},
    ],
)
def test_hostile_text_prints_literally(changes: dict[str, object]) -> None:
    """What looks like code or markup in a letter is printed, never run."""
    assert solid(HOSTILE) in shown(release(**changes))


def test_long_words_stay_on_the_paper() -> None:
    """Words without a place to break, Korean or Latin, do not run over the margin, nor into the other column."""
    words = ("가나다라마바사아자차" * 6, "averylongword" * 9, "someone.long@" + "sub." * 20 + "example")
    rows = tuple(tuple((Run(text="Internationalisierungskommission", lang="en"),) for _ in range(7)) for _ in range(3))
    letter = release(
        body=(*(paragraph(word) for word in words), Table(line=1, rows=rows)),
        signatories=people(*words, *(f"Archive {n}" for n in range(8)), *words),
    )
    with pypdfium2.PdfDocument(made(letter).pdf) as pdf:
        for page in pdf:
            text = page.get_textpage()
            edge = max(text.get_charbox(n)[2] for n in range(text.count_chars()))
            assert edge <= page.get_width() - 68


def test_archival_and_accessible() -> None:
    """The file says PDF/A-3a and PDF/UA-1, knows its language and title, and needs no system font."""
    document = made(release())
    for mark in (
        b"<pdfaid:part>3<",
        b"<pdfaid:conformance>A<",
        b"<pdfuaid:part>1<",
        b"/Lang(ko-KR)",
        b"/DisplayDocTitle true",
    ):
        assert mark in document.pdf
    with pypdfium2.PdfDocument(document.pdf) as pdf:
        facts = pdf.get_metadata_dict()
    assert facts["Title"] == release().title
    assert facts["Author"] == letterhead().name_ko
    assert facts["Keywords"] == release().number
    assert facts["CreationDate"] == "D:20261120000000Z"  # nine o'clock in Seoul


def test_pictures_show_every_page() -> None:
    """One PNG per page, larger with more pixels per inch."""
    small = pictures(release(), letterhead=letterhead(), layout=LAYOUT, ppi=30)
    large = pictures(release(), letterhead=letterhead(), layout=LAYOUT, ppi=60)
    assert len(small) == len(large) == made(release()).pages == 2
    assert all(page.startswith(b"\x89PNG") for page in (*small, *large))
    assert int.from_bytes(large[0][16:20]) == pytest.approx(2 * int.from_bytes(small[0][16:20]), abs=2)


def test_logo_is_printed() -> None:
    """A logo of the letterhead is drawn, with the organisation's name as its description."""
    logo = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9" fill="#a00"/></svg>'
    head = replace(letterhead(), logo=logo, logo_kind="svg")
    document = render(release(), letterhead=head, layout=LAYOUT)
    assert document.sha256 != made(release()).sha256
    assert b"/Figure" in document.pdf


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../../../etc/passwd", "../letterhead.toml"])
def test_layout_reads_no_files(target: str) -> None:
    """A layout cannot print another file of the machine."""
    error = refused(f'{LAYOUT}\n#read("{target}")')
    assert error.where == f"templates/document/letter.typ:{LAYOUT.count(chr(10)) + 2}"
    assert "root:" not in str(error)


def test_layout_uses_no_packages() -> None:
    """A package from the network is refused before anything is looked up, with the line."""
    error = refused(f'{LAYOUT}\n#import "@preview/thing:0.1.0": *')
    assert error.where == f"templates/document/letter.typ:{LAYOUT.count(chr(10)) + 2}"
    assert "network" in error.what.en


@pytest.mark.parametrize(
    "mistake", ["#let x = ", "#nothing-known", "#while true {}", "#let f(x) = f(x)\n#f(1)", '#panic("no")']
)
def test_mistake_in_the_layout_names_its_line(mistake: str) -> None:
    """A wrong layout gives the line and a remedy in both languages, not a stack trace."""
    error = refused(f"// first line\n{mistake}\n{LAYOUT}")
    assert re.fullmatch(r"templates/document/letter\.typ:[23]", error.where)
    assert error.exit_code == 4
    assert error.remedy is not None


def test_unknown_face_in_the_layout_is_a_warning() -> None:
    """A face that is not bundled is named with its line; the page is set with the bundled ones."""
    document = made(release(), LAYOUT.replace('"Amiri"', '"Comic Sans MS"', 1))
    assert [(f.level, f.code) for f in document.findings][:1] == [(Level.WARNING, "document.layout")]
    assert "comic sans" in document.findings[0].message.ko
    assert re.fullmatch(r"templates/document/letter\.typ:\d+", document.findings[0].where)


def test_undrawable_text_is_never_printed_as_boxes() -> None:
    """Should the check for glyphs be skipped, the typesetter still refuses and names the character."""
    with pytest.raises(DocumentError) as caught:
        made(release(body=(paragraph("together 😀"),)))
    assert "😀" in caught.value.what.ko
    assert caught.value.where == "letters/remember.md"
