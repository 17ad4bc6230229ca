"""docs/DEPLOY.md alone leads from an empty Debian to HTTPS with two users, and back."""

import os
import pty
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.conftest import do_without, require_tool
from tests.demo_runner import ROOT
from tests.deploy.commands import RUN, UNTAR

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
    "PIP_CERT": "/root/authorities.crt",
    "SSL_CERT_FILE": "/root/authorities.crt",
}


class EmptyRoot:
    """A shell of root in a Debian of its own; it shares the network with this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cwd = "/root"
        self.server: subprocess.Popen[bytes] | None = None

    def run(self, command: str, terminal: Callable[[int], None] | None = None) -> str:
        """Run one line of the page as a person would type it; it must end well."""
        if command.startswith("cd "):
            self.cwd = command.removeprefix("cd ")
            return ""
        line = ["chroot", str(self.folder), "/bin/sh", "-ec", f"cd {self.cwd}; {command}"]
        if command.endswith(" &"):
            line[-1] = f"cd {self.cwd}; exec {command.removesuffix(' &')}"
            self.server = subprocess.Popen(line, env=ENVIRONMENT)
            return ""
        if terminal:
            return self._at_terminal(line, terminal)
        done = subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True, timeout=COMMAND_WITHIN_S)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def _at_terminal(self, line: list[str], terminal: Callable[[int], None]) -> str:
        pid, handle = pty.fork()
        if pid == 0:
            os.execvpe(line[0], line, ENVIRONMENT)
        terminal(handle)
        said = read_to_end(handle)
        os.close(handle)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, said
        return said

    def stop(self) -> int:
        """Stop the server as a supervisor does; returns its exit code."""
        assert self.server is not None
        self.server.send_signal(signal.SIGTERM)
        return self.server.wait(30)


def read_to_end(handle: int) -> str:
    said = b""
    with suppress(OSError):
        while read := os.read(handle, 4096):
            said += read
    return said.decode()


def typing(password: str) -> Callable[[int], None]:
    """Type a password, and once more."""

    def at(handle: int) -> None:
        for prompt in (b"Password: ", b"again"):
            said = b""
            while prompt not in said:
                said += os.read(handle, 4096)
            os.write(handle, f"{password}\n".encode())

    return at


@pytest.fixture
def root() -> Iterator[EmptyRoot]:
    """Debian as its installer leaves it, with the archive of this project in /root."""
    if os.getuid() != 0:
        do_without("only root makes a root of its own")
    debootstrap = require_tool("debootstrap")
    folder = Path("/var/tmp") / f"forgesyte-root-{os.getpid()}"
    mounts = [(["-t", "proc", "proc"], folder / "proc"), (["--bind", "/dev"], folder / "dev")]
    subprocess.run([debootstrap, "--variant=minbase", "bookworm", folder], check=True, capture_output=True)
    try:
        for name in ("resolv.conf", "hosts"):
            shutil.copyfile(f"/etc/{name}", folder / "etc" / name)
        shutil.copyfile(CERTIFICATES, folder / "root" / "authorities.crt")
        made = ["git", "archive", "--prefix=forgesyte/", "-o", f"{folder}/root/forgesyte.tar.gz", "HEAD"]
        subprocess.run(made, cwd=ROOT, check=True)
        with (folder / "etc" / "hosts").open("a") as hosts:
            hosts.write(f"\n127.0.0.1 {NAME}\n")
        for options, place in mounts:
            subprocess.run(["mount", *options, place], check=True)
        empty = EmptyRoot(folder)
        yield empty
        if empty.server is not None and empty.server.poll() is None:
            empty.stop()
        end_nginx(folder)
    finally:
        for _, place in mounts:
            subprocess.run(["umount", place], capture_output=True)
        assert not any(place.is_mount() for _, place in mounts)
        shutil.rmtree(folder)


def end_nginx(folder: Path) -> None:
    with suppress(OSError, ValueError):
        os.kill(int((folder / "run" / "nginx.pid").read_text()), signal.SIGQUIT)


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
    lines = list(RUN)
    for number, line in enumerate(lines):
        if user := next((user for user in PASSWORDS if user in line.split()), ""):
            root.run(line, terminal=typing(PASSWORDS[user]))
            continue
        if line.startswith("deploy/manage restore"):
            assert root.stop() == 0
        # The archive of an update lies where the page was begun.
        said = root.run(line.replace("forgesyte.tar.gz", "/root/forgesyte.tar.gz") if line == UNTAR else line)
        if line == "nginx":
            wait_until_ready()
            assert asked("/")[0] == 302
            assert all(map(logs_in, PASSWORDS))
            print(f"From an empty Debian to HTTPS with two users: {time.monotonic() - began:.0f} s")
        if line.startswith("deploy/manage doctor --url"):
            assert "wrong " not in said
            assert "sockets: WebSockets get through" in said
        if line.startswith("deploy/manage restore") and "files of" not in said:
            raise AssertionError(said)
        if number == len(lines) - 1:
            assert not (root.folder / "opt/forgesyte").exists()
            assert not (root.folder / "var/lib/forgesyte").exists()
    for path in ("etc/forgesyte", "etc/nginx/sites-enabled/forgesyte"):
        assert not (root.folder / path).exists()
