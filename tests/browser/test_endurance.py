"""A stream that lasts: through a server that dies, is slow or is gone, through a sleep and a lost network."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from threading import Event

import psutil
import pytest
from playwright.sync_api import Locator, Page, expect, sync_playwright
from websockets.sync.client import connect

from tests.browser.conftest import ASKS_NOBODY, BEGINNING, launch, let_every_try_fail, manage
from tests.browser.probe import Memory, Probe, Scales, Seen
from tests.browser.relay import Relay, relaying
from tests.streaming.fakes import jpeg
from tests.streaming.live import PATIENCE_S, LiveServer, prepare, serving

pytestmark = pytest.mark.browser

FIRST_ANSWER_S = 120
COME_BACK_S = 60
# The camera's own pace leaves a little to be desired.
FULL_FPS = 14
RECOVERY_S = 20
# Nobody takes a picture that stands still for this long for a live one, however busy the machine is.
FROZEN_MS = 3000


@dataclass
class Stream:
    """A page that streams, and who watches it."""

    page: Page
    probe: Probe

    @property
    def status(self) -> Locator:
        return self.page.locator("#status")

    @property
    def banner(self) -> Locator:
        return self.page.locator("#error-banner")

    def figure(self, name: str) -> Locator:
        """A figure of the debug panel."""
        return self.page.locator(f"#debug-panel [data-figure={name}]")

    def is_well(self) -> None:
        """Check that pictures are answered and drawn, and that the page shows no error."""
        self.probe.wait_for_answers(10)
        self.probe.wait_for_new_picture()
        expect(self.status).to_have_text("Connected")
        expect(self.banner).to_be_hidden()


OpenStream = Callable[..., Stream]


@pytest.fixture
def slowness(tmp_path: Path) -> Path:
    """The file that says how many seconds the pipeline `paced` takes for a frame; at first there is none."""
    return tmp_path / "slowness"


@pytest.fixture
def data_dir(tmp_path: Path, slowness: Path) -> Path:
    prepare(tmp_path, {"paced": {"run_s_file": str(slowness), "finds": 1}})
    return tmp_path


@pytest.fixture
def open_stream(videos: dict[str, Path]) -> Iterator[OpenStream]:
    """Open the page of a server with the pipeline `paced`, and start it: `open_stream(server)`."""
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())

        def open_it(
            server: LiveServer | Relay, *, pipeline: str = "paced", fake_clock: bool = False
        ) -> Stream:
            browser = stack.enter_context(launch(playwright, videos["page"], ASKS_NOBODY))
            page = browser.new_page()
            if fake_clock:
                page.clock.install(time=BEGINNING)
            stream = Stream(page, Probe(page))
            page.goto(f"http://127.0.0.1:{server.port}/?pipeline={pipeline}")
            page.click("#debug-toggle")
            page.click("#start")
            stream.probe.wait_for_answers(1, timeout_s=FIRST_ANSWER_S)
            stream.is_well()
            return stream

        yield open_it


def rate(figure: Locator) -> float:
    """The frames a second that a figure speaks of."""
    return float(figure.inner_text().removesuffix(" fps"))


@contextmanager
def somebody_else(server: LiveServer) -> Iterator[None]:
    """Another session, whose slow pipeline takes the only slot nearly all the time."""
    is_over = Event()

    def stream() -> None:
        url = f"ws://127.0.0.1:{server.port}/ws/video/stream?pipeline_id=slow"
        with connect(url) as socket:
            while not is_over.is_set():
                socket.send(jpeg())
                socket.recv(PATIENCE_S)

    with ThreadPoolExecutor(1) as pool:
        streaming = pool.submit(stream)
        try:
            yield
        finally:
            is_over.set()
        streaming.result(PATIENCE_S)


def test_stream_comes_back_by_itself_after_the_server_was_killed(
    data_dir: Path, open_stream: OpenStream
) -> None:
    with serving(data_dir) as server:
        stream = open_stream(server)
        camera = "document.getElementById('camera').srcObject.getVideoTracks()[0]"
        stream.page.evaluate(f"window.track = {camera}")
        server.process.kill()
        expect(stream.status).to_contain_text(re.compile(r"Reconnecting\s+in \d+ s"))
        expect(stream.page.locator("#figure-found")).to_have_text("\N{EN DASH}")
        expect(stream.banner).to_be_hidden()
    with serving(data_dir, "--port", str(server.port)):
        expect(stream.status).to_have_text("Connected", timeout=COME_BACK_S * 1000)
        stream.is_well()
        assert stream.page.evaluate(f"track === {camera} && track.readyState === 'live'")


def test_server_that_is_gone_for_good_is_told_and_retry_finds_the_next_one(
    data_dir: Path, open_stream: OpenStream
) -> None:
    with serving(data_dir) as server:
        stream = open_stream(server, fake_clock=True)
    let_every_try_fail(stream.page)
    expect(stream.banner).to_contain_text("The server cannot be reached", timeout=30_000)
    expect(stream.status).to_have_text("Disconnected")
    with serving(data_dir, "--port", str(server.port)):
        stream.page.clock.resume()
        stream.page.click("#retry")
        stream.is_well()


def test_slow_server_is_asked_for_no_more_than_it_gives(
    data_dir: Path, slowness: Path, open_stream: OpenStream
) -> None:
    with serving(data_dir) as server:
        stream = open_stream(server)
        stream.probe.wait_for_fps(FULL_FPS, over_s=2, timeout_s=COME_BACK_S)
        stream.probe.take()
        slowness.write_text("0.2")
        stream.probe.wait_for_answers(50)
        slowness.unlink()
        slow = stream.probe.take()
        stream.probe.wait_for_fps(FULL_FPS, over_s=2, timeout_s=RECOVERY_S)
        expect(stream.figure("target")).to_have_text("15 fps")
        after = stream.probe.take()
    assert max(slow.most_unanswered, after.most_unanswered) <= 2
    assert min(slow.latencies_ms[-10:]) >= 200, "the server was slow indeed"
    shown_ms = slow.shown_ms + after.shown_ms
    late_ms = [ms for ms in shown_ms if ms >= 500]
    assert len(late_ms) <= len(shown_ms) // 10, f"more than a busy machine explains: {shown_ms}"


def test_slow_down_lowers_the_rate_and_it_climbs_back(data_dir: Path, open_stream: OpenStream) -> None:
    with serving(data_dir, FORGESYTE_INFERENCE_SLOTS="1") as server:
        stream = open_stream(server)
        expect(stream.figure("target")).to_have_text("15 fps")
        with somebody_else(server):
            expect(stream.figure("slowDowns")).not_to_have_text("0", timeout=COME_BACK_S * 1000)
            expect(stream.figure("why")).to_contain_text("the server asked for fewer frames")
            assert rate(stream.figure("target")) < 15
            assert stream.probe.take().slow_downs >= 1
        expect(stream.figure("why")).to_have_text("15 fps, nothing is in the way", timeout=COME_BACK_S * 1000)
        stream.probe.wait_for_fps(FULL_FPS, over_s=2, timeout_s=RECOVERY_S)


def test_stream_goes_on_after_a_sleep_in_which_the_server_lost_patience(
    data_dir: Path, open_stream: OpenStream
) -> None:
    with serving(data_dir, STREAM_IDLE_TIMEOUT_S="6") as server:
        stream = open_stream(server)
        with asleep(stream.page):
            wait_for_event(server, "disconnect")
        stream.is_well()


@contextmanager
def asleep(page: Page) -> Iterator[None]:
    """The whole browser stands still, as on a laptop whose lid is closed."""
    processes = [psutil.Process(pid) for pid in Scales(page).pids]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def wait_for_event(server: LiveServer, name: str) -> None:
    """Wait until the server's log tells of this."""
    deadline = time.monotonic() + COME_BACK_S
    while f'"event": "{name}"' not in server.log.read_text():
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.05)


