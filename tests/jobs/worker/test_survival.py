"""`kill -9` of workers, of servers and of everything: no job is lost and no frame is done twice."""

import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.jobs.plant import Plant, kill, until_gone, workers_of
from tests.jobs.postgres import running_postgres
from tests.jobs.toolbox import definition
from tests.pipelines.clips import write_clip

TOOLS = ("look", "count", "recall")
MODES = ("worker", "server", "everything")
# A worker that lost its server looks for it four times a second, and has some seconds to give back its job.
ORPHAN_ENDS_S = 15.0
AT_WORK_WITHIN_S = 240.0
DONE_WITHIN_S = 900.0


@pytest.fixture(params=["sqlite", "postgres"])
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Plant]:
    """An installation with an empty database."""
    if request.param == "sqlite":
        plant = Plant(tmp_path / "data", JOBS_SWEEP_S="0.5", JOBS_NICE="0")
        plant.manage("migrate", "--verbosity", "0")
        yield plant
        return
    with running_postgres() as url:
        plant = Plant(tmp_path / "data", JOBS_SWEEP_S="0.5", JOBS_NICE="0", DATABASE_URL=url)
        plant.manage("migrate", "--verbosity", "0")
        yield plant


class Killer:
    """Runs a server with its worker, and kills it, or the worker, or both."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._server = self._start()
        self._seen: set[psutil.Process] = set()

    def kill_once(self, mode: str, after_s: float) -> None:
        """Kill after this time, and see to it that a server runs again."""
        time.sleep(after_s)
        workers = workers_of(self._server)
        self._seen.update(workers)
        if mode == "worker":
            kill(workers)
        elif mode == "server":
            kill([self._server])
        else:
            kill([self._server, *workers])
        if self._server.poll() is not None:
            self._server = self._start()

    def end(self) -> None:
        """Stop the server in good order; no worker of any time may be left."""
        self._seen.update(workers_of(self._server))
        self._server.terminate()
        self._server.wait(ORPHAN_ENDS_S)
        until_gone(list(self._seen), ORPHAN_ENDS_S)

    def _start(self) -> subprocess.Popen[bytes]:
        return self._plant.start("serve", "--port", "0")


def orders(clip: Path, frames: int, copies: int, run_s: float) -> list[dict[str, Any]]:
    """Jobs of every kind of tool over one clip."""
    return [
        {"path": str(clip), "frames": frames, "definition": definition(tool, run_s=run_s)}
        for _ in range(copies)
        for tool in TOOLS
    ]


def undisturbed(folder: Path, orders: list[dict[str, Any]]) -> list[Any]:
    """The lines of the same jobs in an installation where nothing happens."""
    plant = Plant(folder)
    plant.manage("migrate", "--verbosity", "0")
    ids = plant.submit(*orders)
    plant.manage("run_worker", "--once", timeout_s=DONE_WITHIN_S)
    report = plant.report()
    assert {job["status"] for job in report.values()} == {"completed"}
    return [report[job_id]["lines"] for job_id in ids]


def survive(
    plant: Plant,
    folder: Path,
    modes: Sequence[str],
    chance: random.Random,
    *,
    frames: int,
    copies: int,
    run_s: float,
) -> None:
    """Kill in these ways while a batch of jobs is worked on, and compare with an undisturbed run."""
    clip = write_clip(folder / "clip.mp4", (n % 20 for n in range(frames)))
    expected = undisturbed(folder / "calm", orders(clip, frames, 1, 0.0))
    ids = plant.submit(*orders(clip, frames, copies, run_s))
    killer = Killer(plant)
    died_at_work = 0
    with plant.watching() as watch:
        try:
            for mode in modes:
                before = watch.states()["attempts"]
                # Mostly at work, and now and then wherever it is: starting, sweeping, with nothing to do.
                if chance.random() < 0.8:
                    watch.until(partial(has_begun, before), AT_WORK_WITHIN_S)
                killer.kill_once(mode, chance.uniform(0.0, 2.5))
            died_at_work = watch.active()
            watch.until_done(DONE_WITHIN_S)
        finally:
            killer.end()
    report = plant.report()
    assert [report[job_id]["status"] for job_id in ids] == ["completed"] * len(ids), report_in_brief(report)
    for place, job_id in enumerate(ids):
        lines = report[job_id]["lines"]
        assert [line["frame_index"] for line in lines] == list(range(1, frames + 1))
        assert lines == expected[place % len(TOOLS)]
    print(report_in_brief(report))
    assert sum(job["lease_losses"] for job in report.values()) > 0, "some were killed at work"
    assert died_at_work, "there was work to the last kill"


def has_begun(before: int, states: dict[str, int]) -> bool:
    """True if a worker has taken up a job since there were so many attempts."""
    return states["attempts"] > before


def report_in_brief(report: dict[str, dict[str, Any]]) -> str:
    return "\n".join(
        " ".join(f"{name}={value}" for name, value in job.items() if name not in ("lines", "id"))
        for job in report.values()
    )


@pytest.mark.model
def test_a_few_kills(plant: Plant, tmp_path: Path) -> None:
    survive(plant, tmp_path, MODES, random.Random(3), frames=120, copies=1, run_s=0.04)


@dataclass(frozen=True)
class Death:
    """A place at which a worker is killed: before or after the nth call of a function, on one job."""

    function: str
    when: str
    nth: int = 1
    lease_losses: int = 1


DEATHS = {
    "delivered, not claimed": Death("jobs.worker.leases.claim_job", "before", lease_losses=0),
    "claimed": Death("jobs.worker.leases.claim_job", "after"),
    "decoding": Death("jobs.intake.frames.without_lost", "before", nth=5),
    "a chunk is on the disk, not in the database": Death("jobs.worker.leases.checkpoint", "before", nth=2),
    "a chunk is in the database": Death("jobs.worker.leases.checkpoint", "after", nth=2),
    "all frames are done, and the job is not": Death("jobs.worker.leases.complete", "before"),
    "completed, the delivery is not": Death("jobs.worker.leases.complete", "after", lease_losses=0),
    "drawing": Death("jobs.results.annotated.draw_result", "before", nth=4),
    "drawn, and nobody knows": Death("jobs.worker.leases.finish_drawing", "before"),
    "drawn, the delivery is not over": Death("jobs.worker.leases.finish_drawing", "after", lease_losses=0),
}
# Works on all there is until this job's turn comes, and dies there.
DIE = """
import os, signal, sys, django
from importlib import import_module
from uuid import UUID
django.setup()
from accounts.callers import SERVER
from jobs.models import Job
from jobs.services import request_annotated
from jobs.worker.worker import Worker
job_id, function, when, nth = sys.argv[1:]
module, _, name = function.rpartition(".")
call = getattr(import_module(module), name)
calls = 0
def deadly(*given, **more):
    global calls
    calls += job_id in repr(given) or Job.objects.filter(pk=job_id).exclude(lease_owner="").exists()
    dies = calls == int(nth)
    if dies and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    result = call(*given, **more)
    if dies:
        os.kill(os.getpid(), signal.SIGKILL)
    return result
