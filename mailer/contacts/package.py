"""The outside of an Excel workbook: a zip whose parts are opened one by one, within limits that a bomb cannot pass.

Checked before anything is unpacked: the size of the directory, the number of parts, their declared sizes and ratios. Python's
zip reader never yields more than the declared size, so a lie there ends the reading. Links to other files are not followed.

Not here: what the parts mean (`sheets`, `cells`).
"""

from __future__ import annotations

import posixpath
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from mailer.errors import ListError
from mailer.wording import Text

__all__ = ["Package", "broken_workbook", "dangerous_workbook"]

DIRECTORY_LIMIT = 2**20
PARTS_LIMIT = 4000
SIZE_LIMIT = 200 * 2**20
RATIO_LIMIT = 200
RATIO_FROM = 20 * 2**20
SECONDS = 9.0
CHUNK = 2**16


class Package:
    """A workbook's parts. All reading shares one budget of processor seconds, so that no part can be slow by itself."""

    def __init__(self, data: bytes, source: str) -> None:
        self.source = source
        self._stop = time.thread_time() + SECONDS
        if _directory_size(data) > DIRECTORY_LIMIT:
            raise _bomb(source)
        with self._translated():
            self._zip = zipfile.ZipFile(BytesIO(data))
        parts = self._zip.infolist()
        if len(parts) > PARTS_LIMIT or any(_is_suspicious(part) for part in parts):
            raise _bomb(source)
        self.names = frozenset(part.filename for part in parts)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a part, unpacked piece by piece."""
        with self._translated(), self._zip.open(name) as part:
            while chunk := part.read(CHUNK):
                if time.thread_time() > self._stop:
                    raise ListError(
                        Text("통합 문서를 읽는 데 너무 오래 걸려 멈추었습니다", "the workbook takes too long to read"),
                        where=self.source,
                        remedy=Text(
                            "명단 시트만 CSV UTF-8로 저장해 주십시오", "save just the sheet with the list as CSV UTF-8"
                        ),
                    )
                yield chunk

    def resolve(self, base: str, target: str) -> str:
        """The name of the part that `target` means when it stands in the part `base`."""
        return posixpath.normpath(posixpath.join("/", posixpath.dirname(base), target)).lstrip("/")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _ZIP_ERRORS as error:
            raise broken_workbook(self.source) from error


# RuntimeError: encrypted part. NotImplementedError (its subclass): unknown compression. ValueError, struct.error: odd headers.
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, ValueError, RuntimeError, struct.error)


def broken_workbook(source: str) -> ListError:
    return ListError(
        Text(
            "엑셀(.xlsx) 파일이 손상되었거나 다른 형식입니다", "this Excel file (.xlsx) is damaged or of another kind"
        ),
        where=source,
        remedy=Text(
            "엑셀에서 열어 .xlsx나 ‘CSV UTF-8(쉼표로 분리)’로 다시 저장해 주십시오",
            'open it in Excel and save it again as .xlsx or "CSV UTF-8 (comma delimited)"',
        ),
    )


_MISTRUST = Text(
    "받은 곳을 확인하고, 명단만 새 파일에 붙여 넣어 저장해 주십시오",
    "check where it came from; paste the list into a new file",
)


def dangerous_workbook(source: str) -> ListError:
    """A workbook with entities, endless tokens or endless elements: nothing that a spreadsheet program writes."""
    return ListError(
        Text(
            "엑셀이 만들지 않는 위험한 내용(바깥 파일 참조, 끝없이 불어나는 글)이 들어 있어 읽지 않았습니다",
            "it holds what no spreadsheet program writes (entities, endless text); it was not read",
        ),
        where=source,
        remedy=_MISTRUST,
    )


def _bomb(source: str) -> ListError:
    return ListError(
        Text(
            "압축을 풀면 지나치게 커지는 파일이라 열지 않았습니다",
            "the file unpacks to an unreasonable size; it was not opened",
        ),
        where=source,
        remedy=_MISTRUST,
    )


def _directory_size(data: bytes) -> int:
    """What the end record says about the zip directory. Python would build an object for each of its entries, in millions."""
    at = len(data) - 22
    if data[at : at + 4] != b"PK\x05\x06" or data[-2:] != b"\0\0":
        at = data.rfind(b"PK\x05\x06", max(0, len(data) - 22 - 2**16))
    if at < 0 or at + 22 > len(data):
        return 0
    size: int = struct.unpack_from("<L", data, at + 12)[0]
    return size


def _is_suspicious(part: zipfile.ZipInfo) -> bool:
    return part.file_size > SIZE_LIMIT or (
        part.file_size > RATIO_FROM and part.file_size > RATIO_LIMIT * max(1, part.compress_size)
    )
