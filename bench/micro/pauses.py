"""Measures what stops a process for a moment: the garbage collector, and threads with the interpreter.

    python -m bench.micro.pauses

First the collector with the networks of the default pipeline loaded, before and after `memory.settle`; then
how late an event loop's timers fire beside a thread that is busy in pure Python, and how fast that thread is.
"""

import asyncio
import gc
import os
import statistics
import sys
import tempfile
import threading
import time

SECONDS = 5.0
ROUNDS = 3
INTERVALS_MS = (5.0, 2.0, 1.0, 0.5)
BEAT_S = 0.002


def pause_ms() -> float:
    """Milliseconds that a full collection takes at the second go: the first also frees."""
    gc.collect()
    started = time.perf_counter()
    gc.collect()
    return (time.perf_counter() - started) * 1000


def pauses_with_networks() -> tuple[float, float]:
    """Milliseconds of a full collection before and after all that was loaded is set aside."""
    import django

    os.environ.update(DJANGO_SETTINGS_MODULE="forgesyte.settings", FORGESYTE_DATA_DIR=tempfile.mkdtemp())
    django.setup()
    from django.core.management import call_command

    from forgesyte.server import memory
    from pipelines.runtime import get_engine
    from pipelines.services import definition_of

    call_command("migrate", verbosity=0)
    call_command("restore_pipelines", verbosity=0)
    pipeline = get_engine().open_sync(definition_of("yolo_ocr"), live=True)
    before = pause_ms()
    memory.settle()
    after = pause_ms()
    pipeline.close()
    return before, after


class Busy(threading.Thread):
    """Counts its rounds in pure Python until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.rounds = 0
        self.over = False

    def run(self) -> None:
        """Work."""
        while not self.over:
            sum(range(1000))
            self.rounds += 1


async def delays_ms(seconds: float) -> list[float]:
    """The delay of each timer."""
    found, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        due = time.perf_counter() + BEAT_S
        await asyncio.sleep(BEAT_S)
        found.append((time.perf_counter() - due) * 1000)
    return found


def beside_a_busy_thread(interval_ms: float) -> tuple[float, float, float]:
    """The timers' delay in milliseconds, p50 and p99, and the thread's rounds in a second."""
    sys.setswitchinterval(interval_ms / 1000)
    thread = Busy()
    thread.start()
    found = sorted(asyncio.run(delays_ms(SECONDS)))
    thread.over = True
    thread.join()
    return found[len(found) // 2], found[len(found) * 99 // 100], thread.rounds / SECONDS


def main() -> None:
    """Measure and print."""
    before, after = pauses_with_networks()
    print(f"A full collection: {before:.0f} ms with the networks loaded, {after:.1f} ms once set aside\n")
    print("| switch interval (ms) | delay p50 (ms) | delay p99 (ms) | rounds of the thread in a second |")
    print("| --- | --- | --- | --- |")
    found: dict[float, list[tuple[float, float, float]]] = {interval: [] for interval in INTERVALS_MS}
    for _ in range(ROUNDS):
        for interval in INTERVALS_MS:
            found[interval].append(beside_a_busy_thread(interval))
    for interval, rounds in found.items():
        p50, p99, speed = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"| {interval:g} | {p50:.2f} | {p99:.2f} | {speed:.0f} |")


if __name__ == "__main__":
    main()
