"""One client's conversation: the ordinary SMTP server, with the script in its ear."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
from typing import TYPE_CHECKING

from tests.scripted_smtp.books import Stored
from tests.scripted_smtp.checks import check_data, check_line, check_path, parse_path, unstuffed
from tests.scripted_smtp.pipe import Gone, Pipe
from tests.scripted_smtp.script import Act

if TYPE_CHECKING:
    from tests.scripted_smtp.server import ScriptedServer

_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(?:\r\n[ \t]+)?([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
ORDINARY = Act()


class Conversation:
    """The state of one connection. `run` returns when it is over, however it ended."""

    def __init__(self, server: ScriptedServer, pipe: Pipe) -> None:
        self.server = server
        self.books = server.books
        self.pipe = pipe
        self.number = 0
        self.encrypted = False
        self.greeted = False
        self.user = ""
        self.sender: str | None = None
        self.parameters: dict[str, str] = {}
        self.recipients: list[str] = []

    async def run(self) -> None:
        self.number = self.books.opened()
        try:
            if self.server.implicit_tls:
                await self._handshake()
            await self._greet()
            while True:
                await self._command(await self.pipe.line())
        except Gone:
            pass
        finally:
            self.books.closed(self.number)
            self.pipe.transport.close()

    # playing the script

    async def play(self, stage: str, usual: str | bytes, address: str = "") -> int:
        """Answers for `stage`, as the script says or `usual`; the code of the last line. Raises Gone when that ends it."""
        act = self._act(stage, address)
        await self._pause(act.before)
        return await self._answer(stage, act, usual)

    def _act(self, stage: str, address: str = "") -> Act:
        return self.server.script.act(stage, connection=self.number, address=address) or ORDINARY

    async def _pause(self, span: float | tuple[float, float]) -> None:
        seconds = self.server.draw(span)
        if seconds:
            await asyncio.sleep(seconds)

    async def _answer(self, stage: str, act: Act, usual: str | bytes) -> int:
        await self._pause(act.delay)
        if stage != "after":
            await self._pause(self.server.delay)
        if act.hang:
            await self.pipe.stall(reading=stage != "body")
        text = act.reply if act.reply is not None else ("" if act.cut else usual)
        code = await self._say(text, act.drip)
        if act.cut:
            self.pipe.hang_up(hard=act.cut == "reset")
            raise Gone
        if code == 421:
            self.pipe.hang_up(hard=False)
            raise Gone
        return code

    async def _say(self, text: str | bytes, drip: float) -> int:
        data = text if isinstance(text, bytes) else "".join(f"{line}\r\n" for line in text.splitlines()).encode()
        if not data:
            return 0
        await self.pipe.write(data, drip=drip)
        last = data.rstrip(b"\r\n").rpartition(b"\n")[2][:3]
        return int(last) if last.isdigit() else 0

    def _violation(self, kind: str, detail: str) -> None:
        self.books.violation(kind, detail, self.number)

    # commands

    async def _greet(self) -> None:
        limit = self.server.max_connections
        if limit and self.books.open_connections > limit:
            await self.play("connect", "421 4.7.0 too many connections from you")
        else:
            await self.play("connect", "220 scripted.example ESMTP")

    async def _command(self, raw: bytes) -> None:
        for kind, detail in check_line(raw):
            self._violation(kind, detail)
        line = raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
        verb = line.partition(" ")[0].upper()
        self.books.command(self.number, "AUTH ..." if verb == "AUTH" else line)
        last_of_group = verb in ("EHLO", "DATA", "NOOP", "QUIT", "STARTTLS", "AUTH")
        if self.pipe.buffer and verb != "STARTTLS" and (last_of_group or not self.server.extensions.pipelining):
            self._violation("data_before_354" if verb == "DATA" else "pipelined_unasked", line[:200])
        handler = {
            "EHLO": self._ehlo, "HELO": self._ehlo, "STARTTLS": self._starttls, "AUTH": self._auth, "MAIL": self._mail,
            "RCPT": self._rcpt, "DATA": self._data, "BDAT": self._bdat, "RSET": self._rset, "NOOP": self._noop, "QUIT": self._quit,
        }.get(verb)  # fmt: skip
        if handler is None:
            self._violation("unknown_command", line[:200])
            await self._say("500 5.5.2 what?", 0)
        else:
            await handler(line)

    async def _ehlo(self, line: str) -> None:
        self.greeted = True
        self._forget()
        lines = ["scripted.example at your service", *self._offers()] if line[:4].upper() == "EHLO" else ["hello"]
        await self.play("ehlo", "\n".join([*(f"250-{each}" for each in lines[:-1]), f"250 {lines[-1]}"]))

    def _offers(self) -> list[str]:
        offered = self.server.extensions
        flags = [
            ("PIPELINING", offered.pipelining),
            ("SIZE" if not offered.size else f"SIZE {offered.size}", offered.size is not None),
            ("CHUNKING", offered.chunking),
            ("8BITMIME", offered.eightbitmime),
            ("SMTPUTF8", offered.smtputf8),
            ("STARTTLS", offered.starttls and self.server.tls is not None and not self.encrypted),
            ("AUTH " + " ".join(offered.auth), bool(self.server.logins and offered.auth)),
        ]
        return [name for name, shown in flags if shown] + list(offered.extra)

    async def _starttls(self, line: str) -> None:
        if self.pipe.buffer:
            self._violation("pipelined_after_starttls", repr(bytes(self.pipe.buffer[:200])))
        if self.server.tls is None or self.encrypted:
            await self._say("503 5.5.1 not now", 0)
            return
        act = self._act("starttls")
        await self._pause(act.before)
        await self._answer("starttls", act, "220 2.0.0 go ahead")
        said = act.reply if act.reply is not None else "220"
        if not (said if isinstance(said, bytes) else said.encode()).startswith(b"220"):
            return
        await self._handshake()
        self.greeted = False
        self.user = ""
        self._forget()

    async def _handshake(self) -> None:
        assert self.server.tls is not None
        act = self._act("handshake")
        if act is not ORDINARY:
            await self._answer("handshake", act, "")
        await self.pipe.encrypt(self.server.tls)
        self.encrypted = True

    async def _mail(self, line: str) -> None:
        address, parameters = parse_path(line)
        for kind, detail in check_path(line, utf8="SMTPUTF8" in parameters):
            self._violation(kind, detail)
        if not self.greeted or self.sender is not None:
            self._violation("bad_sequence", line[:200])
            await self._say("503 5.5.1 bad sequence of commands", 0)
            return
        size = int(parameters.get("SIZE") or 0)
        usual = "250 2.1.0 sender fine"
        if self.server.logins and not self.user:
            usual = "530 5.7.0 authentication required"
        elif self.server.extensions.size and size > self.server.extensions.size:
            self._violation("over_size", str(size))
            usual = "552 5.3.4 message too big"
        if await self.play("mail", usual) // 100 == 2:
            self.sender, self.parameters = address, parameters

    async def _rcpt(self, line: str) -> None:
        address, _ = parse_path(line)
        for kind, detail in check_path(line, utf8="SMTPUTF8" in self.parameters):
            self._violation(kind, detail)
        known = self.sender is not None
        code = 0
        try:
            code = await self.play("rcpt", "250 2.1.5 recipient fine" if known else "503 5.5.1 MAIL first", address)
        finally:
            self.books.attempt("rcpt", self.number, address, code)
        if known and code // 100 == 2:
            self.recipients.append(address)

    async def _data(self, line: str) -> None:
        usual = "354 go ahead" if self.recipients else "554 5.5.1 no valid recipients"
        if await self.play("data", usual, self._address()) // 100 == 3:
            refused = await self._early()
            raw = await self._message()
            if not refused:
                await self._end(raw)
            self._forget()

    async def _bdat(self, line: str) -> None:
        """One chunk, which must be the whole message (RFC 3030). Without a recipient it is read away and refused."""
        words = line.split(" ")
        if not self.server.extensions.chunking or len(words) != 3 or not words[1].isdigit() or words[2] != "LAST":
            self._violation("bdat", line[:200])
            await self._say("501 5.5.4 BDAT size LAST", 0)
            return
        refused = await self._early()
        while len(self.pipe.buffer) < int(words[1]):
            await self.pipe.more()
        raw = bytes(self.pipe.buffer[: int(words[1])])
        del self.pipe.buffer[: int(words[1])]
        if not refused:
            await self._end(raw, stuffed=False)
        self._forget()

    async def _rset(self, line: str) -> None:
        self._forget()
        await self.play("rset", "250 2.0.0 forgotten")

    async def _noop(self, line: str) -> None:
        await self.play("noop", "250 2.0.0 here")

    async def _quit(self, line: str) -> None:
        await self.play("quit", "221 2.0.0 bye")
        self.pipe.hang_up(hard=False)
        raise Gone

    def _forget(self) -> None:
        self.sender, self.parameters, self.recipients = None, {}, []

    def _address(self) -> str:
        return self.recipients[0] if self.recipients else ""

    # the message

    async def _early(self) -> bool:
        """What the script does while the message comes in. True when it has been answered and is only to be read away."""
        act = self._act("body", self._address())
        if act is ORDINARY:
            return False
        while len(self.pipe.buffer) < act.at:
            await self.pipe.more()
        await self._pause(act.before)
        return await self._answer("body", act, "") != 0

    async def _message(self) -> bytes:
        """The bytes before the final dot, as they came."""
        scanned = 0
        buffer = self.pipe.buffer
        while True:
            if buffer.startswith(b".\r\n"):
                end, skip = 0, 3
                break
            if (found := buffer.find(b"\r\n.\r\n", scanned)) >= 0:
                end, skip = found + 2, 3
                break
            scanned = max(len(buffer) - 4, 0)
            await self.pipe.more()
        raw = bytes(buffer[:end])
        del buffer[: end + skip]
        return raw

    async def _end(self, raw: bytes, *, stuffed: bool = True) -> None:
        """The final dot: store (or not), answer, and perhaps something afterwards."""
        offered = self.server.extensions
        eight_bit = offered.eightbitmime and self.parameters.get("BODY") == "8BITMIME"
        utf8 = "SMTPUTF8" in self.parameters
        for kind, detail in check_data(raw, eight_bit=eight_bit, utf8=utf8, stuffed=stuffed) if raw else ():
            self._violation(kind, detail)
        address = self._address()
        act = self._act("end", address)
        await self._pause(act.before)
        usual = (
            f"250 2.0.0 queued as {len(self.books.stored) + 1}" if self.recipients else "554 5.5.1 no valid recipients"
        )
        stored = self._store(unstuffed(raw) if stuffed else raw) if self._keeps(act, usual) else None
        code = 0
        try:
            code = await self._answer("end", act, usual)
            if stored is not None and code // 100 == 2:
                self.books.answered(stored)
        finally:
            self.books.attempt("end", self.number, address, code)
        await self._answer("after", self._act("after", address), b"")

    def _keeps(self, act: Act, usual: str) -> bool:
        if not self.recipients:
            return False
        if act.store is not None:
            return act.store
        if act.reply is None:
            # cut or hung without an answer and without a word about storing: not stored
            return not (act.cut or act.hang)
        text = act.reply if isinstance(act.reply, bytes) else act.reply.encode()
        return text.rstrip(b"\r\n").rpartition(b"\n")[2].startswith(b"2")

    def _store(self, data: bytes) -> Stored:
        found = _MESSAGE_ID.search(data.partition(b"\r\n\r\n")[0])
        return self.books.store(
            connection=self.number,
            sender=self.sender or "",
            recipients=tuple(self.recipients),
            message_id=found[1].decode("latin-1").strip() if found else "",
            sha256=hashlib.sha256(data).hexdigest(),
            size=len(data),
            encrypted=self.encrypted,
            data=data,
        )

    # login

    async def _auth(self, line: str) -> None:
        words = line.split(" ")
        mechanism = words[1].upper() if len(words) > 1 else ""
        try:
            user, accepted = await self._credentials(mechanism, words[2] if len(words) > 2 else None)
        except (binascii.Error, UnicodeDecodeError, ValueError, IndexError):
            await self._say("501 5.5.2 cannot decode", 0)
            return
        code = 0
        try:
            code = await self.play("auth", "235 2.7.0 welcome" if accepted else "535 5.7.8 user name or password wrong")
        finally:
            self.books.login(user, mechanism, accepted=code == 235, encrypted=self.encrypted)
        if code == 235:
            self.user = user

    async def _credentials(self, mechanism: str, initial: str | None) -> tuple[str, bool]:
        if mechanism == "PLAIN":
            _, user, password = (await self._part(initial, "")).split("\0")
        elif mechanism == "LOGIN":
            user = await self._part(initial, "Username:")
            password = await self._part(None, "Password:")
        elif mechanism == "CRAM-MD5":
            challenge = f"<{self.number}@scripted.example>"
            user, _, digest = (await self._part(None, challenge)).partition(" ")
            secret = self.server.logins.get(user, "")
            proper = hmac.new(secret.encode(), challenge.encode(), hashlib.md5).hexdigest()
            return user, user in self.server.logins and hmac.compare_digest(digest, proper)
        else:
            raise ValueError(mechanism)
        return user, user in self.server.logins and self.server.logins[user] == password

    async def _part(self, given: str | None, challenge: str) -> str:
        if given is None:
            await self._say("334 " + base64.b64encode(challenge.encode()).decode(), 0)
            given = (await self.pipe.line()).decode("ascii").strip()
        return base64.b64decode("" if given == "=" else given, validate=True).decode()
