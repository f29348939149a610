"""Settings: every key is known, every complaint has a place, no secret is ever printed."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest
from dotenv.parser import parse_stream

from mailer.config import KEYS, InDoubt, Mailbox, Secret, Security, check, describe, read_config, read_language
from mailer.errors import ConfigError
from mailer.findings import Level
from mailer.workspace import package_data

LIVE = {"SMTP_HOST": "smtp.example.org", "MAILER_FROM": "한빛 공보팀 <press@hanbit.example>"}
PASSWORD = "correct-horse-9"


def refused(tmp_path: Path, environ: Mapping[str, str], flags: Mapping[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        read_config(tmp_path, environ, flags or {})
    assert caught.value.exit_code == 2
    return f"{caught.value.explain('ko')}\n{caught.value.explain('en')}"


def test_nothing_configured_is_practice_mode_with_the_defaults(tmp_path: Path) -> None:
    """An empty folder and an empty environment give the documented defaults, and no mail server."""
    config = read_config(tmp_path, {})
    assert config.practice
    assert (config.smtp_port, config.smtp_security, config.smtp_connections) == (587, Security.STARTTLS, 4)
    assert (config.language, config.timezone, config.in_doubt) == ("ko", "Asia/Seoul", InDoubt.HOLD)
    assert (config.rate, config.rate_per_domain) == (0.0, 0.0)
    assert (config.retry_first, config.retry_max) == (timedelta(minutes=5), timedelta(hours=2))
    assert (config.give_up_after, config.late_after) == (timedelta(hours=24), timedelta(minutes=15))
    assert (config.lease, config.smtp_timeout) == (timedelta(minutes=5), timedelta(seconds=60))
    assert config.database == tmp_path / "var" / "mailer.db"
    assert config.sender.address.endswith(".example")


def test_a_name_and_an_address_are_read(tmp_path: Path) -> None:
    """A Korean display name, quoted or not, and a bare address are all understood."""
    for text, name in (
        ("한빛 공보팀 <press@hanbit.example>", "한빛 공보팀"),
        ('"한빛, 공보팀" <press@hanbit.example>', "한빛, 공보팀"),
        ("press@hanbit.example", ""),
        ("<press@hanbit.example>", ""),
    ):
        config = read_config(tmp_path, {**LIVE, "MAILER_FROM": text})
        assert config.sender == Mailbox(name=name, address="press@hanbit.example")
        assert config.reply_to == config.sender
        assert config.bounce_address == config.unsubscribe == "press@hanbit.example"


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    """The nearest place that names a key decides, and the configuration knows which one it was."""
    (tmp_path / ".env").write_text("MAILER_LANG=ko\nMAILER_RATE=60/min\nSMTP_CONNECTIONS=2\n", "utf-8")
    config = read_config(tmp_path, {"MAILER_RATE": "5/s", "MAILER_LANG": "ko"}, {"MAILER_LANG": "en"})
    assert (config.language, config.rate, config.smtp_connections) == ("en", 5.0, 2)
    sources = {row.key: row.source.en for row in describe(config)}
    assert sources["MAILER_LANG"] == "flag"
    assert sources["MAILER_RATE"] == "environment"
    assert sources["SMTP_CONNECTIONS"].endswith(".env:3")
    assert sources["SMTP_TIMEOUT"] == "default"


def test_an_empty_environment_variable_switches_a_server_off(tmp_path: Path) -> None:
    """`SMTP_HOST= mailer ...` is practice mode although `.env` names a server."""
    (tmp_path / ".env").write_text("".join(f"{key}={value}\n" for key, value in LIVE.items()), "utf-8")
    assert not read_config(tmp_path, {}).practice
    assert read_config(tmp_path, {"SMTP_HOST": ""}).practice


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("SMTP_PASWORD", "SMTP_PASSWORD"),
        ("MAILER_TIME_ZONE", "MAILER_TIMEZONE"),
        ("SMTP_PASSWORD_FLIE", "SMTP_PASSWORD_FILE"),
        ("MAILER_SOMETHING_ELSE", "config.example.env"),
    ],
)
def test_an_unknown_key_stops_with_a_suggestion(tmp_path: Path, name: str, near: str) -> None:
    """A misspelt key is an error that names the line and the key that was probably meant."""
    (tmp_path / ".env").write_text(f"# first\n\n{name}=x\n", "utf-8")
    said = refused(tmp_path, {})
    assert f".env:3: {name}" in said
    assert near in said
    assert f"${name}: {name}" in refused(tmp_path / "elsewhere", {name: "x"})


def test_a_near_miss_without_the_prefix_is_caught_in_the_file_only(tmp_path: Path) -> None:
    """`SMPT_HOST` in `.env` is a typing mistake; a foreign name in `.env` or the environment is none of our business."""
    (tmp_path / ".env").write_text("DJANGO_DEBUG=1\n", "utf-8")
    assert read_config(tmp_path, {"PATH": "/bin", "SMPT_HOST": "x"}).practice
    (tmp_path / ".env").write_text("SMPT_HOST=smtp.example.org\n", "utf-8")
    assert "SMTP_HOST" in refused(tmp_path, {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SMTP_HOST", "smtp.example.org:587"),
        ("SMTP_HOST", "smtp://smtp.example.org"),
        ("SMTP_HOST", "mail server"),
        ("SMTP_PORT", "0"),
        ("SMTP_PORT", "65536"),
        ("SMTP_PORT", "５８７번"),
        ("SMTP_SECURITY", "ssl"),
        ("SMTP_TIMEOUT", "60"),
        ("SMTP_TIMEOUT", "0s"),
        ("SMTP_TIMEOUT", "-5s"),
        ("SMTP_CONNECTIONS", "0"),
        ("SMTP_CA_FILE", "no-such-file.pem"),
        ("MAILER_FROM", "press"),
        ("MAILER_FROM", "press@localhost"),
        ("MAILER_FROM", "a@example.org, b@example.org"),
        ("MAILER_FROM", "Press <press@example.org> and more"),
        ("MAILER_REPLY_TO", "press@@example.org"),
        ("MAILER_BOUNCE_ADDRESS", "Bounce <bounce@example.org>"),
        ("MAILER_UNSUBSCRIBE", "https://example.org/out"),
        ("MAILER_TIMEZONE", "Seoul"),
        ("MAILER_TIMEZONE", "../../etc/passwd"),
        ("MAILER_LANG", "kr"),
        ("MAILER_DATABASE", "mysql://db/mailer"),
        ("MAILER_DATABASE", "sqlite://"),
        ("MAILER_DATABASE", "sqlite:///:memory:"),
        ("MAILER_RATE", "60"),
        ("MAILER_RATE", "fast"),
        ("MAILER_RATE", "60/day"),
        ("MAILER_GIVE_UP_AFTER", "24"),
        ("MAILER_LATE_AFTER", "2 weeks"),
        ("MAILER_IN_DOUBT", "ask"),
    ],
)
def test_a_bad_value_says_key_place_and_what_is_allowed(tmp_path: Path, key: str, value: str) -> None:
    """A value that is not allowed names its key, its line and what would be allowed, in both languages."""
    (tmp_path / ".env").write_text(f"{key}='{value}'\n", "utf-8")
    said = refused(tmp_path, {})
    assert f".env:1: {key}" in said
    assert KEYS[key].allowed.ko in said
    assert KEYS[key].allowed.en in said


def test_rates_and_durations_become_plain_numbers(tmp_path: Path) -> None:
    """Rates are messages per second and durations timedeltas, whatever the unit they were written in."""
    config = read_config(tmp_path, {"MAILER_RATE": "60/min", "MAILER_RATE_PER_DOMAIN": "90/h", "MAILER_LEASE": "90s"})
    assert config.rate == 1.0
    assert config.rate_per_domain == 90 / 3600
    assert config.lease == timedelta(seconds=90)
    assert read_config(tmp_path, {"MAILER_RATE": "0"}).rate == 0.0
    assert read_config(tmp_path, {"MAILER_LATE_AFTER": "1d"}).late_after == timedelta(days=1)


def test_tls_from_the_first_byte_has_its_own_default_port(tmp_path: Path) -> None:
    """Port 465 goes with SMTP_SECURITY=tls unless a port is given."""
    assert read_config(tmp_path, {**LIVE, "SMTP_SECURITY": "tls"}).smtp_port == 465
    assert read_config(tmp_path, {**LIVE, "SMTP_SECURITY": "tls", "SMTP_PORT": "587"}).smtp_port == 587


def test_a_live_server_needs_a_sender(tmp_path: Path) -> None:
    """SMTP_HOST without MAILER_FROM is an error, because the practice sender must never leave this machine."""
    assert "MAILER_FROM" in refused(tmp_path, {"SMTP_HOST": "smtp.example.org"})


@pytest.mark.parametrize("key", ["SMTP_USERNAME", "SMTP_PASSWORD"])
def test_a_login_is_a_name_and_a_password(tmp_path: Path, key: str) -> None:
    """One half of a login is an error that names the missing half."""
    said = refused(tmp_path, {**LIVE, key: PASSWORD})
    assert "SMTP_USERNAME" in said
    assert "SMTP_PASSWORD" in said
    assert PASSWORD not in said


def test_a_password_never_travels_in_clear(tmp_path: Path) -> None:
    """SMTP_SECURITY=none with a login is refused unless the server is on this machine."""
    login = {**LIVE, "SMTP_USERNAME": "press", "SMTP_PASSWORD": PASSWORD, "SMTP_SECURITY": "none"}
    assert "smtp.example.org" in refused(tmp_path, login)
    for local in ("localhost", "127.0.0.1", "127.8.8.8", "::1", "mail.localhost"):
        assert read_config(tmp_path, {**login, "SMTP_HOST": local}).smtp_host == local
    refused(tmp_path, {**login, "SMTP_HOST": "localhost.example.org"})


def test_retry_must_be_able_to_grow(tmp_path: Path) -> None:
    """A first retry later than the longest wait is a contradiction."""
    assert "MAILER_RETRY_MAX" in refused(tmp_path, {"MAILER_RETRY_FIRST": "3h"})


def test_postgresql_is_recognised_and_refused_without_showing_its_password(tmp_path: Path) -> None:
    """A PostgreSQL address gets its own sentence, and the password inside it stays hidden."""
    said = refused(tmp_path, {"MAILER_DATABASE": f"postgresql+psycopg://mailer:{PASSWORD}@db/mailer"})
    assert "PostgreSQL" in said
    assert PASSWORD not in said
    assert PASSWORD not in refused(tmp_path, {"MAILER_DATABASE": f"mysql://mailer:{PASSWORD}@db/mailer"})


def test_the_database_is_relative_to_the_workspace(tmp_path: Path) -> None:
    """Three slashes start at the workspace, four at the root, as SQLAlchemy writes it."""
    assert read_config(tmp_path, {"MAILER_DATABASE": "sqlite:///data/a.db"}).database == tmp_path / "data" / "a.db"
    config = read_config(tmp_path, {"MAILER_DATABASE": f"sqlite:///{tmp_path}/b.db"})
    assert config.database == tmp_path / "b.db"
    assert config.database_url == f"sqlite:///{tmp_path}/b.db"


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    """SMTP_PASSWORD_FILE reads the file without its last line break; blanks inside belong to the password."""
    (tmp_path / "secret").write_text(f" {PASSWORD} \n", "utf-8")
    config = read_config(tmp_path, {**LIVE, "SMTP_USERNAME": "press", "SMTP_PASSWORD_FILE": "secret"})
    assert config.smtp_password == Secret(f" {PASSWORD} ")
    assert {row.key: row.source.en for row in describe(config)}["SMTP_PASSWORD"] == "secret (environment)"


def test_a_secret_file_saved_by_notepad_holds_no_byte_order_mark(tmp_path: Path) -> None:
    """A BOM in front of a password would be refused by the server for reasons nobody could see; it is read over."""
    (tmp_path / "secret").write_bytes(b"\xef\xbb\xbf" + PASSWORD.encode() + b"\r\n")
    config = read_config(tmp_path, {**LIVE, "SMTP_USERNAME": "press", "SMTP_PASSWORD_FILE": "secret"})
    assert config.smtp_password == Secret(PASSWORD)


def test_any_key_may_come_from_a_file_but_not_from_both(tmp_path: Path) -> None:
    """NAME_FILE works for every key, loses to nothing in its own layer, and contradicts NAME."""
    (tmp_path / "from").write_text("Press <press@example.org>\n", "utf-8")
    assert read_config(tmp_path, {"MAILER_FROM_FILE": "from"}).sender.name == "Press"
    assert "MAILER_FROM_FILE" in refused(tmp_path, {"MAILER_FROM_FILE": "from", "MAILER_FROM": "a@example.org"})
    (tmp_path / ".env").write_text("MAILER_FROM=b@example.org\n", "utf-8")
    assert read_config(tmp_path, {"MAILER_FROM_FILE": "from"}).sender.address == "press@example.org"


def test_a_missing_or_huge_secret_file_is_an_error(tmp_path: Path) -> None:
    """A secret file that is not there, is a folder or is far too long names its path."""
    (tmp_path / "big").write_bytes(b"x" * 100_000)
    for name in ("nowhere", ".", "big"):
        said = refused(tmp_path, {**LIVE, "SMTP_USERNAME": "press", "SMTP_PASSWORD_FILE": name})
        assert str(tmp_path / name) in said or str(tmp_path) in said


def test_no_secret_is_printed_by_anything(tmp_path: Path) -> None:
    """repr, str, format, JSON, pickle, traceback and `config show` all keep the password to themselves."""
    config = read_config(tmp_path, {**LIVE, "SMTP_USERNAME": "press", "SMTP_PASSWORD": PASSWORD})
    assert config.smtp_password is not None
    assert config.smtp_password.reveal() == PASSWORD
    shown = [repr(config), str(config), f"{config.smtp_password}", f"{config.smtp_password!r}", repr(describe(config))]
    shown.append(json.dumps({"password": config.smtp_password}, default=str))
    with pytest.raises(TypeError):
        pickle.dumps(config.smtp_password)
    with pytest.raises(TypeError):
        asdict(config)  # copies deeply, which would spread the secret
    assert not [text for text in shown if PASSWORD in text]
    assert {row.key: row.value for row in describe(config)}["SMTP_PASSWORD"] == "****"


def test_a_broken_secret_stays_out_of_the_traceback(tmp_path: Path) -> None:
    """A password with a line break is refused without being quoted, in the message and in the whole traceback."""
    try:
        read_config(tmp_path, {**LIVE, "SMTP_USERNAME": "press", "SMTP_PASSWORD": f"{PASSWORD}\n"})
    except ConfigError:
        assert PASSWORD not in traceback.format_exc()
    else:
        pytest.fail("a line break in a password was let through")


def test_an_unclosed_quote_names_the_line_and_quotes_nothing(tmp_path: Path) -> None:
    """A line that is not NAME=value is an error at its own line number, also after blank lines and Windows line ends."""
    (tmp_path / ".env").write_bytes(f"MAILER_LANG=en\r\n\r\n\r\nSMTP_PASSWORD='{PASSWORD}\r\n".encode())
    said = refused(tmp_path, {})
    assert ".env:4:" in said
    assert PASSWORD not in said
    (tmp_path / ".env").write_text("MAILER_LANG=en\n\nMAILER_RATE 60/min\n", "utf-8")
    assert ".env:3:" in refused(tmp_path, {})


def test_a_dollar_sign_is_a_dollar_sign(tmp_path: Path) -> None:
    """Nothing in `.env` is interpolated, neither `$NAME` nor `${NAME}`."""
    (tmp_path / ".env").write_text("SMTP_USERNAME=a$HOME\nSMTP_PASSWORD=${PATH}x\n", "utf-8")
    config = read_config(tmp_path, {**LIVE, "HOME": "/root", "PATH": "/bin"})
    assert (config.smtp_username, config.smtp_password) == ("a$HOME", Secret("${PATH}x"))


def test_a_key_given_twice_in_the_file_is_refused(tmp_path: Path) -> None:
    """Two lines for one key contradict each other, unless the first one is the empty line of the example."""
    (tmp_path / ".env").write_text("MAILER_RATE=\nMAILER_RATE=5/s\n", "utf-8")
    assert read_config(tmp_path, {}).rate == 5.0
    (tmp_path / ".env").write_text("MAILER_RATE=5/s\n\nMAILER_RATE=9/s\n", "utf-8")
    assert ".env:3:" in refused(tmp_path, {})


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("MAILER_LANG=ko\n# 한국어 설정\n".encode("cp949"), "CP949"),
        ("MAILER_LANG=ko\n".encode("utf-16"), "UTF-16"),
        (b"MAILER_LANG=ko\n\xff\xff\n", ".env:2"),
    ],
)
def test_another_encoding_is_named(tmp_path: Path, content: bytes, hint: str) -> None:
    """A `.env` that is not UTF-8 is an error that says what it looks like and how to save it."""
    (tmp_path / ".env").write_bytes(content)
    said = refused(tmp_path, {})
    assert hint in said
    assert "UTF-8" in said


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    """Windows Notepad's BOM does not become part of the first key."""
    (tmp_path / ".env").write_bytes(b"\xef\xbb\xbfMAILER_LANG=en\n")
    assert read_config(tmp_path, {}).language == "en"


