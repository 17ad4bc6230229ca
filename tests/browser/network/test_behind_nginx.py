"""Everything a person does works through nginx with TLS, and below a path as well as at its root."""

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import FilePayload, Page, expect, sync_playwright

from tests.browser.conftest import ASKS_NOBODY, WORDS, launch
from tests.browser.jobs.pages import DONE_MS, write_clip
from tests.browser.live_page import FIRST_ANSWER_MS, wait_for_pixels
from tests.browser.network.places import RULES, Person, Place, placed

pytestmark = [pytest.mark.browser, pytest.mark.model]

People = Callable[[str], Person]


@pytest.fixture(scope="module", params=["", "/vision"], ids=["root", "path"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with placed(tmp_path_factory.mktemp("proxied"), request.param) as place:
        yield place


@pytest.fixture
def sign_in(place: Place, videos: dict[str, Path]) -> Iterator[People]:
    """Sign somebody in, in a browser whose camera shows a printed page; nothing may have gone wrong in it."""
    people: list[Person] = []
    with sync_playwright() as playwright:
        browser = launch(playwright, videos["page"], ASKS_NOBODY, RULES)

        def sign_in(name: str) -> Person:
            people.append(Person(browser, place, name))
            return people[-1]

        yield sign_in
        assert [person.wrong for person in people] == [[]] * len(people)


def stream(page: Page) -> None:
    """Start the camera, once the page's scripts listen, and wait for an answer."""
    page.wait_for_load_state("networkidle")
    page.click("#start")
    expect(page.locator("#figure-found")).to_have_text(re.compile("[0-9]"), timeout=FIRST_ANSWER_MS)


def test_the_live_page_shows_the_words_before_the_camera(sign_in: People, place: Place) -> None:
    ada = sign_in("ada")
    for cookie in ada.context.cookies():
        assert cookie["secure"]
        assert cookie["path"] == f"{place.prefix}/"
    page = ada.open("?pipeline=ocr_only")
    stream(page)
    lines = page.locator("#read-text .line-text")
    for words in WORDS:
        expect(lines.filter(has_text=re.compile(f"^{words}$", re.I))).to_have_count(1)
    wait_for_pixels(page, "> 500")
    expect(page.locator("#status")).to_have_text("Connected")
    [socket] = ada.sockets
    assert socket == f"{place.url.replace('https:', 'wss:')}ws/video/stream?pipeline_id=ocr_only"


def test_a_video_is_uploaded_watched_and_taken_away(sign_in: People, place: Place, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "square.mp4")
    bob = sign_in("bob")
    page = bob.open("videos/")
    page.wait_for_load_state("networkidle")
    page.select_option("#upload-pipeline", "signs")
    page.set_input_files("#files", [FilePayload(name="clip.mp4", mimeType="", buffer=clip.read_bytes())])
    row = page.locator("#jobs .job").first
    expect(row).to_have_attribute("data-status", "completed", timeout=DONE_MS)
    row.get_by_role("link", name="clip.mp4").click()
    expect(page).to_have_url(re.compile(re.escape(f"{place.url}videos/") + "[0-9a-f-]{36}/"))
    expect(page.locator("#media")).to_have_js_property("readyState", 4)
    expect(page.locator("#viewer")).to_have_attribute("data-frame", "1")
    page.keyboard.press(".")
    expect(page.locator("#viewer")).to_have_attribute("data-frame", "2")
    wait_for_pixels(page, "> 100")

    page.click("#annotate")
    expect(page.locator("#annotated-link")).to_be_visible(timeout=DONE_MS)
    taken = {format: download(page, f"[data-format={format}]") for format in ("json", "jsonl", "csv", "coco")}
    assert all(b"sign" in content for content in taken.values()), taken
    assert taken["csv"].count(b"\n") > taken["json"].count(b"frame_index") > 1
    assert b"ftyp" in download(page, "#annotated-link")[:16]
    sockets = {urlsplit(url).path for url in bob.sockets}
    assert sockets == {f"{place.prefix}/v1/realtime"}


def download(page: Page, link: str) -> bytes:
    with page.expect_download() as downloaded:
        page.click(link)
    return Path(downloaded.value.path()).read_bytes()


def test_operators_look_and_end_a_session(sign_in: People, place: Place) -> None:
    ada, bob = sign_in("ada"), sign_in("bob")
    live = bob.open("?pipeline=signs")
    stream(live)
    expect(live.get_by_role("link", name="Operations")).to_have_count(0)

    ada.page.get_by_role("link", name="Operations").click()
    expect(ada.page).to_have_url(f"{place.url}operations/")
    expect(ada.page.locator(".row", has_text="bob").locator(".figures")).to_contain_text("ms")
    expect(ada.page.locator(".row", has_text="bob")).to_contain_text("from 127.0.0.1")
    ada.page.get_by_label("Reason that the client reads").fill("maintenance")
    ada.page.get_by_role("button", name="End the session of bob").click()
    expect(ada.page.get_by_text("The session is ended.")).to_be_visible()
    expect(live.get_by_text("maintenance")).to_be_visible()


def test_a_sign_out_ends_the_stream_of_another_tab(sign_in: People, place: Place) -> None:
    bob = sign_in("bob")
    live = bob.open("?pipeline=signs")
    stream(live)
    bob.page.get_by_role("button", name="Sign out").click()
    expect(bob.page).to_have_url(f"{place.url}account/login/")
    expect(live.get_by_text("You are signed out")).to_be_visible()
    live.reload()
    expect(live).to_have_url(re.compile(re.escape(f"{place.url}account/login/")))


def test_a_key_opens_the_api_until_it_is_revoked(sign_in: People, place: Place) -> None:
    page = sign_in("bob").open("account/")
    page.get_by_label("Name").fill("the door")
    page.get_by_label("Videos and their results").check()
    page.get_by_role("button", name="Make a key").click()
    bearer = {"Authorization": f"Bearer {page.locator('.key-text').text_content()}"}
    assert asked(place, "GET", "jobs", bearer)[0] == 200
    page.get_by_role("button", name="Revoke the door").click()
    expect(page.get_by_text("The key is revoked")).to_be_visible()
    assert asked(place, "GET", "jobs", bearer)[0] == 401


def test_the_admin(sign_in: People, place: Place) -> None:
    page = sign_in("ada").open("admin/pipelines/pipeline/")
    expect(page.get_by_role("link", name="signs").first).to_be_visible()
    page.get_by_role("link", name="signs").first.click()
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    page.get_by_role("link", name="View site").click()
    expect(page).to_have_url(place.url)


def test_a_page_of_another_site_is_refused_in_words(place: Place) -> None:
    status, text, _ = asked(place, "POST", "account/login/", {"Origin": "https://elsewhere.example"})
    assert status == 403
    assert "does not come from a page of this server" in text
    assert '"form_refused"' in place.log.read_text()
    assert "https://elsewhere.example" in place.log.read_text()


def test_browsers_are_told_to_come_over_https_only(place: Place) -> None:
    assert asked(place, "GET", "account/login/", {})[2] == "max-age=3600"


def asked(place: Place, method: str, path: str, headers: dict[str, str]) -> tuple[int, str, str | None]:
    """The status, the text and the HSTS header of an answer."""
    parts = urlsplit(place.url)
    connection = HTTPSConnection("127.0.0.1", parts.port, context=ssl._create_unverified_context())
    with closing(connection):
        connection.request(method, parts.path + path, headers={"Host": parts.netloc, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers["Strict-Transport-Security"]
