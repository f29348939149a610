"""출고 전 점검: what is looked at before anything may go out. Pure rules over values; every rule has a stable code.

The rooms below find what concerns one letter, one list or one template; the rules here see them together: the paper against the
mail, the mail against its size, the schedule against the letter, this send against earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from ipaddress import ip_address
from zoneinfo import ZoneInfo

from mailer.contacts import Audience, ContactList, parse_address
from mailer.contacts.addresses import is_reserved
from mailer.desk.times import WEEKDAYS_EN, WEEKDAYS_KO, zoned
from mailer.dispatch import Address, Dispatch, DispatchStatus
from mailer.document import Document, Letterhead
from mailer.findings import Finding, Level
from mailer.release import Release
from mailer.wording import Text, with_particle

__all__ = [
    "LETTERHEAD_PARTS",
    "audience_findings",
    "history_findings",
    "letter_findings",
    "letterhead_findings",
    "message_findings",
    "schedule_findings",
    "server_findings",
    "sorted_findings",
    "template_findings",
]

LARGE_MESSAGE = 5_000_000
LARGEST_MESSAGE = 20_000_000
LONG_SUBJECT = 120
LETTERHEAD_PARTS = {
    "name_ko": Text("단체 이름(국문)", "Name (Korean)"),
    "name_en": Text("단체 이름(영문)", "Name (English)"),
    "address": Text("주소", "Address"),
    "phone": Text("전화", "Phone"),
    "fax": Text("팩스", "Fax"),
    "web": Text("웹페이지", "Web page"),
    "email": Text("전자우편", "E-mail"),
}
"""What the texts of a letterhead are called on screens, by their key in the file."""
_ORDER = [Level.ERROR, Level.WARNING, Level.OK]


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Errors first, then warnings, then what holds; otherwise in the order found."""
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.level)))


def letter_findings(release: Release, document: Document) -> list[Finding]:
    """The letter against its own paper."""
    return [
        Finding(
            level=Level.OK,
            code="document.pages",
            message=Text(
                f"전송매수: 총 {document.pages}매 (PDF에서 셈)",
                f"{document.pages} {'page' if document.pages == 1 else 'pages'}, counted in the PDF",
            ),
            where=document.filename,
        ),
        Finding(
            level=Level.OK,
            code="document.glyphs",
            message=Text("모든 글자를 문서 글꼴로 찍을 수 있습니다", "every character can be printed"),
            where=release.source,
        ),
    ]


def letterhead_findings(release: Release, letterhead: Letterhead) -> list[Finding]:
    """The organisation's lines in the letter against `templates/letterhead.toml`: the letter's own are printed."""
    general = letterhead.printed()
    differing = [LETTERHEAD_PARTS[key] for key, text in release.organisation if general.get(key) != text]
    if not release.organisation:
        return []
    if not differing:
        message = Text(
            "원고의 단체 정보가 저장해 둔 문서 머리와 같습니다", "the letterhead written in the letter is the saved one"
        )
        return [Finding(level=Level.OK, code="letter.letterhead", message=message, where=f"{release.source}:1")]
    ko, en = ", ".join(part.ko for part in differing), ", ".join(part.en for part in differing)
    return [
        _warning(
            "letter.letterhead",
            Text(
                f"원고에 적힌 단체 정보로 찍습니다. 저장해 둔 문서 머리와 다릅니다: {ko}",
                f"the letterhead written in the letter is printed; it differs from the saved one: {en}",
            ),
            where=f"{release.source}:1",
            remedy=Text(
                "우리 단체라면 templates/letterhead.toml도 고쳐 두십시오",
                "if it is your organisation, correct templates/letterhead.toml too",
            ),
        )
    ]


def message_findings(messages: Sequence[tuple[str, str, int]], release: Release) -> list[Finding]:
    """Every (address, subject, size in octets): one subject for all, equal to 제목; a size that mail servers take."""
    if not messages:
        return []
    findings = [*_subject_findings({subject for _, subject, _ in messages}, release)]
    address, _, largest = max(messages, key=lambda entry: entry[2])
    level = Level.OK
    if largest > LARGE_MESSAGE:
        level = Level.ERROR if largest > LARGEST_MESSAGE else Level.WARNING
    size = _size(largest)
    findings.append(
        Finding(
            level=level,
            code="message.size",
            message=Text(f"가장 큰 메일 {size} ({address})", f"the largest message is {size} ({address})"),
            remedy=None
            if level is Level.OK
            else Text("그림을 줄이거나 첨부를 빼십시오", "make pictures smaller or leave attachments out"),
        )
    )
    return findings