def test_control_characters_are_refused_in_every_value(tmp_path: Path) -> None:
    """A line break smuggled into a sender's name can never become a header."""
    (tmp_path / ".env").write_text('MAILER_FROM="Press\\nBcc: x@example.org <press@example.org>"\n', "utf-8")
    assert "MAILER_FROM" in refused(tmp_path, {})
    refused(tmp_path / "elsewhere", {"MAILER_FROM": "Press\u2028 <press@example.org>"})


def test_the_process_environment_is_left_alone(tmp_path: Path) -> None:
    """Reading `.env` sets nothing in os.environ."""
    (tmp_path / ".env").write_text("MAILER_LANG=en\nSOME_OTHER_KEY=1\n", "utf-8")
    before = dict(os.environ)
    read_config(tmp_path, {})
    assert dict(os.environ) == before


def test_the_language_is_known_even_when_the_rest_is_broken(tmp_path: Path) -> None:
    """A complaint about the settings can still be made in the language they ask for."""
    (tmp_path / ".env").write_text("MAILER_LANG=en\n", "utf-8")
    assert read_language(tmp_path, {}) == "en"
    assert read_language(tmp_path, {"SMTP_NONSENSE": "1", "MAILER_LANG": "en"}) == "en"
    assert read_language(tmp_path, {"MAILER_LANG": "xx"}) == "ko"


