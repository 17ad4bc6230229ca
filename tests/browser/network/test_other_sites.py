"""The example page: a site that the operator allows embeds the live page, and streams by itself."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import ASKS_NOBODY, ROOT, WORDS, launch
from tests.browser.live_page import DRAWN_PIXELS, FIRST_ANSWER_MS
from tests.browser.network.places import RULES, Person, Place, placed
from tests.forgesyte.proxy.nginx import make_certificate

pytestmark = [pytest.mark.browser, pytest.mark.model]

EXAMPLE = ROOT / "deploy" / "examples" / "portal"
# Written in the example for the server; what a user replaces.
SERVER = "https://vision.example.com"


@contextmanager
def site(folder: Path, files: Path) -> Iterator[int]:
    """Serve the files over HTTPS; yields the port."""
    make_certificate(folder / "key.pem", folder / "certificate.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *given: object) -> None:
            super().__init__(*given, directory=str(files))  # type: ignore[arg-type]

        def log_message(self, format: str, *values: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, int]]:
    """A server below a path that asks for a login and allows the portal, and the portal's port."""
    folder = tmp_path_factory.mktemp("portal")
    files = folder / "files"
    files.mkdir()
    with (
        site(folder, files) as port,
        placed(folder, "/vision", FORGESYTE_ALLOWED_ORIGINS=f"https://portal.example.com:{port}") as place,
    ):
        for file in EXAMPLE.iterdir():
            (files / file.name).write_text(file.read_text().replace(SERVER, place.url.rstrip("/")))
        yield place, port


@pytest.fixture
def visitor(portal: tuple[Place, int], videos: dict[str, Path]) -> Iterator[Person]:
    """Somebody who has signed in, with a printed page before the camera."""
    place, _ = portal
    with sync_playwright() as playwright:
        browser = launch(playwright, videos["page"], ASKS_NOBODY, RULES)
        yield Person(browser, place, "bob")


def open_site(visitor: Person, address: str) -> tuple[Page, list[str]]:
    """A page of a site, and what its console complains of."""
    page, complaints = visitor.context.new_page(), []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return page, complaints


def press(page: Page, name: str) -> None:
    """Press a button by the keyboard: a click may go astray while the frame above it is still coming."""
    page.get_by_role("button", name=name).press("Enter")


def test_an_allowed_site_embeds_the_live_page_and_sees_words(
    visitor: Person, portal: tuple[Place, int]
) -> None:
    page, complaints = open_site(visitor, f"https://portal.example.com:{portal[1]}/")
    live = page.frame_locator("iframe")
    live.locator("#start").click()
    for words in WORDS:
        line = live.locator("#read-text .line-text").get_by_text(words, exact=True)
        expect(line).to_have_count(1, timeout=FIRST_ANSWER_MS)
    frame = next(frame for frame in page.frames if frame.url.startswith(portal[0].url))
    frame.wait_for_function(f"() => ({DRAWN_PIXELS})() > 500")
    live.locator("#stop").click()
    assert complaints == []


def test_an_allowed_site_streams_by_itself(visitor: Person, portal: tuple[Place, int]) -> None:
    page, complaints = open_site(visitor, f"https://portal.example.com:{portal[1]}/")
    press(page, "Start the camera")
    for words in WORDS:
        expect(page.locator("#words")).to_contain_text(words, timeout=FIRST_ANSWER_MS)
    press(page, "Stop")
    expect(page.locator("#state")).to_have_text("Stopped")
    assert complaints == []


def test_a_visitor_who_has_not_signed_in_reads_why(visitor: Person, portal: tuple[Place, int]) -> None:
    visitor.context.clear_cookies()
    page, _ = open_site(visitor, f"https://portal.example.com:{portal[1]}/")
    press(page, "Start the camera")
    expect(page.locator("#state")).to_have_text("Log in to open a session")


def test_a_site_that_is_not_allowed_gets_neither(visitor: Person, portal: tuple[Place, int]) -> None:
    page, complaints = open_site(visitor, f"https://elsewhere.example:{portal[1]}/")
    press(page, "Start the camera")
    expect(page.locator("#state")).to_contain_text("does not allow this page")
    assert any("frame-ancestors" in text for text in complaints), complaints
    assert not any(frame.url.startswith(portal[0].url) for frame in page.frames)
