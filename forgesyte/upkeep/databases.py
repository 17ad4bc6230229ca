"""Copies of the database as it is at one moment, and databases put in the place of others."""

import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.db import connection, transaction

from forgesyte.conf import DATABASE_WAIT_S, sqlite_file
from forgesyte.data_folder import DATABASE_PARTS, make_database_file
from forgesyte.upkeep.errors import UpkeepError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
FILE_NAMES = {SQLITE: "database.sqlite3", POSTGRESQL: "database.pgdump"}
# What libpq reads from the environment: on a command line others would see the password.
PG_NAMES = {
    "NAME": "PGDATABASE",
    "USER": "PGUSER",
    "PASSWORD": "PGPASSWORD",
    "HOST": "PGHOST",
    "PORT": "PGPORT",
}
PG_RESTORE = (
    *("pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges"),
    *("--exit-on-error", "--single-transaction", "--dbname"),
)
PG_OPTION = re.compile(r"ssl\w+|connect_timeout|options|service|passfile|channel_binding|gssencmode")
PG_SPECIAL = {"connect_timeout": "PGCONNECT_TIMEOUT", "channel_binding": "PGCHANNELBINDING"}


class Snapshot(Protocol):
    """The database at one moment."""

    def copy_to(self, target: Path) -> None:
        """Write it to a new file; may take long, and hinders nobody. Raises UpkeepError."""
        ...


class Database(Protocol):
    """The database that the settings name."""

    kind: str

    def size_bytes(self) -> int:
        """About how large a copy of it will be."""
        ...

    def is_empty(self) -> bool:
        """True if there is nothing in it that could be lost."""
        ...

    @contextmanager
    def snapshot(self, tables: tuple[str, ...]) -> Iterator[tuple[Snapshot, "Held"]]:
        """The database as it is now. Nobody writes to these tables until what is held is let go."""
        ...

    def replace_with(self, copy: Path) -> None:
        """Put a copy in its place, all of it or nothing. Raises UpkeepError."""
        ...


class Held(Protocol):
    """Keeps others from writing."""

    def let_go(self) -> None:
        """They may go on."""
        ...


def database_of(config: Mapping[str, Any]) -> Database:
    """The database of a Django dictionary; raises UpkeepError for a kind that cannot be copied."""
    if path := sqlite_file(config):
        return SqliteDatabase(path)
    if "postgresql" in str(config["ENGINE"]):
        return PostgresDatabase(config)
    raise UpkeepError("Only SQLite in a file and PostgreSQL can be copied: copy this database by other means")


class SqliteDatabase:
    """A file in write-ahead mode, beside which others may be."""

    kind = SQLITE

    def __init__(self, path: Path) -> None:
        self._path = path

    def size_bytes(self) -> int:
        """The bytes of its files."""
        return sum(part.stat().st_size for part in self._parts() if part.exists())

    def is_empty(self) -> bool:
        """True without a table."""
        if not self._path.exists():
            return True
        with closing(self._connect()) as connected:
            return not connected.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]

    @contextmanager
    def snapshot(self, tables: tuple[str, ...]) -> Iterator[tuple["SqliteSnapshot", "SqliteHeld"]]:
        """While it is held nobody writes at all; who wants to waits for DATABASE_WAIT_S."""
        try:
            with closing(self._connect()) as writer, closing(self._connect()) as reader:
                writer.execute("BEGIN IMMEDIATE")
                reader.execute("BEGIN")
                # The moment of a transaction is its first look.
                reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
                yield SqliteSnapshot(reader), SqliteHeld(writer)
        except sqlite3.Error as error:
            raise UpkeepError(f"The database {self._path} cannot be copied: {error}") from error

    def replace_with(self, copy: Path) -> None:
        """In one transaction of SQLite's own."""
        try:
            with closing(sqlite3.connect(copy)) as source, closing(self._connect()) as target:
                source.backup(target)
        except sqlite3.Error as error:
            raise UpkeepError(f"The database {self._path} cannot be replaced: {error}") from error

    def _parts(self) -> list[Path]:
        return [Path(f"{self._path}{part}") for part in DATABASE_PARTS]

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=DATABASE_WAIT_S, isolation_level=None)


class SqliteSnapshot:
    """A transaction that only reads."""

    def __init__(self, reader: sqlite3.Connection) -> None:
        self._reader = reader

    def copy_to(self, target: Path) -> None:
        """By SQLite's own means, page by page."""
        make_database_file(target)
        with closing(sqlite3.connect(target)) as copy:
            self._reader.backup(copy)


class SqliteHeld:
    """A transaction that writes nothing."""

    def __init__(self, writer: sqlite3.Connection) -> None:
        self._writer = writer

    def let_go(self) -> None:
        """End it."""
        self._writer.execute("ROLLBACK")


class PostgresDatabase:
    """A database that `pg_dump` and `pg_restore` reach."""

    kind = POSTGRESQL

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._environment = postgres_environment(config)

    def size_bytes(self) -> int:
        """More than a copy has: it is packed."""
        return int(ask("SELECT pg_database_size(current_database())"))

    def is_empty(self) -> bool:
        """True without a table."""
        return not ask("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")

    @contextmanager
    def snapshot(self, tables: tuple[str, ...]) -> Iterator[tuple["PostgresSnapshot", "PostgresHeld"]]:
        """Two transactions: one locks the tables, the other one has its look meanwhile and keeps it."""
        holding = connection.copy()
        try:
            held = PostgresHeld(holding, tables)
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SELECT pg_export_snapshot()")
                yield PostgresSnapshot(cursor.fetchone()[0], self._environment), held
        finally:
            holding.close()

    def replace_with(self, copy: Path) -> None:
        """Drop what has the names of what comes, and restore, in one transaction."""
        connection.close()
        run([*PG_RESTORE, self._environment["PGDATABASE"], str(copy)], self._environment)


class PostgresSnapshot:
    """The moment that `pg_dump` is to see."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self._name = name
        self._environment = environment

    def copy_to(self, target: Path) -> None:
        """In the format that `pg_restore` reads."""
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={self._name}"]
        run(["pg_dump", *options, f"--file={target}"], self._environment)


class PostgresHeld:
    """A transaction that locks tables against writers."""

    def __init__(self, holding: Any, tables: tuple[str, ...]) -> None:
        self._holding = holding
        holding.set_autocommit(False)
        with holding.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {DATABASE_WAIT_S * 1000}")
            for table in tables:
                cursor.execute(f"LOCK TABLE {holding.ops.quote_name(table)} IN SHARE MODE")

    def let_go(self) -> None:
        """End it."""
        self._holding.rollback()


def ask(query: str) -> Any:
    """The one value that a query gives."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def postgres_environment(config: Mapping[str, Any]) -> dict[str, str]:
    """The environment for PostgreSQL's programs to reach the database of a Django dictionary."""
    options: Mapping[str, Any] = config.get("OPTIONS", {})
    said = {PG_NAMES[name]: str(config[name]) for name in PG_NAMES if config.get(name)}
    for name, value in options.items():
        if PG_OPTION.fullmatch(name):
            said[PG_SPECIAL.get(name, f"PG{name.upper()}")] = str(value)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | said


def run(command: list[str], environment: Mapping[str, str]) -> None:
    """Run one of PostgreSQL's programs; raises UpkeepError with what it said."""
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError as error:
        raise UpkeepError(
            f"{command[0]} is not installed: it comes with PostgreSQL's client (Debian: postgresql-client)"
        ) from error
    if done.returncode:
        said = " ".join(done.stderr.split())[:500]
        raise UpkeepError(f"{command[0]} failed: {said}")
