"""Settings of the project: where data lies, who may reach the server, which database and channel layer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Self

import dj_database_url

from forgesyte import env as read
from forgesyte.data_folder import make_data_dir, make_database_file, stored_secret_key

SHORTEST_CODE = 6
# Of a secret key that is given: what Django signs with it could be forged by trying shorter ones.
SHORTEST_KEY, FEWEST_LETTERS = 32, 5
MAKE_A_KEY = "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
# A name, also of a whole domain (`.example.com`), an IPv6 address in brackets, or any.
HOST = re.compile(r"\*|\.?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\]", re.IGNORECASE)
ORIGIN = re.compile(r"https?://([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")
# Letters that need no escape anywhere, so that a prefix is the same in addresses, pages and cookies.
PREFIX = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9_.~-]{1,64}){1,8}")
HEADER = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
RESERVED_HEADERS = frozenset({"authorization", "cookie", "host", "origin", "x-csrftoken"})
# So many seconds a request or a worker waits for another that writes, or for a server to connect to.
DATABASE_WAIT_S = 5
LOCAL_HOSTS = "localhost,127.0.0.1,[::1]"


@dataclass(frozen=True)
class ProjectSettings:
    """The project's settings from the environment.

    What is secret is no part of its `repr`, which debug pages and tracebacks show.
    """

    data_dir: Path
    host: str
    port: int
    https_port: int
    debug: bool
    allowed_hosts: tuple[str, ...]
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    path_prefix: str
    trusted_origins: tuple[str, ...]
    hsts_seconds: int
    require_login: bool
    requests_per_minute: int | None
    remote_user_header: str
    allowed_origins: tuple[str, ...]
    lan_code: str = field(repr=False)
    connections_per_address: int
    login_failures: int
    login_lock_minutes: float
    database: dict[str, Any] = field(repr=False)
    redis_url: str = field(repr=False)
    log_level: str
    secret_key: str = field(repr=False)
    key_is_given: bool

    @classmethod
    def from_env(cls, env: Mapping[str, str], base_dir: Path) -> Self:
        """Read the project's variables, making data folder and secret key if missing; raises BadSetting."""
        data_dir = Path(read.text(env, "FORGESYTE_DATA_DIR", str(base_dir / "data"))).expanduser().resolve()
        make_data_dir(data_dir)
        return cls(
            data_dir=data_dir,
            host=read.text(env, "HOST", "127.0.0.1"),
            port=read.integer(env, "PORT", 8000, at_most=65535),
            https_port=read.integer(env, "HTTPS_PORT", 8443, at_most=65535),
            debug=read.boolean(env, "DEBUG", False),
            allowed_hosts=allowed_hosts(read.words(env, "ALLOWED_HOSTS", LOCAL_HOSTS)),
            trusted_proxies=networks(read.words(env, "FORGESYTE_TRUSTED_PROXIES", "")),
            path_prefix=path_prefix(read.text(env, "FORGESYTE_PATH_PREFIX", "")),
            trusted_origins=origins(read.words(env, "FORGESYTE_TRUSTED_ORIGINS", "")),
            hsts_seconds=read.integer(env, "FORGESYTE_HSTS_SECONDS", 0),
            require_login=read.boolean(env, "FORGESYTE_REQUIRE_LOGIN", False),
            requests_per_minute=read.limit(env, "FORGESYTE_REQUESTS_PER_MINUTE", 1200),
            remote_user_header=remote_user_header(env),
            allowed_origins=origins(
                read.words(env, "FORGESYTE_ALLOWED_ORIGINS", ""), "FORGESYTE_ALLOWED_ORIGINS"
            ),
            lan_code=lan_code(read.text(env, "FORGESYTE_LAN_CODE", "")),
            connections_per_address=read.integer(
                env, "FORGESYTE_CONNECTIONS_PER_ADDRESS", 200, at_most=100_000
            ),
            login_failures=read.integer(env, "FORGESYTE_LOGIN_FAILURES", 5, at_most=1000),
            login_lock_minutes=read.number(
                env, "FORGESYTE_LOGIN_LOCK_MINUTES", 15, at_least=0.01, at_most=24 * 60
            ),
            database=database_config(read.text(env, "DATABASE_URL", ""), data_dir),
            redis_url=redis_url(read.text(env, "REDIS_URL", "")),
            log_level=read.choice(
                env, "FORGESYTE_LOG_LEVEL", "info", ("debug", "info", "warning", "error")
            ).upper(),
            secret_key=secret_key(read.text(env, "SECRET_KEY", ""))
            or stored_secret_key(data_dir / "secret_key"),
            key_is_given=bool(read.text(env, "SECRET_KEY", "")),
        )

    @property
    def database_file(self) -> Path | None:
        """The file of the SQLite database; None for other databases and for one in memory."""
        return sqlite_file(self.database)


