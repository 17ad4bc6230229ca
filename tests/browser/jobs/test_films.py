"""Films that browsers find hard: of no length or a wrong one, and of a codec that they cannot show."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.jobs.pages import DONE_MS, finished, upload
from tests.world.films.builders import Film, announce_length, forget_length, write

pytestmark = pytest.mark.browser

TENTHS = range(0, 3000, 100)


@pytest.fixture
def viewer(open_page: OpenPage) -> Page:
    """A page of the list; errors of the media element are what these tests are about."""
    visit = open_page("/videos/", camera=None, viewport={"width": 1280, "height": 900})
    visit.expected = ("willReadFrequently", "Failed to load resource", "MEDIA_ERR")
    return visit.page


def watch(page: Page, path: Path) -> None:
    """Upload a film and open its page when it is analysed."""
    (name,) = upload(page, "patches", path)
    finished(page, name).get_by_role("link").click()
    expect(page.locator("#viewer")).to_have_attribute("data-status", "completed", timeout=DONE_MS)


def seek(page: Page, time_s: float) -> None:
    """Move the scrubber as a user does."""
    page.evaluate(
        """(time) => {
          const scrubber = document.getElementById('scrubber');
          scrubber.value = String(time);
          scrubber.dispatchEvent(new Event('input', { bubbles: true }));
        }""",
        time_s,
    )


@pytest.mark.parametrize("kind", ["no length", "too short", "right"])
def test_the_scrubber_covers_a_recording_that_does_not_know_its_length(
    viewer: Page, tmp_path: Path, kind: str
) -> None:
    page = viewer
    film = write(
        tmp_path / "recording.webm", Film("webm", "libvpx", (320, 240), TENTHS, sound="libopus", sound_s=3)
    )
    if kind == "no length":
        forget_length(film)
    elif kind == "too short":
        announce_length(film, 0)
    watch(page, film)

    expect(page.locator("#whole")).to_have_text("0:03")
    assert float(page.locator("#scrubber").get_attribute("max") or 0) == pytest.approx(3.0, abs=0.1)
    for number in (25, 3, 30):
        seek(page, (number - 1) / 10)
        expect(page.locator("#viewer")).to_have_attribute("data-frame", str(number))


def test_a_film_that_the_browser_cannot_show_is_told_of_and_shown_annotated(
    viewer: Page, tmp_path: Path
) -> None:
    page = viewer
    film = Film(
        "mov",
        "libx265",
        (320, 240),
        TENTHS,
        rotation=90,
        pixel_format="yuv420p10le",
        sound="aac",
        sound_s=3.0,
    )
    watch(page, write(tmp_path / "IMG_0417.mov", film))

    expect(page.locator("#unplayable")).to_contain_text("This browser cannot show this video.")
    seek(page, 1.5)
    expect(page.locator("#viewer")).to_have_attribute("data-frame", "16")
    page.get_by_role("button", name="Create the annotated video").click()
    expect(page.locator("#media")).to_have_attribute("src", re.compile("annotated$"), timeout=DONE_MS)
    expect(page.locator("#unplayable")).to_be_hidden()
    expect(page.locator("#media")).to_have_js_property("videoWidth", 240)
    page.reload()
    expect(page.get_by_role("button", name="Show the annotated video")).to_be_visible()
