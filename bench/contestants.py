"""The kinds of contestants, and how each kind is measured."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from bench.cases import Case
from bench.figures import Figures
from bench.networks import Network
from bench.processes import (
    PEERS_PYTHON,
    ROOT,
    BenchError,
    Server,
    environment,
    last_line,
    run_watched,
)
from loadtest.own_server import end

# A camera's client connects, and a browser starts, before it measures.
CLIENT_WITHIN_S = 60.0
WARM_UP_S = 2.0
ANSWER_WITHIN_S = 5.0


@dataclass(frozen=True)
class Arena:
    """The parts that all contestants share: a folder to work in, the frames in it, and as bytes."""

    folder: Path
    frames_dir: Path
    frames: Sequence[bytes]
    chromium: str

    def log(self, key: str, network: Network) -> Path:
        """The file that the process of a contestant prints to."""
        return self.folder / f"{key}-{network.key}.log"

    def forgesyte_env(self, pipeline_id: str) -> dict[str, str]:
        """ForgeSyte's settings: its own data folder, one pipeline loaded at start, all else as shipped."""
        return environment(
            self.folder,
            FORGESYTE_DATA_DIR=str(self.folder / "forgesyte"),
            FORGESYTE_WEIGHTS_DIR=str(self.weights_dir),
            FORGESYTE_PRELOAD=pipeline_id,
            FORGESYTE_DEFAULT_PIPELINE=pipeline_id,
        )

    @property
    def weights_dir(self) -> Path:
        """The folder in which ForgeSyte looks for networks."""
        return self.folder / "weights"


class Contestant(Protocol):
    """One that is started, measured several times, and stopped."""

    def start(self) -> None:
        """Begin; returns at once. BenchError where it cannot be run here."""
        ...

    def wait(self) -> None:
        """Wait until it can be measured."""
        ...

    def measure(self, case: Case) -> Figures:
        """One turn."""
        ...

    def stop(self) -> None:
        """End; may be called where it never began."""
        ...


@dataclass
class Loop:
    """A process without a server that runs one frame after the other."""

    kind: str
    network: str
    env: Mapping[str, str]
    arena: Arena
    log: Path
    _process: subprocess.Popen[str] | None = field(default=None, init=False)

    def start(self) -> None:
        """Begin; returns at once."""
        command = [sys.executable, "-m", "bench.loops", self.kind, self.network]
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [*command, "--frames", str(self.arena.frames_dir)],
                cwd=ROOT,
                env=dict(self.env),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def wait(self) -> None:
        """Wait until the network is loaded and warm."""
        self._answer()

    def measure(self, case: Case) -> Figures:
        """One frame after the other, for as long as the case lasts."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"seconds": case.seconds}) + "\n")
        self._process.stdin.flush()
        turn = self._answer()
        return Figures.of(turn["ages_ms"], turn["seconds"])

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def _answer(self) -> Any:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise BenchError(f"The loop ended: {last_line(self.log)}")
        return json.loads(line)


@dataclass
class SocketServer:
    """A server that takes JPEG files on a WebSocket, driven by the project's load generator."""

    server: Server
    path: str
    pipeline_id: str
    arena: Arena
    before: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin; returns at once."""
        self.before()
        self.server.start()

    def wait(self) -> None:
        """Wait until it answers."""
        self.server.wait()

    def measure(self, case: Case) -> Figures:
        """Run the case's number of sessions from a process of their own, and return the figures."""
        from loadtest.plan import LoadPlan
        from loadtest.report.figures import figures_of
        from loadtest.run import run_load

        plan = LoadPlan(
            sessions=case.sessions,
            fps=case.fps,
            duration_s=case.seconds,
            in_flight=2,
            pipeline_id=self.pipeline_id,
            warm_up_s=WARM_UP_S / 2,
            answer_within_s=ANSWER_WITHIN_S,
        )
        url = self.server.url + self.path
        result = run_load(plan, url, frames=self.arena.frames, server_pid=self.server.pid)
        sent_bytes = sum(map(len, self.arena.frames)) / len(self.arena.frames)
        return figures_from_load(figures_of(result), case.seconds, sent_bytes)

    def stop(self) -> None:
        """End the server."""
        self.server.stop()


def figures_from_load(load: Mapping[str, Any], seconds: float, frame_bytes: float) -> Figures:
    """Figures of the load generator in this comparison's words; BenchError where nothing was answered."""
    run, server = load["run"], load["server"]
    if not run["answered"]:
        raise BenchError("; ".join(load["problems"]) or "Nothing was answered")
    ages = run["age_at_answer_ms"]
    cpu_s = server["cpu_percent_mean"] / 100 * seconds if server else None
    return Figures(
        answers_per_s=run["answers_per_s"],
        age_p50_ms=ages["p50"],
        age_p95_ms=ages["p95"],
        age_max_ms=ages["max"],
        fairness=run["jain_index"] if len(load["sessions"]) > 1 else None,
        dropped=run["dropped"],
        unanswered=run["unanswered"] + run["unsent"],
        server_cpu_ms=cpu_s * 1000 / (run["answers_per_s"] * seconds) if cpu_s else None,
        up_kbit_s=run["sent"] * frame_bytes * 8 / 1000 / seconds,
    )


@dataclass
class VideoServer:
    """A server on WebRTC, driven by a client that is told where it is."""

    server: Server
    client: Sequence[str]
    env: Mapping[str, str]
    arena: Arena
    many_sessions: bool = True

    def start(self) -> None:
        """Begin; returns at once."""
        if not PEERS_PYTHON.is_file():
            raise BenchError("its packages are not installed (`make bench` does that)")
        self.server.start()

    def wait(self) -> None:
        """Wait until it answers."""
        self.server.wait()

    def measure(self, case: Case) -> Figures:
        """A camera of the case's rate."""
        fps = case.camera_fps if case.closed else case.fps
        command = [
            *self.client,
            *("--url", self.server.url),
            *("--frames", str(self.arena.frames_dir)),
            *("--fps", str(fps)),
            *("--seconds", str(case.seconds)),
            *("--warm-up", str(WARM_UP_S)),
        ]
        if self.many_sessions:
            command += ["--sessions", str(case.sessions)]
        elif case.sessions > 1:
            raise BenchError(f"{case.sessions} browsers do not fit onto one machine")
        within_s = CLIENT_WITHIN_S + case.seconds
        watched = run_watched(command, self.server.pid, self.env, within_s)
        turn = json.loads(watched.output)
        answers = sum(map(len, turn["ages_ms"]))
        if not answers:
            raise BenchError("No picture came back whole")
        return Figures.of(
            turn["ages_ms"],
            turn["seconds"],
            server_cpu_ms=watched.server_cpu_s * 1000 / answers,
            client_cpu_ms=watched.client_cpu_s * 1000 / answers,
            up_kbit_s=turn["up_kbit_s"],
        )

    def stop(self) -> None:
        """End the server."""
        self.server.stop()