def template_findings(people: int, written_out: int, folder: str) -> list[Finding]:
    """What the templates in `folder` cost when they compute with a person's words instead of only placing them."""
    if not written_out:
        return []
    return [
        Finding(
            level=Level.OK,
            code="template.person_by_person",
            message=Text(
                f"서식이 받는 사람의 값으로 계산을 하므로 {people}명 가운데 {written_out}명의 메일을 한 통씩 따로 만듭니다. 내용은 "
                "같고 시간만 더 걸립니다",
                f"the templates compute with a person's words, so {written_out} of {people} messages are made one by one: the "
                "content is the same, it only takes longer",
            ),
            where=folder,
        )
    ]


def server_findings(
    messages: Sequence[tuple[str, int]], *, size_limit: int | None, extensions: Sequence[str], place: str
) -> list[Finding]:
    """Every (address, size in octets) against what the server says it takes (RFC 1870, RFC 6531), and against what no server
    can deliver: a domain reserved for examples (RFC 2606) outside this office."""
    findings = _reserved_findings([entry for entry, _ in messages], place)
    address, largest = max(messages, key=lambda entry: entry[1], default=("", 0))
    if size_limit is not None and size_limit and largest > size_limit:
        taken, made = _size(size_limit), _size(largest)
        if taken == made:
            taken, made = f"{size_limit:,} B", f"{largest:,} B"
        findings.append(
            Finding(
                level=Level.ERROR,
                code="server.size",
                message=Text(
                    f"서버는 한 통에 {taken}까지 받는데 메일이 {made}입니다 ({address})",
                    f"the server takes {taken} a message, this one has {made} ({address})",
                ),
                where=place,
                remedy=Text("그림을 줄이거나 첨부를 빼십시오", "make pictures smaller or leave attachments out"),
            )
        )
    foreign = [entry for entry, _ in messages if not entry.rpartition("@")[0].isascii()]
    if foreign and "SMTPUTF8" not in extensions:
        shown = ", ".join(foreign[:3])
        findings.append(
            _warning(
                "server.smtputf8",
                Text(
                    f"서버가 한글 아이디 주소를 받지 않아 {len(foreign)}명은 실패합니다: {shown}",
                    f"the server takes no addresses outside ASCII: {len(foreign)} will fail ({shown})",
                ),
                where=place,
                remedy=Text("그 사람들의 다른 주소를 쓰십시오", "use another address of these people"),
            )
        )
    return findings


def _size(octets: int) -> str:
    return f"{octets / 1_000_000:.1f} MB" if octets >= 1_000_000 else f"{octets / 1000:.0f} KB"


def _reserved_findings(written: Sequence[str], place: str) -> list[Finding]:
    host = place.rpartition(":")[0].strip("[]")
    found = (parse_address(entry, check_slips=False) for entry in written)
    reserved = [str(one) for one in found if isinstance(one, Address) and is_reserved(one)]
    if not reserved or _is_in_house(host):
        return []
    shown = ", ".join(reserved[:3]) + (" …" if len(reserved) > 3 else "")
    return [
        Finding(
            level=Level.ERROR,
            code="server.reserved",
            message=Text(
                f"예시용 도메인 주소 {len(reserved)}개를 실제 메일 서버로 보내려 합니다: {shown}",
                f"{len(reserved)} addresses of example domains would go to a real mail server: {shown}",
            ),
            where=place,
            remedy=Text(
                "견본 명단이 섞이지 않았는지 확인하십시오. 빼려면 --where 'not domain=example', 연습이라면 SMTP_HOST를 비우십시오",
                "is a sample list among them? leave them out with --where 'not domain=example', or unset SMTP_HOST to practise",
            ),
        )
    ]


