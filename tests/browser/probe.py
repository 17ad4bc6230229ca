"""Measures a stream in the long run: its frames, its delays, and the memory of all processes."""

import re
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import CDPSession, Page

SCRIPT = Path(__file__).with_name("probe.js")
MB = 1024 * 1024
OVERLAY = "document.getElementById('overlay').toDataURL()"


@dataclass(frozen=True)
class Seen:
    """The traffic of the socket and the figures of the page for a while; times in milliseconds."""

    sent: int
    dropped: int
    slow_downs: int
    most_unanswered: int
    latencies_ms: tuple[float, ...]
    longest_gap_ms: float
    shown_ms: tuple[float, ...]

    @property
    def p50_ms(self) -> float:
        return statistics.median(self.latencies_ms)

    @property
    def p95_ms(self) -> float:
        return statistics.quantiles(self.latencies_ms, n=20)[-1]


class Probe:
    """Watches one page; it must be made before the page is opened."""

    def __init__(self, page: Page) -> None:
        page.add_init_script(path=SCRIPT)
        self._page = page

    def take(self) -> Seen:
        """Everything since the last call."""
        return seen(self._page.evaluate("probe.take()"))

    def wait_for_answers(self, frames: int, timeout_s: float = 30) -> None:
        """Wait for so many answers from now on."""
        self._page.wait_for_function(
            "(wanted) => probe.answered >= wanted",
            arg=self._page.evaluate("probe.answered") + frames,
            timeout=timeout_s * 1000,
        )

    def wait_for_fps(self, fps: float, over_s: float, timeout_s: float) -> None:
        """Wait until so many frames a second are answered."""
        self._page.wait_for_function(
            "([fps, seconds]) => probe.fps(seconds) >= fps", arg=[fps, over_s], timeout=timeout_s * 1000
        )

    def watch_for(self, seconds: float) -> None:
        """Wait until so many seconds have passed on the page."""
        self._page.wait_for_function(
            "(until) => performance.now() >= until",
            arg=self._page.evaluate("performance.now()") + seconds * 1000,
            timeout=(seconds + 30) * 1000,
        )

    def wait_for_new_picture(self, timeout_s: float = 5) -> None:
        """Wait until the overlay shows something else than now."""
        self._page.wait_for_function(
            f"(before) => {OVERLAY} !== before", arg=self._page.evaluate(OVERLAY), timeout=timeout_s * 1000
        )


def seen(taken: Mapping[str, Any]) -> Seen:
    """The probe's notes in figures."""
    times = [answer["at"] for answer in taken["answers"]]
    return Seen(
        sent=taken["sent"],
        dropped=taken["dropped"],
        slow_downs=taken["slowDowns"],
        most_unanswered=taken["mostUnanswered"],
        latencies_ms=tuple(answer["latencyMs"] for answer in taken["answers"]),
        longest_gap_ms=max((later - earlier for earlier, later in pairwise(times)), default=0),
        shown_ms=tuple(ms for text in taken["shown"] if (ms := milliseconds(text)) is not None),
    )


def milliseconds(text: str) -> float | None:
    """The time that the page shows; None where it shows none."""
    found = re.fullmatch(r"([\d.]+) (ms|s)", text)
    return float(found[1]) * (1000 if found[2] == "s" else 1) if found else None


@dataclass(frozen=True)
class Memory:
    """The memory in use after garbage collection, in megabytes."""

    heap: float
    nodes: int
    tab: float
    browser: float
    server: float


class Scales:
    """Weighs a tab and its browser."""

    def __init__(self, page: Page) -> None:
        browser = page.context.browser
        assert browser
        self._tab: CDPSession = page.context.new_cdp_session(page)
        self._browser: CDPSession = browser.new_browser_cdp_session()
        self._tab.send("Performance.enable")

    @property
    def pids(self) -> dict[int, str]:
        """The browser's processes and what each of them is for; the tab's is a `renderer`."""
        processes = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        return {process["id"]: process["type"] for process in processes}

    def weigh(self, server_pid: int) -> Memory:
        """The memory that all processes use now."""
        self._tab.send("HeapProfiler.collectGarbage")
        metrics = {
            metric["name"]: metric["value"] for metric in self._tab.send("Performance.getMetrics")["metrics"]
        }
        pids = self.pids
        return Memory(
            heap=metrics["JSHeapUsedSize"] / MB,
            nodes=int(metrics["Nodes"]),
            tab=resident_mb(pid for pid, kind in pids.items() if kind == "renderer"),
            browser=resident_mb(pid for pid, kind in pids.items() if kind != "renderer"),
            server=resident_mb([server_pid]),
        )


def resident_mb(pids: Iterable[int]) -> float:
    """The memory of these processes; those that have ended are left out."""
    return float(sum(psutil.Process(pid).memory_info().rss for pid in pids if psutil.pid_exists(pid))) / MB
