"""`Sender`, `EmailTemplates`, `Message`: what a composer works from and what it hands out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mailer.dispatch.model import Envelope
from mailer.errors import MessageError, TemplateError, system_reason
from mailer.message.header import checked, plain_address
from mailer.wording import Text

__all__ = ["EmailTemplates", "Message", "Sender"]

FILES = {"subject": "subject.txt.j2", "text": "body.txt.j2", "html": "body.html.j2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who a dispatch is from. Addresses are `local@domain`, ASCII local parts; `reply_to`, `bounce_address` and `unsubscribe`
    (where requests to be left out go) default to `address` when empty. A Sender that exists can be written into headers:
    anything else raises MessageError here."""

    name: str
    address: str
    reply_to: str = ""
    bounce_address: str = ""
    unsubscribe: str = ""

    def __post_init__(self) -> None:
        place = "MAILER_FROM"
        name = checked(self.name, what=Text("보내는 사람 이름", "the sender's name"), where=place)
        object.__setattr__(self, "name", name.strip())
        for attribute, place in (
            ("address", "MAILER_FROM"),
            ("reply_to", "MAILER_REPLY_TO"),
            ("bounce_address", "MAILER_BOUNCE_ADDRESS"),
            ("unsubscribe", "MAILER_REPLY_TO"),
        ):
            address = plain_address(getattr(self, attribute) or self.address, where=place)
            if not address.isascii():
                raise MessageError(
                    Text(
                        f"보내는 쪽 주소는 영문이어야 합니다: {address}",
                        f"the sender's address must be ASCII: {address}",
                    ),
                    where=place,
                    remedy=Text("영문 계정 이름을 써 주십시오", "use a mailbox name in ASCII"),
                )
            object.__setattr__(self, attribute, address)

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailTemplates:
    """The sources of the three Jinja2 templates; `folder` is only for messages ("templates/email")."""

    subject: str
    text: str
    html: str
    folder: str = "templates/email"

    @classmethod
    def read(cls, folder: Path, *, shown: str = "") -> EmailTemplates:
        """The three files of `folder`; TemplateError when one is missing or not UTF-8. `shown` is how messages name the folder."""
        label = shown or str(folder)
        return cls(folder=label, **{key: _source(folder / name, f"{label}/{name}") for key, name in FILES.items()})

    def where(self, key: str) -> str:
        return f"{self.folder}/{FILES[key]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One person's e-mail: the envelope with its finished bytes, and what they decode to. `content_sha256` leaves out Date and
    Message-ID (see `content_sha256()`)."""

    envelope: Envelope
    subject: str
    content_sha256: str
    texts: Callable[[], tuple[str, str]] = field(repr=False, compare=False)
    """The text and the HTML; made when somebody looks, because sending does not."""

    @property
    def text(self) -> str:
        return self.texts()[0]

    @property
    def html(self) -> str:
        return self.texts()[1]


def _source(path: Path, where: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = system_reason(error)
        raise TemplateError(
            Text(f"서식 파일을 읽을 수 없습니다 ({reason.ko})", f"the template cannot be read ({reason.en})"),
            where=where,
            remedy=Text(
                "파일이 있는지 확인하거나 mailer init으로 새로 만드십시오",
                "check the file, or make it anew with mailer init",
            ),
        ) from error
    except UnicodeDecodeError as error:
        raise TemplateError(
            Text("서식 파일이 UTF-8이 아닙니다", "the template is not UTF-8"),
            where=where,
            remedy=Text("편집기에서 UTF-8로 다시 저장해 주십시오", "save it as UTF-8 in your editor"),
        ) from error
