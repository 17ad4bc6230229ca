"""Settings of the project: where data lies, who may reach the server, which database and channel layer."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import dj_database_url

from forgesyte import env as read

LOCAL_HOSTS = "localhost,127.0.0.1,[::1]"


@dataclass(frozen=True)
class ProjectSettings:
    """What `settings.py` needs to know from the environment."""

    data_dir: Path
    host: str
    port: int
    https_port: int
    debug: bool
    allowed_hosts: tuple[str, ...]
    require_login: bool
    login_failures: int
    login_lock_minutes: float
    database: dict[str, Any]
    redis_url: str
    log_level: str
    secret_key: str

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
            allowed_hosts=read.words(env, "ALLOWED_HOSTS", LOCAL_HOSTS),
            require_login=read.boolean(env, "FORGESYTE_REQUIRE_LOGIN", False),
            login_failures=read.integer(env, "FORGESYTE_LOGIN_FAILURES", 5, at_most=1000),
            login_lock_minutes=read.number(
                env, "FORGESYTE_LOGIN_LOCK_MINUTES", 15, at_least=0.01, at_most=24 * 60
            ),
            database=database_config(read.text(env, "DATABASE_URL", ""), data_dir),
            redis_url=redis_url(read.text(env, "REDIS_URL", "")),
            log_level=read.choice(
                env, "FORGESYTE_LOG_LEVEL", "info", ("debug", "info", "warning", "error")
            ).upper(),
            secret_key=read.text(env, "SECRET_KEY", "") or stored_secret_key(data_dir / "secret_key"),
        )


def make_data_dir(data_dir: Path) -> None:
    """Create the data folder and what must be in it; BadSetting where that is impossible."""
    try:
        (data_dir / "tmp").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise read.BadSetting(f"FORGESYTE_DATA_DIR={data_dir} cannot be made: {error.strerror}") from error


def stored_secret_key(path: Path) -> str:
    """The key in `path`, made on the first call, readable by its owner only; two processes may race."""
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        key = path.read_text().strip()
        if key:
            return key
        raise read.BadSetting(f"{path} is empty: delete it, or set SECRET_KEY") from None
    except OSError as error:
        raise read.BadSetting(f"{path} cannot be written ({error.strerror}): set SECRET_KEY") from error
    with os.fdopen(handle, "w") as file:
        key = secrets.token_urlsafe(50)
        file.write(key)
    return key


def database_config(url: str, data_dir: Path) -> dict[str, Any]:
    """Django's database dictionary; SQLite in write-ahead mode inside the data folder by default."""
    try:
        config = dict(dj_database_url.parse(url or f"sqlite:///{data_dir / 'forgesyte.sqlite3'}"))
    except (ValueError, KeyError) as error:
        raise read.BadSetting(
            f"DATABASE_URL cannot be read ({error}); example: postgres://user:pw@host/name"
        ) from error
    if "sqlite" in str(config["ENGINE"]):
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    return config


def redis_url(url: str) -> str:
    """The URL of the channel layer's Redis, or an empty string for the in-memory layer."""
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise read.BadSetting(f"REDIS_URL={url!r} is not a Redis address; example: redis://127.0.0.1:6379/0")
    return url