def allowed_hosts(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names under which the server may be asked; raises BadSetting for what no browser asks for."""
    for name in names:
        if not HOST.fullmatch(name):
            raise read.BadSetting(
                f"ALLOWED_HOSTS={read.shortened(name)!r} is not the name of a host: leave scheme, port and "
                "path out, as in ALLOWED_HOSTS=vision.example.com,192.168.1.7,[::1]; "
                ".example.com stands for all names below it"
            )
    return names


def networks(words: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    """The addresses and networks of trusted proxies; raises BadSetting for what is neither."""
    try:
        return tuple(ip_network(word) for word in words)
    except ValueError as error:
        raise read.BadSetting(
            f"FORGESYTE_TRUSTED_PROXIES: {error}; example: FORGESYTE_TRUSTED_PROXIES=127.0.0.1,10.0.0.0/8"
        ) from error


def path_prefix(given: str) -> str:
    """The path below which all addresses lie, without a slash at its end, or empty; raises BadSetting."""
    prefix = given.rstrip("/")
    if prefix and not PREFIX.fullmatch(prefix):
        raise read.BadSetting(
            f"FORGESYTE_PATH_PREFIX={read.shortened(given)!r} is no path of plain letters, digits and -._~; "
            "example: FORGESYTE_PATH_PREFIX=/vision"
        )
    return prefix


def origins(words: tuple[str, ...], name: str = "FORGESYTE_TRUSTED_ORIGINS") -> tuple[str, ...]:
    """The origins in the variable of this name; raises BadSetting for what no browser sends as `Origin`."""
    for word in words:
        if not ORIGIN.fullmatch(word):
            raise read.BadSetting(
                f"{name}={read.shortened(word)!r} is not an origin: scheme, host and port "
                f"without a path; example: {name}=https://vision.example.com:8443"
            )
    return words


def remote_user_header(env: Mapping[str, str]) -> str:
    """The header in which a proxy names the user, or empty; raises BadSetting where no proxy is trusted."""
    name = read.text(env, "FORGESYTE_REMOTE_USER_HEADER", "")
    if not name:
        return ""
    if not HEADER.fullmatch(name) or name.lower() in RESERVED_HEADERS:
        raise read.BadSetting(
            f"FORGESYTE_REMOTE_USER_HEADER={read.shortened(name)!r} is not the name of a header of its own; "
            "example: FORGESYTE_REMOTE_USER_HEADER=X-Remote-User"
        )
    if not read.words(env, "FORGESYTE_TRUSTED_PROXIES", ""):
        raise read.BadSetting(
            "FORGESYTE_REMOTE_USER_HEADER needs FORGESYTE_TRUSTED_PROXIES: who else may say who somebody is?"
        )
    if not read.boolean(env, "FORGESYTE_REQUIRE_LOGIN", False):
        raise read.BadSetting("FORGESYTE_REMOTE_USER_HEADER needs FORGESYTE_REQUIRE_LOGIN=1")
    return name


def secret_key(given: str) -> str:
    """The key that was given, or an empty string; raises BadSetting where it could be guessed."""
    if given and (len(given) < SHORTEST_KEY or len(set(given)) < FEWEST_LETTERS):
        raise read.BadSetting(
            f"SECRET_KEY can be guessed: give it {SHORTEST_KEY} letters or more, as {MAKE_A_KEY} makes them, "
            "or leave it out, and a key is made and kept in the data folder"
        )
    return given


def lan_code(code: str) -> str:
    """The code to ask for in a local network, `off` for none, or empty for one that is made; BadSetting."""
    if 0 < len(code) < SHORTEST_CODE and code.lower() != "off":
        raise read.BadSetting(f"FORGESYTE_LAN_CODE must have {SHORTEST_CODE} letters at least, or be off")
    return code


def sqlite_file(config: Mapping[str, Any]) -> Path | None:
    """The file of a database, if that is SQLite's."""
    name = str(config["NAME"])
    in_file = "sqlite" in str(config["ENGINE"]) and not name.startswith((":memory:", "file:"))
    return Path(name) if in_file else None


def database_config(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's database dictionary; SQLite in write-ahead mode inside the data folder by default."""
    try:
        config = dict(dj_database_url.parse(url or f"sqlite:///{data_dir / 'forgesyte.sqlite3'}"))
    except (ValueError, KeyError) as error:
        raise read.BadSetting(
            f"DATABASE_URL cannot be read ({error}); example: postgres://user:pw@host/name"
        ) from error
    if "sqlite" in str(config["ENGINE"]):
        if path := sqlite_file(config):
            make_database_file(path)
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": DATABASE_WAIT_S,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    elif "postgresql" in str(config["ENGINE"]):
        given: Any = config.get("OPTIONS", {})
        config["OPTIONS"] = {"connect_timeout": DATABASE_WAIT_S, **given}
    return config


def redis_url(url: str) -> str:
    """The URL of the channel layer's Redis, or an empty string for the in-memory layer."""
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        # What is written there may hold a password.
        raise read.BadSetting("REDIS_URL is not a Redis address; example: redis://127.0.0.1:6379/0")
    return url
