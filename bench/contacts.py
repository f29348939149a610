"""Time and peak memory for reading lists: 100,000 rows of CSV and XLSX, and 10 MB of noise.

    python bench/contacts.py            every case in its own process, so that peaks do not add up
    python bench/contacts.py csv        one case

Bars: a list of 100,000 rows in under 10 s and 300 MB; noise refused or read within the same.
"""

from __future__ import annotations

import io
import random
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from mailer.contacts import merge, parse, parse_address, upkeep
from mailer.errors import ListError

ROWS = 100_000
NOISE = 10 * 2**20
HEADER = ["이메일", "이름", "매체", "부서", "직함", "언어", "태그", "전화"]


def row(number: int, domains: int) -> list[str]:
    syllable = chr(0xAC00 + number % 11_000)
    address = f"reporter{number}@paper{number % domains}.example"
    return [
        address,
        f"홍길{syllable}",
        f"매체{number % 500}",
        "사회부",
        "기자",
        "ko",
        "인권; 노동",
        f"010-{number:08d}",
    ]


def csv(encoding: str = "utf-8-sig", domains: int = 500) -> bytes:
    lines = [",".join(HEADER), *(",".join(row(number, domains)) for number in range(ROWS))]
    return "\r\n".join(lines).encode(encoding)


def xlsx() -> bytes:
    """Inline strings, as streaming writers make them: the slowest kind to read."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    relation = '<Relationships xmlns="{}"><Relationship Id="r1" Type="{}/{}" Target="{}"/></Relationships>'
    sheets = f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("_rels/.rels", relation.format(package, office, "officeDocument", "xl/workbook.xml"))
        book.writestr("xl/workbook.xml", sheets)
        book.writestr("xl/_rels/workbook.xml.rels", relation.format(package, office, "worksheet", "worksheets/s.xml"))
        with book.open("xl/worksheets/s.xml", "w") as part:
            part.write(f'<worksheet xmlns="{main}"><sheetData>'.encode())
            for number, cells in enumerate([HEADER, *(row(number, 500) for number in range(ROWS))], 1):
                written = "".join(
                    f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>'
                    for column, cell in enumerate(cells)
                )
                part.write(f'<row r="{number}">{written}</row>'.encode())
            part.write(b"</sheetData></worksheet>")
    return file.getvalue()


def letters(alphabet: bytes) -> bytes:
    return b"email,name\n" + bytes(random.Random(1).choices(alphabet, k=NOISE))


def odd_letters() -> bytes:
    chance = random.Random(1)
    lines = []
    for _ in range(NOISE // 72):
        local = "".join(chr(chance.randint(0xA0, 0xD7FF)) for _ in range(20))
        lines.append(f"{local}@{chr(chance.randint(0xA0, 0xD7FF))}.org")
    return "\n".join(["email", *lines]).encode()


CASES: dict[str, Callable[[], bytes]] = {
    "csv": csv,
    "csv-cp949": lambda: csv("cp949"),
    "csv-many-domains": lambda: csv(domains=ROWS),
    "xlsx": xlsx,
    "noise-bytes": lambda: random.Random(1).randbytes(NOISE),
    "noise-letters": lambda: letters(b'abcdefghijk ,;"\n@.\t'),
    "noise-quotes": lambda: b"email,name\n" + b'"a\n' * (NOISE // 3),
    "noise-line-ends": lambda: b"email,name\n" + b"\n" * NOISE,
    "noise-one-line": lambda: "email,name\n\U0001f600".encode() + b"a" * NOISE,
    "noise-high-bytes": lambda: bytes(random.Random(1).choices(range(0x81, 0xFE), k=NOISE)),
    "noise-odd-letters": odd_letters,
}


def run(case: str) -> None:
    data = CASES[case]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.perf_counter()
    try:
        contacts = parse(data, source="list.csv")
        took = time.perf_counter() - started
        what = f"{len(contacts.contacts):,} contacts, {len(contacts.problems):,} problems"
        started = time.perf_counter()
        merge([contacts])
        what += f"; merged in {time.perf_counter() - started:.2f} s"
        started = time.perf_counter()
        upkeep.render_list(contacts.contacts)
        what += f"; rendered in {time.perf_counter() - started:.2f} s"
    except ListError as error:
        took = time.perf_counter() - started
        what = "refused: " + error.what.en[:60]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{case:18} {len(data) / 2**20:5.1f} MB  {took:6.2f} s  peak {peak:4.0f} MB (input alone {before:3.0f})  {what}"
    )


def malformed() -> None:
    chance = random.Random(7)
    pieces = [
        "kim",
        "@",
        "..",
        ",",
        " ",
        "＠",
        "naver",
        ".com",
        "<",
        ">",
        '"',
        "홍길동",
        "xn--",
        "-",
        "é",
        "\u200b",
        "a" * 70,
    ]
    texts = ["".join(chance.choices(pieces, k=chance.randint(1, 9))) for _ in range(10_000)]
    started = time.perf_counter()
    for text in texts:
        parse_address(text)
    print(f"{'10,000 malformed':18}           {time.perf_counter() - started:6.2f} s")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(sys.argv[1])
    else:
        for name in CASES:
            subprocess.run([sys.executable, __file__, name], check=True)
        malformed()
