"""A PostgreSQL server of its own, in a folder that goes with it."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import do_without

PROGRAMS = Path("/usr/lib/postgresql")
WITHIN_S = 60


def program(name: str) -> str:
    """The path of a program of PostgreSQL, which Debian keeps off the PATH; without it the test skips."""
    found = shutil.which(name) or next((str(path) for path in PROGRAMS.glob(f"*/bin/{name}")), None)
    return found or do_without("PostgreSQL is not installed: `apt-get install postgresql` brings it")


@contextmanager
def running_postgres() -> Iterator[str]:
    """The address of an empty database, over a socket in its folder; it needs no password."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    with tempfile.TemporaryDirectory(prefix="pg", dir="/tmp") as folder:
        user = own_user(Path(folder))
        data = f"{folder}/data"
        run(user, initdb, "-D", data, "-U", "forgesyte", "--auth=trust", "--no-sync", "-E", "UTF8")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run(user, pg_ctl, "-D", data, "-w", "-o", options, "-l", f"{folder}/log", "start")
        try:
            yield f"postgres://forgesyte@{folder.replace('/', '%2F')}/postgres"
        finally:
            run(user, pg_ctl, "-D", data, "-w", "-m", "immediate", "stop")


def own_user(folder: Path) -> str | None:
    """PostgreSQL refuses to run as root: then it is another user's folder."""
    if os.getuid() != 0:
        return None
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        do_without("PostgreSQL does not run as root, and there is no user postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    # The tests connect as root.
    folder.chmod(0o755)
    return account.pw_name


def run(user: str | None, *command: str) -> None:
    """Run a command as this user; it must succeed."""
    done = subprocess.run(
        command,
        user=user,
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    assert done.returncode == 0, done.stderr + done.stdout
