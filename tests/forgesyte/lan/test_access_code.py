"""The code that `serve --lan` asks for."""

import asyncio
import http.client
import json
import ssl
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient, Client
from pytest_django import Settings
from websockets.asyncio.client import connect

from forgesyte.api.guesses import Guesses
from forgesyte.conf import lan_code as checked_setting
from forgesyte.env import BadSetting
from forgesyte.lan import access_code, lan
from forgesyte.lan.certificate import FILE_NAME, Certificate
from tests.forgesyte.lan.test_lan import own_network, read_code  # noqa: F401
from tests.streaming.fakes import jpeg
from tests.streaming.live import PATIENCE_S, LiveServer, close_code, prepare, read
from tests.streaming.live import serving as running_server

CODE = "k7mq3xwd"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

# The code itself


def test_a_code_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "lan-code"
    code = access_code.kept_code(path)
    assert len(code) == 8
    assert set(code) <= set(access_code.ALPHABET)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert access_code.kept_code(path) == code
    assert [file.name for file in tmp_path.iterdir()] == ["lan-code"]


def test_an_empty_file_does_not_open_the_door(tmp_path: Path) -> None:
    path = tmp_path / "lan-code"
    path.write_text("\n")
    assert len(access_code.kept_code(path)) == 8


def test_several_starts_at_once_agree_on_one_code(tmp_path: Path) -> None:
    start, codes = threading.Barrier(8), set()

    def make() -> None:
        start.wait(10)
        codes.add(access_code.kept_code(tmp_path / "lan-code"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(codes) == 1


@pytest.mark.parametrize(
    ("setting", "asks_login", "expected"),
    [("off", False, ""), ("OFF", True, ""), ("", True, ""), ("our house", True, "our house")],
)
def test_which_code_is_asked_for(tmp_path: Path, setting: str, asks_login: bool, expected: str) -> None:
    assert access_code.code_of(setting, tmp_path, asks_login=asks_login) == expected
    assert list(tmp_path.iterdir()) == []


def test_without_a_setting_one_is_made(tmp_path: Path) -> None:
    assert len(access_code.code_of("", tmp_path, asks_login=False)) == 8


def test_a_chosen_code_has_a_least_length() -> None:
    with pytest.raises(BadSetting, match="6 letters at least"):
        checked_setting("12345")
    assert [checked_setting(text) for text in ("", "off", "123456")] == ["", "off", "123456"]


def test_the_code_is_in_the_address_and_the_picture(own_network: Settings, tmp_path: Path) -> None:  # noqa: F811
    own_network.PROJECT = replace(own_network.PROJECT, lan_code="", data_dir=tmp_path)
    opened = lan.open_to_network("0.0.0.0")
    assert opened.code == own_network.LAN_CODE
    url = f"https://192.168.1.20:8443/?code={opened.code}"
    assert opened.url(8443) == url
    words = lan.introduction(opened, 8443, draws=True)
    assert read_code(words) == url
    assert access_code.shown_code(opened.code) in words
    assert f"https://10.0.0.9:8443/?code={opened.code}" in words
    assert "https://192.168.1.20:8443/lan/forgesyte.crt in Safari" in words
    assert access_code.shown_code(opened.code) == f"{opened.code[:4]}-{opened.code[4:]}"
    assert access_code.shown_code("our house") == "our house"


# Who is let in


@pytest.fixture
def asking(settings: Settings, monkeypatch: pytest.MonkeyPatch, db: None) -> Settings:
    """A server that asks for the code, and nobody who has guessed at it."""
    monkeypatch.setattr(access_code, "guesses", Guesses(access_code.GUESSES, access_code.WINDOW_S))
    settings.LAN_CODE = CODE
    settings.SESSION_COOKIE_SECURE = False
    return settings


@pytest.mark.usefixtures("asking")
class TestHttp:
    @pytest.mark.parametrize("path", ["/", "/videos/", "/admin/", "/nothing", "/docs"])
    def test_a_page_asks_for_the_code(self, client: Client, path: str) -> None:
        answer = client.get(path, headers=HTML)
        assert answer.status_code == 401
        page = answer.content.decode()
        assert 'name="code"' in page
        assert f'value="{path}"' in page
        assert CODE not in page

    @pytest.mark.parametrize(
        "path", ["/pipelines/list", "/v1/pipelines/list", "/jobs", "/metrics", "/openapi.json"]
    )
    def test_a_program_reads_what_is_missing(self, client: Client, path: str) -> None:
        answer = client.get(path)
        assert (answer.status_code, answer.json()["error"]) == (401, "code_required")
        assert "X-ForgeSyte-Code" in answer.json()["detail"]

    def test_nothing_is_taken_in_without_it(self, client: Client) -> None:
        assert client.post("/video/submit", {}).json()["error"] == "code_required"

    @pytest.mark.parametrize(
        ("path", "said"), [("/health", "ok"), ("/v1/health", "ok"), ("/ready", "not_ready")]
    )
    def test_probes_need_none(self, client: Client, path: str, said: str) -> None:
        """No pipeline is loaded here, so that the server may say that it is not ready."""
        answer = client.get(path).json()
        assert (answer.get("error") or answer["status"]) == said

    def test_what_a_phone_must_trust_needs_none(self, client: Client, asking: Settings) -> None:
        asking.LAN_AUTHORITY_PEM = b"certificate"
        assert client.get(f"/{lan.AUTHORITY_PATH}").content == b"certificate"

    @pytest.mark.parametrize("given", [CODE, "K7MQ-3XWD", " k7mq 3xwd "])
    def test_the_address_of_the_picture_leads_in_and_loses_the_code(self, client: Client, given: str) -> None:
        answer = client.get("/", {"pipeline": "yolo_ocr", "code": given}, headers=HTML)
        assert (answer.status_code, answer["Location"]) == (302, "/?pipeline=yolo_ocr")
        cookie = answer.cookies["forgesyte_lan"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert CODE not in cookie.value
        assert client.get("/", headers=HTML).status_code == 200
        assert client.get("/pipelines/list").status_code == 200

    @pytest.mark.parametrize("given", ["wrong", "", "k7mq3xw", "k7mq3xwdd", "ü"])
    def test_a_wrong_code_in_an_address(self, client: Client, given: str) -> None:
        answer = client.get("/", {"code": given}, headers=HTML)
        assert answer.status_code == 401
        assert "That is not the code" in answer.content.decode()
        assert "forgesyte_lan" not in answer.cookies

    def test_the_form_leads_to_the_page_that_was_wanted(self, client: Client) -> None:
        answer = client.post("/lan/code", {"code": CODE, "next": "/videos/?status=failed"})
        assert (answer.status_code, answer["Location"]) == (302, "/videos/?status=failed")
        assert client.get("/videos/", headers=HTML).status_code == 200
        assert client.get("/lan/code")["Location"] == "/"

    @pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
    def test_the_form_leads_nowhere_else(self, client: Client, target: str) -> None:
        assert client.post("/lan/code", {"code": CODE, "next": target})["Location"] == "/"

    def test_the_form_says_that_a_code_is_wrong(self, client: Client) -> None:
        answer = client.post("/lan/code", {"code": "wrong", "next": "/videos/"})
        assert answer.status_code == 401
        assert "That is not the code" in answer.content.decode()
        assert 'value="/videos/"' in answer.content.decode()

    def test_the_form_needs_its_token(self) -> None:
        strict = Client(enforce_csrf_checks=True)
        assert strict.post("/lan/code", {"code": CODE}).status_code == 403
        page = strict.get("/lan/code", headers=HTML)
        token = page.content.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        assert strict.post("/lan/code", {"code": CODE, "csrfmiddlewaretoken": token}).status_code == 302

    def test_a_program_sends_it_along(self, client: Client) -> None:
        assert client.get("/pipelines/list", headers={"X-ForgeSyte-Code": CODE}).status_code == 200
        assert client.get("/pipelines/list", {"code": CODE}).status_code == 200
        answer = client.get("/pipelines/list", headers={"X-ForgeSyte-Code": "wrong"})
        assert (answer.status_code, answer.json()["error"]) == (401, "code_required")

    @pytest.mark.parametrize("cookie", ["", "x", "x:y:z", "a" * 4000])
    def test_a_forged_cookie_is_worth_nothing(self, client: Client, cookie: str) -> None:
        client.cookies["forgesyte_lan"] = cookie
        assert client.get("/pipelines/list").status_code == 401

    def test_another_code_makes_cookies_worthless(self, client: Client, asking: Settings) -> None:
        client.get("/", {"code": CODE}, headers=HTML)
        asking.LAN_CODE = "another1"
        assert client.get("/pipelines/list").status_code == 401

    def test_guesses_are_limited_for_each_address(self, client: Client) -> None:
        for _ in range(access_code.GUESSES):
            assert client.post("/lan/code", {"code": "wrong"}, REMOTE_ADDR="10.0.0.7").status_code == 401
        answer = client.post("/lan/code", {"code": CODE}, REMOTE_ADDR="10.0.0.7")
        assert answer.status_code == 429
        assert 590 <= int(answer["Retry-After"]) <= 600
        assert "try again in 10 minutes" in answer.content.decode()
        program = client.get("/pipelines/list", {"code": CODE}, REMOTE_ADDR="10.0.0.7")
        assert (program.status_code, program.json()["error"]) == (429, "too_many_codes")
        assert int(program["Retry-After"]) > 500
        assert client.post("/lan/code", {"code": CODE}, REMOTE_ADDR="10.0.0.8").status_code == 302

    def test_who_is_in_stays_in_whatever_others_guess(self, client: Client) -> None:
        client.get("/", {"code": CODE}, headers=HTML)
        for _ in range(access_code.GUESSES + 1):
            Client().post("/lan/code", {"code": "wrong"})
        assert client.get("/pipelines/list").status_code == 200

    async def test_on_an_event_loop_as_in_the_server(self, async_client: AsyncClient) -> None:
        assert (await async_client.get("/pipelines/list")).status_code == 401
        assert (await async_client.get("/health")).status_code == 200


def test_without_a_code_nothing_is_asked(client: Client, db: None) -> None:
    assert client.get("/", headers=HTML).status_code == 200
    assert client.get("/lan/code")["Location"] == "/"
    assert client.post("/lan/code", {"code": "x"})["Location"] == "/"


# A real server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    data_dir = tmp_path_factory.mktemp("lan-code")
    prepare(data_dir)
    with running_server(data_dir, "--lan", "--host", "127.0.0.1") as running:
        yield running


@pytest.fixture(scope="module")
def code(server: LiveServer) -> str:
    return (server.data_dir / access_code.FILE_NAME).read_text()


@pytest.fixture(scope="module")
def trust(server: LiveServer) -> ssl.SSLContext:
    return Certificate((server.data_dir / FILE_NAME).read_bytes()).trusting()


def ask(server: LiveServer, trust: ssl.SSLContext, path: str, **headers: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, timeout=PATIENCE_S, context=trust)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def stream(server: LiveServer, trust: ssl.SSLContext, query: str = "", **headers: str) -> Any:
    url = f"wss://127.0.0.1:{server.port}/ws/video/stream?pipeline_id=quick{query}"
    return connect(url, ssl=trust, additional_headers=headers, open_timeout=PATIENCE_S)


async def one_answer(socket: Any) -> None:
    await socket.send(jpeg())
    assert "result" in await read(socket)


def test_it_prints_the_code(server: LiveServer, code: str) -> None:
    log = server.log.read_text()
    assert f":{server.port}/?code={code}\n" in log


def test_a_cookie_opens_pages(server: LiveServer, trust: ssl.SSLContext, code: str) -> None:
    assert ask(server, trust, "/", Accept="text/html").status == 401
    answer = ask(server, trust, f"/?code={code}", Accept="text/html")
    assert answer.status == 302
    cookie = answer.getheader("Set-Cookie") or ""
    assert "; Secure" in cookie
    assert ask(server, trust, "/", Accept="text/html", Cookie=cookie.split(";")[0]).status == 200


@pytest.mark.parametrize("path", ["/ws/video/stream?pipeline_id=quick", "/realtime", "/v1/realtime"])
async def test_a_socket_without_the_code_reads_why(
    server: LiveServer, trust: ssl.SSLContext, path: str
) -> None:
    async with connect(f"wss://127.0.0.1:{server.port}{path}", ssl=trust) as socket:
        assert (await read(socket))["error"] == "code_required"
        assert await close_code(socket) == 4401


async def test_a_socket_with_the_code(server: LiveServer, trust: ssl.SSLContext, code: str) -> None:
    cookie = ask(server, trust, f"/?code={code}", Accept="text/html").getheader("Set-Cookie") or ""
    async with stream(server, trust, Cookie=cookie.split(";")[0]) as socket:
        await one_answer(socket)
    async with stream(server, trust, f"&code={code}") as socket:
        await one_answer(socket)
    async with stream(server, trust, **{"X-ForgeSyte-Code": code}) as socket:
        await one_answer(socket)


async def test_guesses_over_sockets_are_limited(tmp_path: Path) -> None:
    prepare(tmp_path)
    with running_server(tmp_path, "--lan", "--host", "127.0.0.1", FORGESYTE_LAN_CODE="our house") as server:
        trust = Certificate((tmp_path / FILE_NAME).read_bytes()).trusting()
        for _ in range(access_code.GUESSES):
            async with stream(server, trust, "&code=wrong") as socket:
                assert (await read(socket))["error"] == "code_required"
        async with stream(server, trust, "&code=our+house") as socket:
            assert (await read(socket))["error"] == "too_many_codes"
            assert await close_code(socket) == 4429
        answer = await asyncio.to_thread(ask, server, trust, "/?code=our+house")
        assert answer.status == 429
        lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
        wrong = [line for line in lines if line["event"] == "lan_code_wrong"]
        assert len(wrong) == access_code.GUESSES
        assert "wrong" not in json.dumps([{**line, "event": ""} for line in wrong])
