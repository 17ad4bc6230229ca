"""On a real server: open sockets end within seconds of their login or key, whichever process ended it."""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.asyncio.client import ClientConnection, connect

from accounts.access_watch import CHECK_EVERY_S
from tests.accounts.people import PASSWORD
from tests.streaming.fakes import jpeg
from tests.streaming.live import (
    PATIENCE_S,
    ROOT,
    SERVERS,
    LiveServer,
    answers,
    close_code,
    environment,
    prepare,
    read,
    serving,
)

PATHS = ("/ws/video/stream?pipeline_id=quick", "/realtime")
# What it takes beside the wait for the next look, on a busy machine.
GRACE_S = 20.0
MAKE = """
import json, sys, django
django.setup()
from tests.accounts.people import key_of, person
for name in ("ann", "bert", "dora"):
    owner = person(name)
print(json.dumps([key_of(owner, "stream", "jobs") for _ in range(3)]))
"""
END = """
import sys, django
from datetime import timedelta
django.setup()
from django.contrib.auth.models import User
from django.utils import timezone
from accounts.keys import revoke_key
from accounts.models import ApiKey
stays, ends, revoked = ApiKey.objects.order_by("pk")
assert revoke_key(key_id=revoked.pk)
ApiKey.objects.filter(pk=ends.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
User.objects.filter(username="bert").update(is_active=False)
"""


@dataclass
class World:
    """A server that asks for a login, the keys of dora, and the browsers of ann, bert and her."""

    server: LiveServer
    keys: list[str]
    browsers: dict[str, requests.Session]

    @property
    def url(self) -> str:
        """The address of the first page."""
        return f"http://127.0.0.1:{self.server.port}"

    def headers(self, who: str) -> dict[str, str]:
        """The headers with which somebody, or a key by its number, opens a socket."""
        if who.isdigit():
            return {"Authorization": f"Bearer {self.keys[int(who)]}"}
        return {"Cookie": f"sessionid={self.browsers[who].cookies['sessionid']}"}


def elsewhere(data_dir: Path, script: str) -> str:
    """The output of a process of its own, with the same database."""
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(data_dir), capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def signed_in(url: str, name: str) -> requests.Session:
    browser = requests.Session()
    page = browser.get(f"{url}/account/login/", timeout=PATIENCE_S)
    form = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": token_of(page.text)}
    assert browser.post(f"{url}/account/login/", form, timeout=PATIENCE_S).status_code == 200
    assert browser.cookies["sessionid"]
    return browser


def token_of(page: str) -> str:
    found = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found
    return found[1]


def sign_out(browser: requests.Session, url: str) -> None:
    form = {"csrfmiddlewaretoken": token_of(browser.get(f"{url}/", timeout=PATIENCE_S).text)}
    assert browser.post(f"{url}/account/logout/", form, timeout=PATIENCE_S).status_code == 200
    assert "sessionid" not in browser.cookies


@pytest.fixture(params=SERVERS)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    prepare(tmp_path)
    keys = json.loads(elsewhere(tmp_path, MAKE))
    with serving(tmp_path, server=request.param, FORGESYTE_REQUIRE_LOGIN="1") as server:
        url = f"http://127.0.0.1:{server.port}"
        yield World(server, keys, {name: signed_in(url, name) for name in ("ann", "bert", "dora")})


async def opened(world: World, who: str, path: str) -> ClientConnection:
    url = world.url.replace("http:", "ws:") + path
    return await connect(url, additional_headers=world.headers(who), open_timeout=PATIENCE_S)


async def test_a_login_and_a_key_end_their_open_sockets(world: World) -> None:
    ending, staying = ("ann", "bert", "1", "2"), ("dora", "0")
    sockets = {(who, path): await opened(world, who, path) for who in (*ending, *staying) for path in PATHS}
    streams = {who: sockets[who, PATHS[0]] for who in (*ending, *staying)}
    for socket in streams.values():
        await socket.send(jpeg())
        assert "result" in (await answers(socket, 1))[-1]

    began = time.monotonic()
    await asyncio.to_thread(sign_out, world.browsers["ann"], world.url)
    await asyncio.to_thread(elsewhere, world.server.data_dir, END)
    changed_s = time.monotonic() - began
    said = {place: await last_words(socket) for place, socket in sockets.items() if place[0] in ending}
    took_s = time.monotonic() - began

    assert set(said.values()) == {("login_required", 4401)}
    assert took_s < changed_s + CHECK_EVERY_S + GRACE_S
    print(f"{world.server.name}: all ended {took_s - changed_s:.1f} s after the last change")
    for who in staying:
        await streams[who].send(jpeg())
        assert "result" in (await answers(streams[who], 1))[-1], who
        assert sockets[who, PATHS[1]].state.name == "OPEN"
    for socket in sockets.values():
        await socket.close()


async def last_words(socket: ClientConnection) -> tuple[str, int | None]:
    """The code of the last message, and the close code."""
    said: dict[str, Any] = await read(socket)
    return said.get("error") or said["payload"]["code"], await close_code(socket)