def test_the_example_lists_every_key_with_its_meaning() -> None:
    """config.example.env has one line for each key the code knows, its default, and the meaning in both languages above it."""
    text = (package_data() / "config.example.env").read_text("utf-8")
    bindings = [found for found in parse_stream(io.StringIO(text)) if found.key]
    assert [found.key for found in bindings] == list(KEYS)
    assert {found.key: found.value for found in bindings} == {name: key.default for name, key in KEYS.items()}
    for block in re.split(r"\n\n", text):
        name = block.splitlines()[-1].partition("=")[0]
        if name in KEYS:
            assert f"# {KEYS[name].meaning.ko}\n# {KEYS[name].meaning.en}\n" in block
            assert f"{KEYS[name].allowed.ko} / {KEYS[name].allowed.en}\n" in block


def test_the_example_is_a_working_configuration(tmp_path: Path) -> None:
    """Copied to `.env` unedited, the example gives exactly the defaults."""
    plain = read_config(tmp_path, {})
    (tmp_path / ".env").write_bytes((package_data() / "config.example.env").read_bytes())
    copied = read_config(tmp_path, {})
    assert [(row.key, row.value) for row in describe(copied)] == [(row.key, row.value) for row in describe(plain)]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_password_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    """`config check` warns when `.env` holds a password and is not mode 0600; without a password it does not."""
    env = tmp_path / ".env"
    env.write_text(f"SMTP_USERNAME=press\nSMTP_PASSWORD={PASSWORD}\n", "utf-8")
    env.chmod(0o644)
    assert "config.readable" in {found.code for found in check(read_config(tmp_path, LIVE))}
    env.chmod(0o600)
    assert "config.readable" not in {found.code for found in check(read_config(tmp_path, LIVE))}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"SMTP_PORT": "465"}, "config.port"),
        ({"SMTP_PORT": "587", "SMTP_SECURITY": "tls"}, "config.port"),
        ({"SMTP_SECURITY": "none"}, "config.clear"),
        ({"MAILER_LEASE": "30s"}, "config.lease"),
        ({"SMTP_HOST": ""}, "config.practice"),
    ],
)
def test_doubtful_settings_are_warned_of(tmp_path: Path, more: Mapping[str, str], code: str) -> None:
    """What is allowed but rarely meant is a warning, not an error."""
    assert [(found.level, found.code) for found in check(read_config(tmp_path, {**LIVE, **more}))] == [
        (Level.WARNING, code)
    ]


def test_a_sound_configuration_says_so(tmp_path: Path) -> None:
    """Without a doubt the check answers with one finding of level ok."""
    assert [found.level for found in check(read_config(tmp_path, LIVE))] == [Level.OK]
