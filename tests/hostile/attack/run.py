"""Attacks a real server beside a polite session, and says what became of either."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.hostile.polite import FPS, Figures, Judge, NotQuiet
from tests.hostile.sockets.raw_socket import TEXT, RawSocket, frame
from tests.streaming.fakes import jpeg
from tests.streaming.live import ROOT, LiveServer, prepare, serving

ATTACKERS = 4
QUIET_S = 3.0
# This session's pipeline has no network: twice its quiet value is less than a thread may have to wait for the
# interpreter (5 ms). Within one frame's interval nothing is late, and its rate has to stay.
JUDGE = Judge(not_late_s=1 / FPS)
MEMORY_MAY_GROW = 0.05
# After the last session, the server gives memory back within so many seconds.
REST_S = 5.0
SETTINGS = {"JOBS_MAX_PENDING": "20", "FORGESYTE_LOG_LEVEL": "warning"}


@dataclass
class Polite:
    """A session at 15 frames a second, each of which waits for the answer to the one before."""

    port: int
    figures: Figures = field(default_factory=Figures)
    wrong: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Send a frame, read its answer, wait for the next one's time; until `stop`."""
        with RawSocket(self.port) as socket:
            begun = due = time.perf_counter()
            number = 0
            while not self._over.wait(max(0.0, due - time.perf_counter())):
                number += 1
                due = max(due + 1 / FPS, time.perf_counter())
                self._ask(socket, number)
            self.figures.seconds = time.perf_counter() - begun

    def _ask(self, socket: RawSocket, number: int) -> None:
        start = time.perf_counter()
        socket.send(frame(jpeg(640, 480)))
        answer = socket.read()
        if answer is None or answer.opcode != TEXT or json.loads(answer.payload).get("frame_index") != number:
            self.wrong.append(f"frame {number}: {answer}")
            self._over.set()
        elif "result" not in json.loads(answer.payload):
            self.wrong.append(f"frame {number} was dropped")
            self.figures.dropped += 1
        else:
            self.figures.took_s.append(time.perf_counter() - start)

    def stop(self) -> None:
        """End the session."""
        self._over.set()


@dataclass(frozen=True)
class Outcome:
    """The outcome of an attack; times in seconds, memory in MB."""

    sent: int
    seconds: float
    faults: list[str]
    before: Figures
    after: Figures
    beside: Figures
    polite_wrong: list[str]
    memory_before_mb: float
    memory_after_mb: float
    is_alive: bool
    log_errors: list[str]
    judge: Judge
    may_grow: float

    @property
    def complaints(self) -> list[str]:
        """The faults that were found."""
        grown = self.memory_after_mb > self.memory_before_mb * (1 + self.may_grow)
        return [
            *self.faults,
            *self.polite_wrong,
            *(["the server has died"] if not self.is_alive else []),
            *self._of_the_polite_session(),
            *([f"memory {self.memory_before_mb:.0f} MB -> {self.memory_after_mb:.0f} MB"] if grown else []),
            *self.log_errors,
        ]

    def _of_the_polite_session(self) -> list[str]:
        try:
            found = self.judge.complaints(self.before, self.after, self.beside)
        except NotQuiet as error:
            return [f"nothing to compare with: {error}"]
        return [f"the polite session: {complaint}" for complaint in found]


def attack(
    count: int,
    folder: Path,
    seed: int = 1,
    judge: Judge = JUDGE,
    may_grow: float = MEMORY_MAY_GROW,
) -> Outcome:
    """Send a server so many hostile messages beside the polite session, and look at it afterwards."""
    prepare(folder)
    with serving(folder, **SETTINGS) as server:
        # What a first attack leaves behind for good, such as imported modules, is there before we look.
        send(server, max(1000, count // 10), seed + 1000)
        before_mb = resting_mb(server)
        with polite(server) as before:
            time.sleep(QUIET_S)
        start = time.monotonic()
        with polite(server) as beside:
            sent, faults = send(server, count, seed)
        seconds = time.monotonic() - start
        after_mb = resting_mb(server)
        with polite(server) as after:
            time.sleep(QUIET_S)
        is_alive = server.process.poll() is None
        return Outcome(
            sent,
            seconds,
            faults,
            before.figures,
            after.figures,
            beside.figures,
            [*before.wrong, *beside.wrong, *after.wrong],
            before_mb,
            after_mb,
            is_alive,
            errors_in(server.log),
            judge,
            may_grow,
        )


@contextmanager
def polite(server: LiveServer) -> Iterator[Polite]:
    """A polite session for the body."""
    client = Polite(server.port)
    thread = threading.Thread(target=client.run)
    thread.start()
    try:
        yield client
    finally:
        client.stop()
        thread.join()


def send(server: LiveServer, count: int, seed: int) -> tuple[int, list[str]]:
    """Attack from several processes, which give way to the server; how much was sent, and what was wrong."""
    share = -(-count // ATTACKERS)
    command = [sys.executable, "-m", "tests.hostile.attack.attackers", str(server.port)]
    running = [
        subprocess.Popen(
            [*command, str(seed + number), str(share)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: os.nice(10),
        )
        for number in range(ATTACKERS)
    ]
    sent, faults = 0, []
    for process in running:
        said, _ = process.communicate()
        if process.returncode:
            faults.append(f"an attacker failed with {process.returncode}")
            continue
        found = json.loads(said)
        sent += found["sent"]
        faults += found["faults"]
    return sent, faults


def resting_mb(server: LiveServer) -> float:
    """The server's memory once it has rested."""
    time.sleep(REST_S)
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def errors_in(log: Path) -> list[str]:
    """Lines of the log that tell of a fault of ours."""
    lines = log.read_text().splitlines()
    return [line[:600] for line in lines if '"level": "error"' in line or "Traceback" in line][:20]


def main() -> int:
    """Attack, tell, and fail where anything is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        outcome = attack(given.count, Path(folder), given.seed)
    print(
        f"{outcome.sent:,} messages in {outcome.seconds:.0f} s\n"
        f"polite session: {outcome.beside}; while it was quiet {outcome.before + outcome.after}\n"
        f"memory: {outcome.memory_before_mb:.1f} MB before, {outcome.memory_after_mb:.1f} MB after"
    )
    for complaint in outcome.complaints:
        print(f"- {complaint}")
    return 1 if outcome.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