def test_network_that_was_away_is_told_of_and_forgotten(data_dir: Path, open_stream: OpenStream) -> None:
    with serving(data_dir) as server, relaying(server.port) as network:
        stream = open_stream(network)
        network.cut()
        stream.page.context.set_offline(True)
        expect(stream.page.locator("#stage-note")).to_have_text("Waiting for the server.")
        expect(stream.figure("why")).to_have_text("Nothing is sent: the server has not answered for a while")
        expect(stream.page.locator("#figure-found")).to_have_text("\N{EN DASH}")
        network.restore()
        stream.page.context.set_offline(False)
        stream.is_well()


@dataclass(frozen=True)
class Minute:
    """The figures and the memory at the end of each part of a long stream."""

    seen: Seen
    memory: Memory


def watch_for(stream: Stream, server: LiveServer, parts: int, part_s: float) -> list[Minute]:
    """Stream in parts, and check the page after each."""
    scales = Scales(stream.page)
    stream.probe.take()
    minutes = []
    for _ in range(parts):
        stream.probe.watch_for(part_s)
        stream.probe.wait_for_new_picture()
        minutes.append(Minute(stream.probe.take(), scales.weigh(server.process.pid)))
    return minutes


def is_flat(values: Sequence[float], may_grow: float) -> bool:
    """True where it grew no more than that from the first third to the last; one peak says nothing."""
    third = max(1, len(values) // 3)
    return median(values[-third:]) - median(values[:third]) <= may_grow


def report(minutes: Sequence[Minute]) -> str:
    """One line for each part."""
    return "\n".join(
        f"{number:2d}: {len(part.seen.latencies_ms)} frames, p50 {part.seen.p50_ms:.0f} ms,"
        f" p95 {part.seen.p95_ms:.0f} ms, longest gap {part.seen.longest_gap_ms:.0f} ms, {part.memory}"
        for number, part in enumerate(minutes, 1)
    )


def lasts(minutes: Sequence[Minute]) -> None:
    """Nothing grows: no memory, no page, no delay; and every picture was followed by the next."""
    memory = [part.memory for part in minutes]
    assert is_flat([weight.heap for weight in memory], may_grow=1), "the tab's heap"
    assert is_flat([weight.nodes for weight in memory], may_grow=200), "the page's nodes"
    assert is_flat([weight.server for weight in memory], may_grow=30), "the server"
    assert is_flat([part.seen.p50_ms for part in minutes], may_grow=250), "the delay"
    assert max(part.seen.longest_gap_ms for part in minutes) < FROZEN_MS
    assert max(part.seen.most_unanswered for part in minutes) <= 2


def test_half_a_minute_of_streaming_leaves_nothing_behind(data_dir: Path, open_stream: OpenStream) -> None:
    with serving(data_dir) as server:
        parts = watch_for(open_stream(server), server, parts=6, part_s=5)
    print(report(parts))
    lasts(parts)


@pytest.mark.slow
@pytest.mark.model
def test_ten_minutes_of_streaming_leave_nothing_behind(data_dir: Path, open_stream: OpenStream) -> None:
    manage(data_dir, "restore_pipelines")
    with serving(data_dir) as server:
        stream = open_stream(server, pipeline="yolo_ocr")
        minutes = watch_for(stream, server, parts=10, part_s=60)
    print(report(minutes))
    # Browsers and networks fill caches of their own at first.
    later = minutes[2:]
    lasts(later)
    assert is_flat([minute.memory.tab for minute in later], may_grow=60), "the tab's process"
    assert is_flat([minute.memory.browser for minute in later], may_grow=60), "the browser's processes"