setattr(import_module(module), name, deadly)
Worker().drain()
request_annotated(job_id=UUID(job_id), caller=SERVER)
Worker().drain()
"""


@pytest.mark.model
def test_a_worker_may_die_in_any_phase(tmp_path: Path) -> None:
    """Each worker goes on with what the one before has left, then dies on a job of its own."""
    clip = write_clip(tmp_path / "clip.mp4", range(1, 13))
    plant = Plant(tmp_path / "data", JOBS_CHUNK_FRAMES="3", JOBS_CHUNK_S="60", JOBS_NICE="0")
    plant.manage("migrate", "--verbosity", "0")
    calm, *ids = plant.submit(*[order for _ in ("calm", *DEATHS) for order in orders(clip, 12, 1, 0.0)[1:2]])
    for job_id, death in zip(ids, DEATHS.values(), strict=True):
        plant.die(DIE, job_id, death.function, death.when, str(death.nth))
    plant.manage("run_worker", "--once")
    report = plant.report()
    assert [line["frame_index"] for line in report[calm]["lines"]] == list(range(1, 13))
    for job_id, (phase, death) in zip(ids, DEATHS.items(), strict=True):
        job = report[job_id]
        assert (phase, job["status"], job["lease_losses"]) == (phase, "completed", death.lease_losses)
        drawn = "ready" if "draw" in phase else "none"
        assert (phase, job["annotated_status"]) == (phase, drawn)
        assert job["lines"] == report[calm]["lines"], phase


@pytest.mark.slow
def test_forty_kills(plant: Plant, tmp_path: Path) -> None:
    chance = random.Random(40)
    survive(
        plant, tmp_path, [chance.choice(MODES) for _ in range(40)], chance, frames=240, copies=3, run_s=0.05
    )


@pytest.mark.slow
@pytest.mark.parametrize("tracker", ["bytetrack", "botsort"])
def test_tracks_go_on_after_kills(tmp_path: Path, test_media: Path, tracker: str) -> None:
    order = {
        "path": str(test_media / "media" / "car-detection.mp4"),
        "frames": 377,
        "max_frames": 200,
        "definition": tracking(str(test_media / "models" / "yolo11n_int8.onnx"), tracker),
    }
    plant = Plant(
        tmp_path / "data",
        JOBS_SWEEP_S="0.5",
        JOBS_NICE="0",
        JOBS_CHUNK_S="0.3",
        FORGESYTE_WEIGHTS_PATHS=str(test_media / "models"),
    )
    plant.manage("migrate", "--verbosity", "0")
    [calm] = plant.submit(order)
    plant.manage("run_worker", "--once", timeout_s=DONE_WITHIN_S)
    [stormy] = plant.submit(order)
    chance = random.Random(7)
    with plant.watching() as watch:
        for _ in range(4):
            before = watch.states()["chunks"]
            worker = plant.start("run_worker")
            try:
                watch.until(partial(has_kept_more, before), AT_WORK_WITHIN_S)
                time.sleep(chance.uniform(0.0, 1.0))
            finally:
                kill([worker])
    plant.manage("run_worker", "--once", timeout_s=DONE_WITHIN_S)
    report = plant.report()
    assert (report[stormy]["status"], report[stormy]["lease_losses"]) == ("completed", 4)
    assert [line["frame_index"] for line in report[stormy]["lines"]] == list(range(1, 201))
    numbers = {box.get("track_id") for line in report[calm]["lines"] for box in line["result"]["detections"]}
    assert len(numbers - {None}) > 1, "there is something to follow"
    assert report[stormy]["lines"] == report[calm]["lines"]


def has_kept_more(before: int, states: dict[str, int]) -> bool:
    """True if a worker has kept results since there were so many chunks."""
    return states["chunks"] > before


def tracking(weights: str, tracker: str) -> dict[str, Any]:
    """A pipeline of a real tracker behind a real network."""
    params = {"weights": weights, "imgsz": 320, "tracker": tracker}
    return {
        "id": "follow",
        "name": "Follow",
        "nodes": [{"id": "track", "plugin_id": "yolo", "tool_id": "track", "params": params}],
        "edges": [],
        "entry_nodes": ["track"],
        "output_nodes": ["track"],
    }
