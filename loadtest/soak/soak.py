"""A long run in which clients come, go, fail and disturb, while it is watched what the server holds."""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from loadtest.clients.answer_log import meaning_of
from loadtest.clients.client import clock
from loadtest.clients.frames import load_frames
from loadtest.own_server import OwnServer
from loadtest.plan import LoadPlan
from loadtest.report.figures import Figures
from loadtest.sampling import listener
from loadtest.soak import job_tasks, network_faults
from loadtest.soak.film import film_of, padded
from loadtest.soak.flatness import COUNT, MEMORY, Tolerance, flatness, growing
from loadtest.soak.network_faults import Act
from loadtest.soak.resources import ResourceSample, sample
from loadtest.soak.target import Busy, Target, Unexpected

ACTS: Sequence[Act] = (
    network_faults.loses_its_connection,
    network_faults.sends_no_more,
    network_faults.falls_silent,
    network_faults.reads_slowly,
    network_faults.sends_nonsense,
    network_faults.knocks_and_runs,
    network_faults.breaks_an_upload_off,
    job_tasks.has_a_video_done,
    job_tasks.deletes_what_it_downloads,
    job_tasks.leaves_a_download,
    job_tasks.cancels,
    job_tasks.has_a_picture_run,
    job_tasks.looks_around,
    job_tasks.kills_a_worker,
)
# Of each kind of client, from the end of one to the beginning of the next.
PAUSE_S = 4.0
SAMPLES = 360
SAMPLE_EVERY_AT_LEAST_S = 0.5
JOIN_WITHIN_S = 90.0
# For so long it is watched after the last client has left.
REST_S = 5.0
REASONS_KEPT = 5
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FILM_FRAMES = 20
LARGE_BYTES = 12 * 1024 * 1024

# What is watched: the name in the figures, of which processes, which of their figures, and what is allowed.
WATCHED: Mapping[str, tuple[str, str, Tolerance]] = {
    "server memory (RSS, MB)": ("server", "rss_mb", MEMORY),
    "server memory (private, MB)": ("server", "private_mb", MEMORY),
    "server descriptors": ("server", "descriptors", COUNT),
    "server threads": ("server", "threads", COUNT),
    "server database connections": ("server", "database", COUNT),
    "workers memory (private, MB)": ("beside", "private_mb", MEMORY),
    "workers descriptors": ("beside", "descriptors", COUNT),
    "workers threads": ("beside", "threads", COUNT),
    "workers database connections": ("beside", "database", COUNT),
}


@dataclass
class Log:
    """Counts how often each kind of client was done, was refused, or met what it must not."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    reasons: list[str] = field(default_factory=list)

    def fail(self, name: str, reason: str) -> None:
        """Note what went wrong; of each kind only the first few in words."""
        self.failed[name] += 1
        if self.failed[name] <= REASONS_KEPT:
            self.reasons.append(f"{name}: {reason}")

    def figures(self, acts: Sequence[Act]) -> dict[str, dict[str, int]]:
        """The counts of each of these kinds."""
        return {
            name_of(act): {
                "done": self.done[name_of(act)],
                "refused": self.refused[name_of(act)],
                "failed": self.failed[name_of(act)],
            }
            for act in acts
        }


def target_of(plan: LoadPlan, server: OwnServer) -> Target:
    """The target of a plan's clients; only the workers of a server of our own are killed. Raises BadPlan."""
    frames = tuple(load_frames(plan))
    film = film_of(frames, FILM_FRAMES)
    return Target(
        url=server.url,
        pipeline_id=plan.pipeline_id,
        frames=frames,
        film=film,
        large_film=padded(film, LARGE_BYTES),
        headers=plan.headers,
        pid=server.pid or listener(server.url),
        kills=server.pid is not None,
        log=server.log,
    )


def soak(target: Target, duration_s: float, run: Callable[[], Figures]) -> Figures:
    """The figures of `run`, which takes about so long, with those of the trouble and the server beside it."""
    log, samples = Log(), list[ResourceSample]()
    with watched(target, max(duration_s / SAMPLES, SAMPLE_EVERY_AT_LEAST_S), samples):
        with troubled(target, log):
            figures = run()
        threading.Event().wait(REST_S)
    judged = {name: flatness(series(samples, *where[:2]), where[2]) for name, where in WATCHED.items()}
    if target.kills:
        # Workers that are killed begin anew: how much they hold says how far they came, and nothing of leaks.
        judged |= {name: judged[name] | {"flat": None} for name in WATCHED if WATCHED[name][0] == "beside"}
    problems = [*log.reasons, *errors_logged(target.log), *(f"Not flat: {name}" for name in growing(judged))]
    return figures | {
        "soak": {
            "clients": log.figures(acts_of(target)),
            "flatness": judged if samples else {},
            "samples": {name: series(samples, *where[:2]) for name, where in WATCHED.items()},
        },
        "problems": [*figures["problems"], *problems],
    }


def acts_of(target: Target) -> list[Act]:
    """Every kind of client; none kills workers where they are not of a server of our own."""
    return [act for act in ACTS if target.kills or act is not job_tasks.kills_a_worker]


@contextmanager
def troubled(target: Target, log: Log) -> Iterator[None]:
    """Clients of every kind, one after the other, for as long as the body takes."""
    threads = [
        threading.Thread(target=repeat, args=(act, target, log), name=name_of(act)) for act in acts_of(target)
    ]
    for thread in threads:
        thread.daemon = True
        thread.start()
    try:
        yield
    finally:
        target.stopping.set()
        deadline = clock() + JOIN_WITHIN_S
        for thread in threads:
            thread.join(max(deadline - clock(), 0))
            if thread.is_alive():
                log.fail(thread.name, "did not come to an end")


def repeat(act: Act, target: Target, log: Log) -> None:
    """One kind of client, again and again until the soak ends."""
    name = name_of(act)
    while not target.stopping.is_set():
        try:
            act(target)
            log.done[name] += 1
        except Busy:
            log.refused[name] += 1
        except job_tasks.SoakEnded:
            return
        except (Unexpected, OSError, HTTPException) as error:
            log.fail(name, str(error) or type(error).__name__)
        except Exception as error:
            # An answer of another form, or a fault of our own: nobody would miss a thread that ended here.
            log.fail(name, repr(error))
        target.wait(PAUSE_S * target.chance.uniform(0.5, 1.5))


@contextmanager
def watched(target: Target, every_s: float, samples: list[ResourceSample]) -> Iterator[None]:
    """Samples of what the server holds, taken for as long as the body takes."""
    enough = threading.Event()

    def look() -> None:
        while target.pid and not enough.wait(every_s):
            if (seen := sample(target.pid, clock())) is not None:
                samples.append(seen)

    thread = threading.Thread(target=look, name="resources")
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


def errors_logged(log: Path | None) -> list[str]:
    """The errors in the server's log, each event once with its count."""
    events = Counter[str]()
    for line in log.read_text(errors="replace").splitlines() if log else ():
        entry = meaning_of(line)
        if entry.get("level") in ("error", "critical") or line.startswith("Traceback"):
            events[ID.sub("ID", str(entry.get("event", line)))[:200]] += 1
    return [f"The server logged an error {count} times: {event}" for event, count in events.items()]


def series(samples: Sequence[ResourceSample], group: str, figure: str) -> list[tuple[float, Any]]:
    """One figure of one group of processes over time, in seconds from the first sample."""
    return [(round(seen.at - samples[0].at, 2), getattr(getattr(seen, group), figure)) for seen in samples]


def name_of(act: Act) -> str:
    """The name of a kind of client, in words."""
    return act.__name__.replace("_", " ")
