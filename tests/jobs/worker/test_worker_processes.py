"""Worker processes: they give back what they have, survive what kills others, and end with their server."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.worker import worker as worker_module
from tests.jobs.plant import Plant
from tests.jobs.toolbox import definition
from tests.jobs.worker.waiting import PATIENCE_S, STAYS, wait_until
from tests.pipelines.clips import write_clip


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    """An installation with an empty database."""
    plant = Plant(tmp_path / "data", JOBS_SWEEP_S="0.3", JOBS_NICE="0")
    plant.manage("migrate", "--verbosity", "0")
    return plant


@pytest.fixture
def worker(plant: Plant) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process."""
    process = plant.start("run_worker")
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def order(folder: Path, count: int = 40, **params: Any) -> dict[str, Any]:
    clip = folder / f"clip{count}.mp4"
    if not clip.exists():
        write_clip(clip, (n % 20 for n in range(count)))
    return {"path": str(clip), "frames": count, "definition": definition(**params)}


def events(plant: Plant, name: str) -> list[dict[str, Any]]:
    return [event for event in plant.events() if event["event"] == name]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux chooses what to kill")
def test_the_kernel_kills_it_before_the_web_server(plant: Plant, worker: subprocess.Popen[bytes]) -> None:
    score = Path(f"/proc/{worker.pid}/oom_score_adj")
    own = int(Path("/proc/self/oom_score_adj").read_text())
    wait_until(lambda: events(plant, "worker_started"))

    assert int(score.read_text()) == min(own + 500, 1000)


@pytest.mark.model
def test_a_worker_told_to_stop_gives_its_job_back_at_once(
    plant: Plant, worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    [job_id] = plant.submit(order(tmp_path, run_s=0.2))
    wait_until(lambda: events(plant, "job_started"))
    worker.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert worker.wait(PATIENCE_S) == 0
    assert time.monotonic() - started < PATIENCE_S / 2
    job = plant.report()[job_id]
    assert (job["status"], job["strikes"], job["lease_losses"]) == ("pending", 0, 0)
    assert events(plant, "job_given_back")
    assert not list((plant.data_dir / "workers").iterdir())


@pytest.mark.model
def test_a_worker_stuck_in_a_frame_gives_its_job_back_all_the_same(
    plant: Plant, worker: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    [job_id] = plant.submit(order(tmp_path, run_s=500.0))
    wait_until(lambda: events(plant, "job_started"))
    worker.send_signal(signal.SIGINT)
    assert worker.wait(PATIENCE_S) == 0
    assert plant.report()[job_id]["status"] == "pending"


@pytest.mark.model
def test_two_workers_share_a_batch(plant: Plant, tmp_path: Path) -> None:
    ids = plant.submit(*[order(tmp_path, run_s=0.01) for _ in range(6)])
    workers = [plant.start("run_worker") for _ in range(2)]
    with plant.watching() as watch:
        try:
            watch.until_done(PATIENCE_S * 2)
        finally:
            for process in workers:
                process.terminate()
                process.wait(PATIENCE_S)
    report = plant.report()
    for job_id in ids:
        job = report[job_id]
        assert (job["status"], job["attempt"]) == ("completed", 1)
        assert [line["frame_index"] for line in job["lines"]] == list(range(1, 41))
    assert len(events(plant, "job_started")) == len(ids)


@pytest.mark.model
def test_a_frame_that_kills_every_worker_fails_and_the_next_job_works(plant: Plant, tmp_path: Path) -> None:
    deadly, harmless = plant.submit(order(tmp_path, kills=[5]), order(tmp_path))
    server = plant.start("serve", "--port", "0")
    with plant.watching() as watch:
        try:
            watch.until_done(PATIENCE_S * 3)
        finally:
            server.terminate()
            server.wait(PATIENCE_S)
    report = plant.report()
    assert (report[deadly]["status"], report[deadly]["error_code"]) == ("failed", "worker_died")
    assert report[deadly]["error_message"] == "Its worker died 3 times at frame 5"
    assert report[deadly]["attempt"] == 3
    assert report[harmless]["status"] == "completed"


@pytest.mark.model
def test_a_full_disk_is_told_and_the_next_job_works(plant: Plant, tmp_path: Path) -> None:
    """Results may not grow beyond a limit: to the program that is a full disk; the database may."""
    large, small = plant.submit(order(tmp_path, count=400), order(tmp_path, count=5))
    plant.env |= {"JOBS_CHUNK_FRAMES": "10000", "JOBS_CHUNK_S": "60"}
    done = subprocess.run(
        [sys.executable, "-c", LIMITED],
        cwd=Path(worker_module.__file__).parents[2],
        env=plant.env,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0
    report = plant.report()
    assert (report[large]["status"], report[large]["error_code"]) == ("failed", "disk_full")
    assert report[large]["error_message"].startswith("The disk is full.")
    assert report[small]["status"] == "completed"


LIMITED = """
import resource
import django
django.setup()
from jobs import storage
from jobs.worker.worker import Worker
write = storage.write_durably
def limited(path, data):
    resource.setrlimit(resource.RLIMIT_FSIZE, (32 * 1024, resource.RLIM_INFINITY))
    try:
        write(path, data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
storage.write_durably = limited
Worker().drain()
"""


@pytest.mark.model
def test_a_worker_ends_when_its_server_is_gone(plant: Plant) -> None:
    parent = subprocess.Popen(STAYS)
    process = plant.start("run_worker", "--parent", str(parent.pid))
    try:
        assert process.wait(PATIENCE_S) == 0, "we are its parent, and not that one"
    finally:
        parent.kill()
        parent.wait()


@pytest.mark.model
def test_an_idle_worker_has_loaded_no_network(plant: Plant, worker: subprocess.Popen[bytes]) -> None:
    wait_until(lambda: events(plant, "worker_started"))
    assert "torch" not in Path(f"/proc/{worker.pid}/maps").read_text()
