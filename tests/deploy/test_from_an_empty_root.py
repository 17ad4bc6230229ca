"""docs/DEPLOY.md alone leads from an empty Debian to HTTPS with two users, and back."""

import os
import pty
import re
import select
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.conftest import do_without, require_tool
from tests.demo_runner import ROOT
from tests.deploy.commands import RUN

pytestmark = pytest.mark.slow

NAME = "vision.example.com"
PASSWORDS = {"ada": "lovelace-1843", "bob": "ross-1942-happy"}
COMMAND_WITHIN_S = 3600
READY_WITHIN_S = 300
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# As of a fresh login; the authorities are those of this machine, which may be behind a proxy of its own.
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "TERM": "dumb",
    "DEBIAN_FRONTEND": "noninteractive",
    "PS1": "<$?> ",
    "PIP_CERT": "/root/authorities.crt",
    "SSL_CERT_FILE": "/root/authorities.crt",
}

PROMPT = re.compile(rb"<(\d+)> ")
# Processes and mounts of its own, which end with their first process.
BOXED = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec")
ENTER = 'mount -t proc proc "$1/proc"; mount --bind /dev "$1/dev"; exec chroot "$1" sh -i'


class EmptyRoot:
    """A person's shell, as root, in a Debian of its own; it shares the network with this machine.

    What it has started and mounted ends with it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.execvpe(BOXED[0], [*BOXED, ENTER, "sh", str(folder)], ENVIRONMENT)
        self._until(PROMPT)

    def run(self, command: str, password: str = "") -> str:
        """Type a line, and the password twice where one is given; it must end well. Returns what is said."""
        self._type(command)
        if password:
            for question in (rb"Password: ", rb"again"):
                self._until(re.compile(question))
                self._type(password)
        said, status = self._until(PROMPT)
        assert status == b"0", f"{command}\n{said}"
        return said

    def end(self) -> None:
        """End everything in it at once."""
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def _type(self, line: str) -> None:
        os.write(self._terminal, f"{line}\n".encode())

    def _until(self, wanted: re.Pattern[bytes]) -> tuple[str, bytes]:
        """The text of the terminal up to this, and its last group."""
        said, deadline = b"", time.monotonic() + COMMAND_WITHIN_S
        while not (found := wanted.search(said)):
            ready, _, _ = select.select([self._terminal], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"nothing more is said: {said.decode(errors='replace')}"
            said += os.read(self._terminal, 65536)
        return said.decode(errors="replace"), found[found.re.groups]


@pytest.fixture
def root() -> Iterator[EmptyRoot]:
    """Debian as its installer leaves it, with the archive of this project in /root."""
    if os.getuid() != 0:
        do_without("only root makes a root of its own")
    debootstrap = require_tool("debootstrap")
    folder = Path("/var/tmp") / f"forgesyte-root-{os.getpid()}"
    try:
        subprocess.run(
            [debootstrap, "--variant=minbase", "bookworm", folder], check=True, capture_output=True
        )
        for name in ("resolv.conf", "hosts"):
            shutil.copyfile(f"/etc/{name}", folder / "etc" / name)
        shutil.copyfile(CERTIFICATES, folder / "root" / "authorities.crt")
        made = ["git", "archive", "--prefix=forgesyte/", "-o", f"{folder}/root/forgesyte.tar.gz", "HEAD"]
        subprocess.run(made, cwd=ROOT, check=True)
        with (folder / "etc" / "hosts").open("a") as hosts:
            hosts.write(f"\n127.0.0.1 {NAME}\n")
        empty = EmptyRoot(folder)
        try:
            yield empty
        finally:
            empty.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def asked(path: str, body: str | None = None, **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, text and cookies of an answer over HTTPS."""
    trust = ssl._create_unverified_context()
    connection = HTTPSConnection("127.0.0.1", 443, context=trust, timeout=60)
    headers |= {"Host": NAME, "Referer": f"https://{NAME}/"}
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request("POST" if body else "GET", path, body, headers)
    answer = connection.getresponse()
    text, cookies = answer.read().decode(errors="replace"), answer.headers.get_all("Set-Cookie", [])
    connection.close()
    return answer.status, text, dict(cookie.split(";")[0].split("=", 1) for cookie in cookies)


def logs_in(user: str) -> bool:
    _, _, cookies = asked("/account/login/")
    token = cookies["csrftoken"]
    fields = {"username": user, "password": PASSWORDS[user], "csrfmiddlewaretoken": token, "next": "/"}
    status, _, got = asked("/account/login/", urlencode(fields), Cookie=f"csrftoken={token}")
    if status != 302:
        return False
    page, text, _ = asked("/", Cookie=f"sessionid={got['sessionid']}")
    return page == 200 and "ForgeSyte" in text


def wait_until_ready() -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while True:
        with suppress(OSError):
            if asked("/ready")[0] == 200:
                return
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_every_line_of_the_page(root: EmptyRoot) -> None:
    began = time.monotonic()
    root.run("cd /root")
    for line in RUN:
        if line.startswith("deploy/manage restore"):
            # A supervisor stops it so, and sees that it ends well.
            root.run("kill %1; wait %1")
        user = next((user for user in PASSWORDS if user in line.split()), "")
        said = root.run(line, PASSWORDS.get(user, ""))
        if line == "nginx":
            wait_until_ready()
            assert asked("/")[0] == 302
            assert all(map(logs_in, PASSWORDS))
            print(f"From an empty Debian to HTTPS with two users: {time.monotonic() - began:.0f} s")
        if line.startswith("deploy/manage doctor --url"):
            assert "wrong " not in said
            assert "sockets: WebSockets get through" in said
        if line.startswith("deploy/manage restore"):
            assert "files of" in said
    for path in ("opt/forgesyte", "var/lib/forgesyte", "etc/forgesyte", "etc/nginx/sites-enabled/forgesyte"):
        assert not (root.folder / path).exists()
    print(f"All of the page: {time.monotonic() - began:.0f} s")
