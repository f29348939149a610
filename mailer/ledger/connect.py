"""Open the database: pragmas, transactions, translation of foreign errors, schema version, migration after a backup.

SQLite runs in WAL mode with `synchronous=FULL`: a committed `begin` must survive a power cut, or a restart would send the
message a second time. Every transaction starts with BEGIN IMMEDIATE, because a read transaction that wants to write later
fails at once with "database is locked" under WAL.

Not here: the tables (`schema.py`), what is asked of them.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from mailer.errors import LedgerBusy, LedgerError, LedgerFull, LedgerUnusable
from mailer.ledger.schema import HEAD, REVISIONS
from mailer.wording import Text

__all__ = ["Database", "open_database"]

MIGRATIONS = Path(__file__).with_name("migrations")
BUSY_SECONDS = 30
UPGRADE_SECONDS = 600.0

ROOM = 2 * 1024 * 1024
"""Bytes that must be free before more messages leave: enough to write down the outcomes of those on the wire."""


class Database:
    """One database file. `reading()` and `writing()` give a connection inside a transaction and translate errors."""

    def __init__(self, engine: sa.Engine, path: Path) -> None:
        self.engine = engine
        self.path = path
        self._driving = threading.Lock()
        self._kept: sa.PoolProxiedConnection | None = None
        self._patient = True

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise translated(error.orig, self.path) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        # A reader must not wait for the writer: a deferred transaction sees one snapshot and takes no lock.
        try:
            with self.engine.connect().execution_options(mailer_reading=True) as connection:
                yield connection
        except DBAPIError as error:
            raise translated(error.orig, self.path) from error

    @contextmanager
    def driving(self, *, patient: bool = True) -> Iterator[sqlite3.Cursor]:
        """A writing transaction in the driver's own terms, on a connection that is kept: for the few statements that every
        message costs, where SQLAlchemy would take longer than the database. Raises LedgerBusy while another transaction is
        being written: at once, or when `patient` after half a minute."""
        with self._driving:
            connection = self._driver()
            try:
                if patient != self._patient:
                    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000 if patient else 0}")
                    self._patient = patient
                connection.execute("BEGIN IMMEDIATE")
                yield connection.cursor()
                connection.execute("COMMIT")
            except BaseException as error:
                self._release_driver()
                if isinstance(error, sqlite3.Error):
                    raise translated(error, self.path) from error
                raise

    def _driver(self) -> sqlite3.Connection:
        if self._kept is None:
            self._kept = self.engine.raw_connection()
            self._patient = True
        connection = self._kept.driver_connection
        assert isinstance(connection, sqlite3.Connection)
        return connection

    def _release_driver(self) -> None:
        """What was open is rolled back."""
        kept, self._kept = self._kept, None
        if kept is not None:
            # not back to the pool: its settings are its own
            kept.invalidate()

    def require_room(self) -> None:
        """Raises LedgerFull while there is still room to finish in order."""
        if not _has_room(self.path):
            raise disk_full(self.path)

    def close(self) -> None:
        with self._driving:
            self._release_driver()
        self.engine.dispose()


def open_database(path: Path) -> Database:
    """Open or create the ledger at `path`, migrating an older one after a backup. Raises LedgerError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LedgerUnusable(
            Text("기록 데이터베이스를 둘 폴더를 만들 수 없습니다", "the folder for the database cannot be made"),
            where=str(path.parent),
            remedy=Text("폴더의 쓰기 권한을 확인하십시오", "check the permissions of the folder"),
        ) from error
    # the connection used last first: few are kept busy, and only those fill their page cache
    engine = sa.create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_SECONDS},
        pool_use_lifo=True,
        json_serializer=partial(json.dumps, ensure_ascii=False, separators=(",", ":")),
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    database = Database(engine, path)
    try:
        _bring_to_head(database)
    except BaseException:
        database.close()
        raise
    return database


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # isolation_level None: the driver must not open transactions of its own behind ours
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    _use_wal(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _use_wal(connection: sqlite3.Connection) -> None:
    # SQLite does not wait by itself here: of programs that switch a new file together, all but one hear "locked" at once
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _begin(connection: sa.Connection) -> None:
    reading = connection.get_execution_options().get("mailer_reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def translated(error: BaseException | None, path: Path) -> LedgerError:
    """The error of the tree that a driver's error means."""
    words = str(error)
    # the low byte is the class: extended codes say which call of which file failed
    kind = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if kind == sqlite3.SQLITE_FULL or (kind == sqlite3.SQLITE_IOERR and not _has_room(path)):
        return disk_full(path)
    problem, what, remedy = _MEANINGS.get(
        kind,
        (
            LedgerError,
            Text(f"기록 데이터베이스 오류: {words}", f"database error: {words}"),
            Text("--debug를 붙여 다시 실행하면 자세한 내용이 나옵니다", "run again with --debug to see the details"),
        ),
    )
    return problem(what, where=str(path), remedy=remedy)


# what only a person can change is unusable; a service may begin again by itself after the rest
_UNWRITABLE = (
    LedgerUnusable,
    Text("기록 데이터베이스에 쓸 수 없습니다", "the database cannot be written"),
    Text("파일과 폴더의 쓰기 권한을 확인하십시오", "check the permissions of the file and its folder"),
)
_HELD = (
    LedgerBusy,
    Text("다른 프로그램이 기록 데이터베이스를 붙잡고 있습니다", "another program holds the database"),
    Text("잠시 뒤 다시 실행하십시오", "try again in a moment"),
)
_DAMAGED = (
    LedgerUnusable,
    Text("기록 데이터베이스가 손상되었습니다", "the database is damaged"),
    Text("파일을 지우지 말고 백업에서 되살리십시오", "do not delete the file; restore it from a backup"),
)
_MEANINGS = {
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
}


def disk_full(path: Path) -> LedgerFull:
    return LedgerFull(
        Text(
            "디스크가 가득 차서 기록할 수 없습니다. 더 보내지 않습니다",
            "the disk is full: nothing can be recorded, so nothing more is sent",
        ),
        where=str(path),
        remedy=Text(
            "공간을 비운 뒤 `mailer worker`를 다시 실행해 주십시오", "make room, then run `mailer worker` again"
        ),
    )


def _has_room(path: Path) -> bool:
    return shutil.disk_usage(path.parent).free >= ROOM


def _revision(connection: sa.Connection, path: Path) -> str | None:
    tables = sa.inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        if tables:
            raise LedgerUnusable(
                Text("다른 프로그램의 데이터베이스입니다", "this database belongs to another program"),
                where=str(path),
                remedy=Text(
                    "MAILER_DATABASE에 다른 파일을 정하십시오. 이 파일의 표는 건드리지 않았습니다",
                    "name another file in MAILER_DATABASE; the tables of this one were not touched",
                ),
            )
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def _bring_to_head(database: Database) -> None:
    with database.reading() as connection:
        found = _revision(connection, database.path)
    if found == HEAD:
        return
    if found is not None and found not in REVISIONS:
        raise LedgerUnusable(
            Text(
                f"이 데이터베이스는 더 새로운 mailer가 만들었습니다 (버전 {found})",
                f"this database was made by a newer mailer (revision {found})",
            ),
            where=str(database.path),
            remedy=Text(
                "mailer를 최신 버전으로 올려 주십시오. 데이터베이스는 그대로 두었습니다",
                "update mailer; the database was left as it is",
            ),
        )
    # two processes may find the same old or missing database: one works, the other waits and finds the work done
    with _upgrading(database.path):
        with database.reading() as connection:
            found = _revision(connection, database.path)
        if found == HEAD:
            return
        if found is not None:
            _back_up(database, found)
        _migrate(database)


@contextmanager
def _upgrading(path: Path) -> Iterator[None]:
    lock = FileLock(path.with_name(f"{path.name}-upgrade.lock"), timeout=UPGRADE_SECONDS)
    try:
        lock.acquire()
    except Timeout as error:
        problem, what, remedy = _HELD
        raise problem(what, where=str(path), remedy=remedy) from error
    try:
        yield
    finally:
        lock.release()


def _back_up(database: Database, revision: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    target = database.path.with_name(f"{database.path.stem}-{revision}-{stamp}.bak.db")
    try:
        with database.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            raw.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise LedgerError(
            Text(
                f"데이터베이스를 새 버전으로 옮기기 전에 백업하지 못했습니다: {error}",
                f"no backup could be made before the database is brought up to date: {error}",
            ),
            where=str(target),
            remedy=Text(
                "남은 공간과 쓰기 권한을 확인하십시오. 데이터베이스는 그대로 두었습니다",
                "check room and permissions; the database was left as it is",
            ),
        ) from error
    return target


def _migrate(database: Database) -> None:
    # imported here: Alembic costs half a second and is needed only when the schema moves
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, HEAD)
