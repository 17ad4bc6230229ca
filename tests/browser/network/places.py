"""A server behind nginx with TLS, at the root of its name or below a path, and people who find it there."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import ROOT
from tests.forgesyte.proxy.nginx import NAME, in_front_of
from tests.streaming.live import environment, prepare, serving

PASSWORD = "lovelace-1843"
BAD = ("error", "warning")
SETTINGS = {
    "ALLOWED_HOSTS": NAME,
    "FORGESYTE_TRUSTED_PROXIES": "127.0.0.1",
    "FORGESYTE_HSTS_SECONDS": "3600",
    "FORGESYTE_WORKERS": "1",
    "FORGESYTE_REQUIRE_LOGIN": "1",
    "FORGESYTE_DEFAULT_PIPELINE": "signs",
}
# Any name of the tests leads to this machine.
RULES = "--host-resolver-rules=MAP *.example.com 127.0.0.1, MAP *.example 127.0.0.1"


@dataclass
class Place:
    """The address of the pages, and the server's log."""

    url: str
    prefix: str
    log: Path


@contextmanager
def placed(folder: Path, prefix: str, **settings: str) -> Iterator[Place]:
    """A server with the shipped pipelines, a superuser `ada` and a viewer `bob`."""
    data_dir = folder / "data"
    data_dir.mkdir()
    prepare(data_dir, {"signs": {"finds": True}})
    given = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "a@b.example"}
    for command, typed in (
        (("restore_pipelines",), ""),
        (("createsuperuser", "--noinput", "--username=ada"), ""),
        (("add_user", "bob"), PASSWORD),
    ):
        subprocess.run(
            [sys.executable, "manage.py", *command],
            input=typed, text=True, env=environment(data_dir, **given), cwd=ROOT,
            check=True, capture_output=True,
        )  # fmt: skip
    with (
        serving(data_dir, **SETTINGS, **settings) as server,
        in_front_of(server.port, folder, below_a_path=bool(prefix)) as port,
    ):
        yield Place(f"https://{NAME}:{port}{prefix}/", prefix, server.log)


class Person:
    """Somebody with a browser of his own who has signed in, and all that went wrong there."""

    def __init__(self, browser: Browser, place: Place, name: str) -> None:
        self.place = place
        self.context: BrowserContext = browser.new_context(ignore_https_errors=True)
        self.wrong: list[str] = []
        self.sockets: list[str] = []
        self.page = self.open("")
        expect(self.page).to_have_url(re.compile(re.escape(f"{place.url}account/login/")))
        self.page.get_by_label("Username").fill(name)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page).to_have_url(place.url)

    def open(self, path: str) -> Page:
        """Open another tab at this path; notes what it asks for elsewhere, is refused or complains of."""
        page = self.context.new_page()
        page.on("request", lambda asked: self._note(not is_inside(asked.url, self.place), asked.url))
        page.on("response", lambda got: self._note(got.status >= 400, f"{got.status} {got.url}"))
        page.on("console", lambda said: self._note(said.type in BAD, said.text))
        page.on("pageerror", lambda error: self._note(True, str(error)))
        page.on("websocket", lambda socket: self.sockets.append(socket.url))
        page.goto(self.place.url + path)
        return page

    def _note(self, is_wrong: bool, text: str) -> None:
        if is_wrong:
            self.wrong.append(text)


def is_inside(url: str, place: Place) -> bool:
    """True if the address is the place's own."""
    return url.startswith((place.url, place.url.replace("https:", "wss:"), "blob:", "data:"))