def _is_in_house(host: str) -> bool:
    """A test server: this machine, a private network, a name without a dot as containers have, a reserved name."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.casefold().endswith((".localhost", ".test", ".example", ".internal"))
    return address.is_loopback or address.is_private


def _subject_findings(subjects: set[str], release: Release) -> Iterable[Finding]:
    if subjects == {release.title}:
        yield Finding(
            level=Level.OK,
            code="message.subject",
            message=Text("메일 제목, 문서 제목, 머리글 제목이 같습니다", "subject, heading and 제목 are the same"),
            where=release.source,
        )
    else:
        odd = sorted(subjects - {release.title})[0]
        yield Finding(
            level=Level.WARNING,
            code="message.subject",
            message=Text(f"메일 제목이 문서 제목과 다릅니다: {odd}", f"a subject differs from the title: {odd}"),
            where="templates/email/subject.txt.j2",
            remedy=Text("의도한 것이 아니면 서식을 고치십시오", "correct the template unless you meant it"),
        )
    if len(release.title) > LONG_SUBJECT:
        yield Finding(
            level=Level.WARNING,
            code="message.subject_long",
            message=Text(
                f"제목이 {len(release.title)}자로 길어 받은편지함에서 잘립니다",
                f"the subject has {len(release.title)} characters and will be cut in inboxes",
            ),
            where=release.source,
        )


def audience_findings(audience: Audience, lists: Sequence[ContactList]) -> list[Finding]:
    """Who is in, who is out, and every row that could not be used."""
    findings = [
        Finding(
            level=Level.OK,
            code="audience.count",
            message=Text(
                f"명단 {audience.listed}명 가운데 {len(audience.recipients)}명에게 보냅니다",
                f"{len(audience.recipients)} of {audience.listed} people listed get it",
            ),
        )
    ]
    for contacts in lists:
        findings += [
            Finding(
                level=Level.WARNING,
                code=f"list.{problem.code}",
                message=problem.problem,
                where=f"{contacts.source}:{problem.row}",
                remedy=Text(f"혹시 {problem.suggestion}입니까?", f"did you mean {problem.suggestion}?")
                if problem.suggestion
                else None,
            )
            for problem in contacts.problems
            if problem.level is not Level.OK
        ]
    findings += [
        Finding(
            level=Level.WARNING,
            code="audience.near_duplicate",
            message=Text(
                f"같은 사람일 수 있습니다: {near.name} ({near.outlet}) {', '.join(near.addresses)}",
                f"perhaps the same person: {near.name} ({near.outlet}) {', '.join(near.addresses)}",
            ),
        )
        for near in audience.near
    ]
    return findings


def schedule_findings(release: Release, send_at: datetime, zone: str) -> list[Finding]:
    """The moment of sending against the letter's own date and embargo, and against office hours."""
    here = send_at.astimezone(ZoneInfo(zone))
    findings = list(_date_findings(release, here.date()))
    shown = zoned(send_at, zone)
    if here.weekday() >= 5:
        findings.append(
            _warning("schedule.weekend", Text(f"주말에 나갑니다: {shown.ko}", f"goes out on a weekend: {shown.en}"))
        )
    if here.hour >= 21 or here.hour < 6:
        findings.append(
            _warning("schedule.night", Text(f"밤에 나갑니다: {shown.ko}", f"goes out at night: {shown.en}"))
        )
    if release.embargo is not None and send_at < release.embargo:
        until = zoned(release.embargo, zone)
        findings.append(
            _warning(
                "schedule.embargo",
                Text(f"엠바고({until.ko}) 전에 나갑니다", f"goes out before the embargo ends ({until.en})"),
            )
        )
    return findings


def _date_findings(release: Release, day: date) -> Iterable[Finding]:
    dated = release.dated
    if day == dated:
        message = Text("전송일자와 보내는 날이 같습니다", "the letter's date is the day it is sent")
        yield Finding(level=Level.OK, code="schedule.date", message=message, where=release.source)
    else:
        yield _warning(
            "schedule.date",
            Text(
                f"전송일자는 {dated}({WEEKDAYS_KO[dated.weekday()]})인데 {day}({WEEKDAYS_KO[day.weekday()]})에 나갑니다",
                f"the letter is dated {dated} ({WEEKDAYS_EN[dated.weekday()]})"
                f" but goes out on {day} ({WEEKDAYS_EN[day.weekday()]})",
            ),
            where=release.source,
            remedy=Text(
                "전송일자를 고치거나 보내는 날을 바꾸십시오", "correct the date in the letter or the day of sending"
            ),
        )


def history_findings(release: Release, dispatches: Iterable[Dispatch], *, practice: bool = False) -> list[Finding]:
    """A journalist mailed twice: an earlier dispatch of the same number or title that was not cancelled. Of several the one that
    went out last is named, before those that still wait. A rehearsal in practice mode is no earlier dispatch of the real one."""
    over = (DispatchStatus.CANCELLED, DispatchStatus.DRAFT)
    same = [one for one in dispatches if one.status not in over and one.practice == practice and _is_same(one, release)]
    if not same:
        return []
    earlier = max(same, key=lambda one: (one.started_at is not None, one.id))
    number = earlier.id
    remedy = Text(
        f"못 받은 사람에게만 보내려면: mailer resend {number} --failed",
        f"to reach only those who did not get it: mailer resend {number} --failed",
    )
    if earlier.started_at is None:
        remedy = Text(f"그 대신이라면 먼저: mailer cancel {number}", f"if this takes its place: mailer cancel {number}")
    message = Text(
        f"문서번호나 제목이 같은 발송 {with_particle(number, '이/가')} 이미 있습니다. 같은 사람이 두 번 받을 수 있습니다",
        f"dispatch {number} has the same number or title: people may get it twice",
    )
    return [_warning("dispatch.repeated", message, where=release.source, remedy=remedy)]


def _is_same(dispatch: Dispatch, release: Release) -> bool:
    return dispatch.title == release.title or (bool(release.number) and dispatch.number == release.number)


def _warning(code: str, message: Text, *, where: str = "", remedy: Text | None = None) -> Finding:
    return Finding(level=Level.WARNING, code=code, message=message, where=where, remedy=remedy)
