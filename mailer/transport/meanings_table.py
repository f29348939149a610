"""The table behind `explain`: enhanced codes (RFC 3463, 4954, 5248 registry), bare codes (RFC 5321), telling words, silence.

Keys of ENHANCED are `subject.detail` for classes 4 and 5 alike ("1.1"), or a whole code where a class differs ("4.7.1").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailer.dispatch.model import Stage
from mailer.wording import Text

__all__ = ["BARE", "ENHANCED", "SILENT", "STAGED", "TODO", "WORDS", "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """`todo` names a sentence of TODO, shown for final refusals; `urgent`: shown even when it is only put off."""

    what: Text
    todo: str
    urgent: bool = False


TODO = {
    "wait": Text(
        "자동으로 다시 시도합니다. 하실 일이 없습니다.",
        "It is tried again by itself. Nothing to do.",
    ),
    "doubt": Text(
        "받는 분께 도착했는지 여쭤 보시거나 반송 메일을 기다리신 뒤, ‘확인 필요’ 목록에서 "
        "접수·재발송·포기 가운데 하나로 정해 주십시오. "
        "다시 보내면 두 번 도착할 수 있습니다.",
        "Ask the recipient whether it arrived, or wait for a bounce; then settle it as accepted, resend or abandon "
        "in the list of doubts. A resend may arrive twice.",
    ),
    "check_address": Text(
        "주소의 철자를 확인해 명단을 고치고, 고친 주소로는 새로 보내 주십시오(다시 보내기는 옛 주소로 갑니다). "
        "그만둔 분이라면 명단에서 빼 주십시오.",
        "Check the spelling, correct the list, and send anew to the right address (a resend goes to the old one). "
        "If the person has left, take them off the list.",
    ),
    "other_way": Text(
        "전화나 다른 주소로 알려 드리고, 며칠 뒤에도 그대로라면 명단의 주소를 바꿔 주십시오.",
        "Reach the person by phone or another address; if it is still so in a few days, change the address in the list.",
    ),
    "ask_recipient": Text(
        "받는 분이나 그 매체의 전산 담당자에게 우리 주소를 허용해 달라고 부탁해 주십시오.",
        "Ask the recipient or the outlet's IT staff to allow mail from our address.",
    ),
    "ask_admin": Text(
        "서버 응답을 그대로 메일 서버 관리자나 메일 업체에 전해 주십시오.",
        "Pass the server's answer on, word for word, to whoever runs your mail server.",
    ),
    "shrink": Text(
        "PDF나 그림의 크기를 줄이거나, 첨부 대신 내려받는 주소를 본문에 적어 새로 발송해 주십시오.",
        "Make the PDF or pictures smaller, or link to them instead of attaching, and send anew.",
    ),
    "content": Text(
        "발송을 멈추고 제목·본문·링크·첨부에 스팸으로 보일 만한 것이 있는지 살펴봐 주십시오. "
        "문제가 없다면 받는 서버 관리자에게 문의해 주십시오.",
        "Stop and look at subject, text, links and attachment for what may look like spam. "
        "If there is nothing, ask whoever runs the receiving server.",
    ),
    "sender": Text(
        "보내는 주소(MAILER_FROM)와 반송 주소(MAILER_BOUNCE_ADDRESS)가 "
        "실제로 있고 이 서버에서 쓸 수 있는 주소인지 확인해 주십시오.",
        "Check that the sender (MAILER_FROM) and the bounce address (MAILER_BOUNCE_ADDRESS) exist and may be used on this server.",
    ),
    "dns": Text(
        "기관 도메인의 SPF·DKIM·DMARC 설정을 도메인 관리자와 확인해 주십시오. 고치기 전에는 다른 분들에게도 거부될 수 있습니다.",
        "Check SPF, DKIM and DMARC of your domain with whoever manages it. Until then others may refuse it too.",
    ),
    "slow_down": Text(
        "발송 속도(MAILER_RATE, MAILER_RATE_PER_DOMAIN)를 낮춰 주십시오. 미뤄진 분에게는 자동으로 다시 시도합니다.",
        "Lower the pace (MAILER_RATE, MAILER_RATE_PER_DOMAIN). Those put off are tried again by themselves.",
    ),
    "blocked": Text(
        "우리 서버의 IP가 차단 목록에 있는지 메일 서버 관리자에게 확인을 부탁하고, 받는 쪽에 해제를 요청해 주십시오.",
        "Have whoever runs your mail server check whether its IP address is on a block list, "
        "and ask the receiving side to lift it.",
    ),
    "login": Text(
        "SMTP_USERNAME과 SMTP_PASSWORD를 확인해 주십시오. 2단계 인증 계정은 앱 비밀번호가 필요합니다. "
        "고친 뒤 발송을 재개해 주십시오.",
        "Check SMTP_USERNAME and SMTP_PASSWORD; accounts with two-step login need an app password. Then resume the dispatch.",
    ),
    "encrypt": Text(
        "SMTP_SECURITY를 starttls(587번 포트)나 tls(465번 포트)로 바꾼 뒤 발송을 재개해 주십시오.",
        "Set SMTP_SECURITY to starttls (port 587) or tls (port 465), then resume the dispatch.",
    ),
    "server": Text(
        "인터넷 연결과 SMTP_HOST·SMTP_PORT를 확인해 주십시오. 연결되면 자동으로 다시 시도합니다.",
        "Check the internet connection, SMTP_HOST and SMTP_PORT. It is tried again by itself.",
    ),
    "report": Text(
        "프로그램과 서버가 서로 맞지 않습니다. 서버 응답을 그대로 붙여 프로그램 관리자에게 알려 주십시오.",
        "Program and server do not understand each other. Please report it with the server's answer.",
    ),
}


def _entry(ko: str, en: str, todo: str, *, urgent: bool = False) -> Entry:
    return Entry(Text(ko, en), todo, urgent)


_NO_USER = _entry("존재하지 않는 주소입니다.", "There is no such recipient.", "check_address")
_NO_DOMAIN = _entry("받는 주소의 도메인이 없습니다.", "The recipient's domain does not exist.", "check_address")
_NO_MAIL = _entry(
    "받는 도메인은 메일을 받지 않습니다.", "The recipient's domain takes no mail at all.", "check_address"
)
_MOVED = _entry("받는 분의 주소가 바뀌었습니다.", "The recipient's address has changed.", "check_address")
_FULL = _entry("받는 분의 메일함이 가득 찼습니다.", "The recipient's mailbox is full.", "other_way")
_BUSY = _entry("받는 분의 메일함을 지금은 쓸 수 없습니다.", "The recipient's mailbox cannot be used now.", "other_way")
_TOO_BIG = _entry("메일이 서버가 받는 크기보다 큽니다.", "The message is larger than the server takes.", "shrink")
_SERVER_FULL = _entry("메일 서버의 저장 공간이 부족합니다.", "The mail server has too little room.", "ask_admin")
_SERVER_AWAY = _entry(
    "메일 서버가 지금은 메일을 받지 않습니다.", "The mail server takes no mail at the moment.", "ask_admin"
)
_GREYLIST = _entry(
    "받는 서버가 처음 보는 발신자라 잠시 뒤에 다시 보내라고 했습니다(그레이리스트).",
    "The receiving server does not know us yet and asks to come back later (greylisting).",
    "wait",
)
_NOT_ALLOWED = _entry(
    "받는 쪽의 방침으로 거부되었습니다.", "It was refused by the receiving side's policy.", "ask_recipient"
)
_RATE = _entry(
    "짧은 시간에 너무 많이 보냈다고 합니다.",
    "The server says too much was sent in too short a time.",
    "slow_down",
    urgent=True,
)
_BLOCKED = _entry("우리 서버의 IP가 차단되어 있습니다.", "Our server's IP address is blocked.", "blocked", urgent=True)
_SPAM = _entry("내용이 스팸으로 분류되어 거부되었습니다.", "The content was refused as spam.", "content")
_SPF = _entry(
    "보내는 서버가 우리 도메인의 SPF에 허용되어 있지 않습니다.",
    "The sending server is not allowed by our domain's SPF.",
    "dns",
    urgent=True,
)
_DKIM = _entry(
    "DKIM 서명이 없거나 올바르지 않습니다.", "The DKIM signature is missing or not valid.", "dns", urgent=True
)
_DMARC = _entry(
    "발신 도메인의 인증(SPF·DKIM·DMARC)을 통과하지 못했습니다.",
    "The sender's domain failed authentication (SPF, DKIM, DMARC).",
    "dns",
    urgent=True,
)
_RELAY = _entry(
    "이 서버는 우리 메일을 밖으로 보내 주지 않습니다.", "This server does not relay mail for us.", "login", urgent=True
)
_LOGIN = _entry(
    "메일 서버가 사용자 이름이나 비밀번호를 거부했습니다.",
    "The mail server refused the user name or the password.",
    "login",
    urgent=True,
)
_LOGIN_WANTED = _entry("메일 서버가 로그인을 요구합니다.", "The mail server wants a login.", "login", urgent=True)
_ENCRYPT = _entry(
    "메일 서버가 암호화된 연결을 요구합니다.", "The mail server wants an encrypted connection.", "encrypt", urgent=True
)
_BAD_SENDER = _entry(
    "보내는 주소를 서버가 인정하지 않습니다.", "The server does not accept the sender's address.", "sender", urgent=True
)
_PROTOCOL = _entry("서버가 우리 명령을 이해하지 못했습니다.", "The server did not understand our command.", "report")
_NO_ROUTE = _entry(
    "받는 도메인으로 가는 길을 찾지 못했습니다.", "No way to the recipient's domain was found.", "check_address"
)
_TLS_LATER = _entry(
    "암호화나 로그인을 지금은 처리할 수 없다고 합니다.",
    "Encryption or login is not available at the moment.",
    "ask_admin",
)

_NO_REVERSE = _entry(
    "보내는 서버의 역방향 DNS가 없습니다.", "The sending server has no reverse DNS.", "dns", urgent=True
)
_REFUSED_ADDRESS = _entry(
    "받는 주소가 없거나 받는 쪽에서 거부했습니다.",
    "The address does not exist or the receiving side refused it.",
    "check_address",
)
_REFUSED_MESSAGE = _entry("서버가 메일을 거부했습니다.", "The server refused the message.", "content")
_CLOSED_DOOR = _entry(
    "메일 서버가 우리의 연결을 거부했습니다.", "The mail server refused our connection.", "ask_admin", urgent=True
)

ENHANCED: dict[str, Entry] = {
    # X.0, X.1 addresses
    "0.0": _entry(
        "서버가 이유를 자세히 밝히지 않았습니다.", "The server did not give a particular reason.", "ask_admin"
    ),
    "1.0": _entry("주소에 문제가 있습니다.", "There is a problem with the address.", "check_address"),
    "1.1": _NO_USER,
    "1.2": _NO_DOMAIN,
    "1.3": _entry("받는 주소의 형식이 잘못되었습니다.", "The recipient's address is not well-formed.", "check_address"),
    "1.4": _entry("받는 주소가 둘 이상에 해당합니다.", "The recipient's address is ambiguous.", "check_address"),
    "1.5": _entry("받는 주소는 맞습니다.", "The recipient's address is valid.", "ask_admin"),
    "1.6": _MOVED,
    "1.7": _entry(
        "보내는 주소의 형식이 잘못되었습니다.", "The sender's address is not well-formed.", "sender", urgent=True
    ),
    "1.8": _entry("보내는 주소의 도메인이 없습니다.", "The sender's domain does not exist.", "sender", urgent=True),
    "1.9": _entry(
        "규격을 지키지 않는 서버로 넘겨졌습니다.",
        "It was passed on to a server that does not follow the rules.",
        "ask_admin",
    ),
    "1.10": _NO_MAIL,
    # X.2 mailboxes
    "2.0": _entry(
        "받는 분의 메일함에 문제가 있습니다.", "There is a problem with the recipient's mailbox.", "other_way"
    ),
    "2.1": _entry("받는 분의 메일함이 정지되어 있습니다.", "The recipient's mailbox is disabled.", "other_way"),
    "2.2": _FULL,
    "2.3": _entry(
        "메일이 받는 분의 메일함 제한보다 큽니다.",
        "The message is larger than the recipient's mailbox takes.",
        "shrink",
    ),
    "2.4": _entry(
        "받는 쪽의 메일링 리스트에 문제가 있습니다.", "The receiving mailing list has a problem.", "ask_recipient"
    ),
    # X.3 the mail system
    "3.0": _entry("받는 메일 서버에 문제가 있습니다.", "The mail server has a problem.", "ask_admin"),
    "3.1": _SERVER_FULL,
    "3.2": _SERVER_AWAY,
    "3.3": _entry("서버에 필요한 기능이 없습니다.", "The server lacks a feature that is needed.", "ask_admin"),
    "3.4": _TOO_BIG,
    "3.5": _entry("메일 서버의 설정이 잘못되어 있습니다.", "The mail server is misconfigured.", "ask_admin"),
    "3.6": _entry("요청한 우선순위가 바뀌었습니다.", "The requested priority was changed.", "ask_admin"),
    # X.4 network and routing
    "4.0": _entry("네트워크에 문제가 있습니다.", "There is a problem with the network.", "ask_admin"),
    "4.1": _entry("받는 서버가 응답하지 않습니다.", "The receiving server does not answer.", "check_address"),
    "4.2": _entry("받는 서버와의 연결이 끊어졌습니다.", "The connection to the receiving server broke.", "ask_admin"),
    "4.3": _entry("주소를 찾는 서버(DNS)에 문제가 있습니다.", "The directory (DNS) cannot be asked.", "ask_admin"),
    "4.4": _NO_ROUTE,
    "4.5": _entry("메일이 밀려 있습니다.", "The mail system is congested.", "ask_admin"),
    "4.6": _entry(
        "메일이 서버 사이를 맴돌고 있습니다.", "The message goes round in circles between servers.", "ask_admin"
    ),
    "4.7": _entry("정해진 시간 안에 전달되지 않았습니다.", "It could not be passed on in time.", "other_way"),
    # X.5 the conversation
    "5.0": _PROTOCOL,
    "5.1": _PROTOCOL,
    "5.2": _PROTOCOL,
    "5.3": _entry("받는 사람이 너무 많다고 합니다.", "The server says there are too many recipients.", "slow_down"),
    "5.4": _PROTOCOL,
    "5.5": _PROTOCOL,
    "5.6": _entry("로그인 정보가 너무 깁니다.", "The login data is too long.", "login"),
    # X.6 content
    "6.0": _entry("메일의 내용을 처리할 수 없습니다.", "The message's content cannot be handled.", "content"),
    "6.1": _entry(
        "첨부나 본문의 형식을 받지 않습니다.", "The format of the text or attachment is not taken.", "content"
    ),
    "6.2": _entry(
        "본문을 변환해야 하는데 금지되어 있습니다.", "The content needs conversion, which is forbidden.", "ask_admin"
    ),
    "6.3": _entry("서버가 8비트 본문을 받지 못합니다.", "The server cannot take 8-bit content.", "report"),
    "6.4": _entry("본문이 변환되면서 일부가 빠졌습니다.", "The content was converted with loss.", "ask_admin"),
    "6.5": _entry("본문을 변환하지 못했습니다.", "The content could not be converted.", "ask_admin"),
    "6.6": _entry("본문을 가져올 수 없습니다.", "The content is not available.", "ask_admin"),
    "6.7": _entry(
        "서버가 한글 등 영문이 아닌 글자가 든 주소를 받지 못합니다.",
        "The server cannot take addresses with non-ASCII letters.",
        "other_way",
    ),
    "6.8": _entry("서버 응답에 쓸 글자를 맞출 수 없습니다.", "The server's answer would need UTF-8.", "report"),
    "6.9": _entry(
        "받는 쪽이 한글 머리글(UTF-8)을 받지 못합니다.", "The receiving side cannot take UTF-8 headers.", "other_way"
    ),
    "6.10": _entry("서버 응답에 쓸 글자를 맞출 수 없습니다.", "The server's answer would need UTF-8.", "report"),
    # X.7 security and policy
    "7.0": _entry("보안 방침으로 거부되었습니다.", "It was refused for security reasons.", "ask_admin"),
    "7.1": _NOT_ALLOWED,
    "4.7.1": _GREYLIST,
    "7.2": _entry("이 메일링 리스트에 보낼 권한이 없습니다.", "We may not send to this mailing list.", "ask_recipient"),
    "7.3": _entry(
        "보안 방식을 바꿔야 하는데 할 수 없습니다.",
        "The security would need a conversion that is not possible.",
        "ask_admin",
    ),
    "7.4": _entry("필요한 보안 기능이 서버에 없습니다.", "The server lacks a security feature.", "ask_admin"),
    "7.5": _entry("암호 처리에 실패했습니다.", "Encryption failed.", "ask_admin"),
    "7.6": _entry(
        "암호 방식을 서버가 지원하지 않습니다.", "The server does not know the encryption method.", "ask_admin"
    ),
    "7.7": _entry(
        "메일이 도중에 바뀌었다고 합니다.", "The server says the message was altered on its way.", "ask_admin"
    ),
    "7.8": _LOGIN,
    "7.9": _entry(
        "로그인 방식이 너무 약하거나, 이 계정에는 앱 비밀번호가 필요합니다.",
        "The login method is too weak, or this account needs an app password.",
        "login",
        urgent=True,
    ),
    "7.10": _ENCRYPT,
    "7.11": _ENCRYPT,
    "7.12": _entry("비밀번호를 새로 정해야 합니다.", "The password has to be renewed.", "login", urgent=True),
    "7.13": _entry("우리 메일 계정이 정지되었습니다.", "Our mail account is disabled.", "login", urgent=True),
    "7.14": _entry(
        "서버 사이에 신뢰 설정이 필요합니다.", "The servers need to be told to trust each other.", "ask_admin"
    ),
    "7.15": _entry("우선순위가 낮아 받지 않습니다.", "The priority is too low to be taken.", "ask_admin"),
    "7.16": _TOO_BIG,
    "7.17": _entry("받는 메일함의 주인이 바뀌었습니다.", "The mailbox has a new owner.", "check_address"),
    "7.18": _entry("받는 도메인의 주인이 바뀌었습니다.", "The domain has a new owner.", "check_address"),
    "7.19": _entry(
        "메일함의 주인을 확인하지 못했습니다.", "The mailbox's owner could not be verified.", "ask_recipient"
    ),
    "7.20": _DKIM,
    "7.21": _DKIM,
    "7.22": _DKIM,
    "7.23": _SPF,
    "7.24": _entry(
        "우리 도메인의 SPF 설정에 오류가 있습니다.", "Our domain's SPF record has an error.", "dns", urgent=True
    ),
    "7.25": _NO_REVERSE,
    "7.26": _DMARC,
    "7.27": _entry(
        "보내는 도메인이 메일을 받지 않는 곳으로 되어 있습니다.",
        "The sender's domain says it takes no mail.",
        "sender",
        urgent=True,
    ),
    "7.28": _RATE,
    "7.29": _entry("전달 과정의 인증(ARC)이 맞지 않습니다.", "The chain of forwarding (ARC) is broken.", "ask_admin"),
    "7.30": _entry(
        "끝까지 암호화된 전달이 필요한데 서버가 지원하지 않습니다.",
        "The server cannot pass it on fully encrypted.",
        "ask_admin",
    ),
    # in wide use, outside the registry or with a meaning of their own
    "5.4.1": _REFUSED_ADDRESS,
    "7.57": _LOGIN_WANTED,
    "7.60": _BAD_SENDER,
    "7.64": _RELAY,
    "7.139": _LOGIN,
    "7.515": _DMARC,
    "1.90": _RATE,
}

BARE: dict[int, Entry] = {
    421: _SERVER_AWAY,
    432: _entry("비밀번호를 새로 정해야 합니다.", "The password has to be renewed.", "login", urgent=True),
    450: _BUSY,
    451: _entry("받는 서버가 잠시 처리하지 못했습니다.", "The server could not handle it for the moment.", "ask_admin"),
    452: _SERVER_FULL,
    453: _entry(
        "지금은 이 서버에서 받을 메일이 아니라고 합니다.", "The server does not take this mail now.", "ask_admin"
    ),
    454: _TLS_LATER,
    455: _entry(
        "서버가 명령의 조건을 지금은 받아들이지 못합니다.", "The server cannot take the parameters now.", "ask_admin"
    ),
    500: _PROTOCOL,
    501: _entry(
        "서버가 주소나 명령의 형식을 받아들이지 않습니다.",
        "The server does not take the form of the address or command.",
        "check_address",
    ),
    502: _PROTOCOL,
    503: _PROTOCOL,
    504: _PROTOCOL,
    521: _NO_MAIL,
    523: _ENCRYPT,
    530: _LOGIN_WANTED,
    534: _entry("이 로그인 방식을 받지 않습니다.", "This way of logging in is not accepted.", "login", urgent=True),
    535: _LOGIN,
    538: _ENCRYPT,
    550: _REFUSED_ADDRESS,
    551: _MOVED,
    552: _FULL,
    553: _entry("서버가 이 주소를 받아들이지 않습니다.", "The server does not accept this address.", "check_address"),
    554: _REFUSED_MESSAGE,
    555: _entry("서버가 명령의 조건을 받아들이지 않습니다.", "The server does not take the parameters.", "report"),
    556: _NO_MAIL,
}


STAGED: dict[tuple[Stage, str], Entry] = {
    (Stage.CONNECT, "550"): _CLOSED_DOOR,
    (Stage.CONNECT, "554"): _CLOSED_DOOR,
    (Stage.CONNECT, "7.1"): _CLOSED_DOOR,
    (Stage.EHLO, "550"): _CLOSED_DOOR,
    (Stage.EHLO, "554"): _CLOSED_DOOR,
    (Stage.EHLO, "7.1"): _CLOSED_DOOR,
    (Stage.MAIL, "550"): _BAD_SENDER,
    (Stage.MAIL, "553"): _BAD_SENDER,
    (Stage.MAIL, "554"): _BAD_SENDER,
    (Stage.MAIL, "552"): _TOO_BIG,
    (Stage.MAIL, "7.1"): _BAD_SENDER,
    (Stage.DATA, "552"): _TOO_BIG,
    (Stage.END, "550"): _REFUSED_MESSAGE,
    (Stage.END, "552"): _TOO_BIG,
    (Stage.END, "5.7.1"): _REFUSED_MESSAGE,
}
"""What a code means where it answers something else than a recipient; keys as in ENHANCED and BARE."""


def _words(pattern: str, entry: Entry) -> tuple[re.Pattern[str], Entry]:
    return re.compile(pattern), entry


WORDS = (
    _words(r"too many (messages|mails|connections)|rate ?limit|sending (too fast|limit)|throttl|tss04", _RATE),
    _words(
        r"(your )?ip[ (\[].*(filtered|blocked|listed)|spamhaus|(black|block)list|\brbl\b|dnsbl|client host .*blocked",
        _BLOCKED,
    ),
    _words(r"permitted sender hosts|\bspf\b.*(fail|not|reject|denied|invalid)|sender policy framework", _SPF),
    _words(r"\bdmarc\b", _DMARC),
    _words(r"grey-?list|graylist|greylisted", _GREYLIST),
    _words(
        r"relay\w* (access )?(denied|not permitted|not allowed|prohibited)|unable to relay|not permitted to relay",
        _RELAY,
    ),
    _words(
        r"no such (user|recipient|mailbox)|(user|recipient) unknown|unknown (user|recipient)|does not exist|\brusr\b",
        _NO_USER,
    ),
    _words(r"must issue a starttls|starttls (is )?required|encryption required", _ENCRYPT),
    _words(r"authentication (is )?required|must (first )?authenticate|not authenticated", _LOGIN_WANTED),
    _words(r"cannot find your (reverse )?hostname|no ptr|reverse dns", _NO_REVERSE),
    _words(r"exceeded storage allocation|over ?quota|quota exceeded|mailbox (is )?full|out of storage", _FULL),
    _words(r"message (is )?too (big|large)|exceeds? .*size limit|message size", _TOO_BIG),
    _words(r"looks? like spam|spam (message|content|detected)|classified as spam|suspected spam", _SPAM),
)
"""Tried in this order on the lower-case text when the code says little: old servers put the truth into words."""

SILENT: dict[Stage, Entry] = {
    Stage.CONNECT: _entry(
        "메일 서버에 연결하지 못했습니다.", "The mail server could not be reached.", "server", urgent=True
    ),
    Stage.EHLO: _entry("인사를 나누던 중 연결이 끊어졌습니다.", "The connection broke during the greeting.", "server"),
    Stage.STARTTLS: _entry(
        "안전한(암호화된) 연결을 맺지 못했습니다.", "No secure connection could be made.", "ask_admin", urgent=True
    ),
    Stage.AUTH: _entry("로그인하지 못했습니다.", "The login did not work.", "login", urgent=True),
    Stage.MAIL: _entry(
        "메일을 보내기 전에 연결이 끊어졌습니다.", "The connection broke before the message left.", "server"
    ),
    Stage.RCPT: _entry(
        "메일을 보내기 전에 연결이 끊어졌습니다.", "The connection broke before the message left.", "server"
    ),
    Stage.DATA: _entry(
        "메일을 보내기 전에 연결이 끊어졌습니다.", "The connection broke before the message left.", "server"
    ),
}
