"""A backup of one data folder, made while its server runs, is readable in another one."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from forgesyte.upkeep.archive import extract
from tests.jobs.postgres import running_postgres
from tests.pipelines.clips import write_clip
from tests.streaming.live import COMMAND_WITHIN_S, PATIENCE_S, ROOT, LiveServer, environment, prepare, serving

LOG_IN = """
import django
django.setup()
from django.contrib.auth.models import User
print(User.objects.get(username="ada").check_password("lovelace-1843"))
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with running_postgres() as address:
        yield address


def database(kind: str, request: pytest.FixtureRequest, name: str) -> dict[str, str]:
    """Settings of an empty database of this kind."""
    if kind == "sqlite":
        return {}
    import psycopg

    address: str = request.getfixturevalue("postgres")
    with psycopg.connect(address, autocommit=True) as connected:
        connected.execute(f"CREATE DATABASE {name}")
    return {"DATABASE_URL": f"{address.rpartition('/')[0]}/{name}"}


def manage(
    data_dir: Path, *arguments: str | Path, ok: bool = True, given: dict[str, str] | None = None
) -> str:
    """The output of a command."""
    done = subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT, env=environment(data_dir, **(given or {})), capture_output=True, text=True,
        timeout=COMMAND_WITHIN_S,
    )  # fmt: skip
    assert (done.returncode == 0) == ok, done.stderr
    return done.stdout + done.stderr


def submit(server: LiveServer, clip: Path, pipeline_id: str = "quick") -> str:
    """The id of a job that has been taken in."""
    with clip.open("rb") as file:
        answer = requests.post(
            f"http://127.0.0.1:{server.port}/video/submit",
            data={"pipeline_id": pipeline_id}, files={"file": file}, timeout=PATIENCE_S,
        )  # fmt: skip
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def get(server: LiveServer, path: str) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{server.port}{path}", timeout=PATIENCE_S)


def finished(server: LiveServer, job_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while (job := get(server, f"/jobs/{job_id}").json())["status"] != "completed":
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return dict(job)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_jobs_results_users_and_weights_are_there_on_another_machine(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    before, after, clip = (
        tmp_path / "before",
        tmp_path / "after",
        write_clip(tmp_path / "clip.mp4", range(1, 9)),
    )
    source, target = database(kind, request, "source"), database(kind, request, "target")
    prepare(before, None, **source)
    (before / "weights").mkdir()
    (before / "weights" / "mine.onnx").write_bytes(b"network")
    manage(
        before, "createsuperuser", "--noinput", "--username=ada", "--email=a@b.example",
        given={**source, "DJANGO_SUPERUSER_PASSWORD": "lovelace-1843"},
    )  # fmt: skip
    with serving(before, **source, FORGESYTE_WORKERS="1") as server:
        job = finished(server, job_id := submit(server, clip))
        results = get(server, f"/video/results/{job_id}").json()
        manage(before, "backup", tmp_path / "b.tar", given=source)
        assert "stop it first" in manage(
            before, "restore", tmp_path / "b.tar", "--replace", ok=False, given=source
        )
    other = "postgresql" if kind == "sqlite" else "sqlite"
    away = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"} if other == "postgresql" else {}
    assert f"holds a database of {kind}" in manage(
        tmp_path / "other", "restore", tmp_path / "b.tar", ok=False, given=away
    )

    assert "files of" in manage(after, "restore", tmp_path / "b.tar", given=target)
    assert (after / "secret_key").read_text() == (before / "secret_key").read_text()
    assert (after / "weights" / "mine.onnx").read_bytes() == b"network"
    with serving(after, **target) as server:
        assert get(server, f"/jobs/{job_id}").json() == job
        assert get(server, f"/video/results/{job_id}").json() == results
        assert get(server, f"/jobs/{job_id}/video").content == clip.read_bytes()
    logged_in = subprocess.run(
        [sys.executable, "-c", LOG_IN],
        cwd=ROOT,
        env=environment(after, **target),
        capture_output=True,
        text=True,
    )
    assert logged_in.stdout == "True\n", logged_in.stderr
    refused = manage(after, "restore", tmp_path / "b.tar", ok=False, given=target)
    assert "There is a database already" in refused
    manage(after, "restore", tmp_path / "b.tar", "--replace", given=target)


def test_rows_and_files_are_of_one_moment_while_jobs_come_and_go(tmp_path: Path) -> None:
    import sqlite3

    data_dir, clip, over = (
        tmp_path / "data",
        write_clip(tmp_path / "clip.mp4", range(1, 9)),
        threading.Event(),
    )
    prepare(data_dir)

    def come_and_go(server: LiveServer) -> None:
        ids: list[str] = []
        while not over.is_set():
            ids.append(submit(server, clip))
            if len(ids) > 3:
                requests.delete(f"http://127.0.0.1:{server.port}/jobs/{ids.pop(0)}", timeout=PATIENCE_S)

    with serving(data_dir, FORGESYTE_WORKERS="1") as server:
        busy = threading.Thread(target=come_and_go, args=(server,))
        busy.start()
        try:
            for number in range(3):
                assert "was deleted" not in manage(data_dir, "backup", tmp_path / f"{number}.tar")
        finally:
            over.set()
            busy.join()
    rows = 0
    for number in range(3):
        folder = tmp_path / f"out{number}"
        names = set(extract(tmp_path / f"{number}.tar", folder))
        with closing(sqlite3.connect(folder / "database.sqlite3")) as copy:
            sources = copy.execute("SELECT source_file FROM jobs_job").fetchall()
            chunks = copy.execute("SELECT job_id, file FROM jobs_resultchunk").fetchall()
        needed = {name for (name,) in sources}
        results = {name.split("/")[2] for name in names if name.startswith("results/")}
        assert needed <= names
        assert {file for _, file in chunks} <= results
        rows += len(sources)
    assert rows > 0


def test_places_that_a_backup_cannot_go_to_are_refused(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    prepare(data_dir)
    assert "outside of it" in manage(data_dir, "backup", data_dir / "b.tar", ok=False)
    assert "There is no folder" in manage(data_dir, "backup", tmp_path / "no" / "b.tar", ok=False)
    manage(data_dir, "backup", tmp_path / "b.tar")
    assert "There is a file" in manage(data_dir, "backup", tmp_path / "b.tar", ok=False)
    memory = {"DATABASE_URL": "sqlite://:memory:"}
    assert "copy this database by other means" in manage(
        data_dir, "backup", tmp_path / "m.tar", ok=False, given=memory
    )


def test_a_restore_that_fails_changes_nothing(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    prepare(data_dir)
    manage(data_dir, "backup", tmp_path / "b.tar")
    (data_dir / "uploads" / "7").mkdir(parents=True)
    (data_dir / "uploads" / "7" / "source.mp4").write_bytes(b"film")
    size = (tmp_path / "b.tar").stat().st_size
    with (tmp_path / "b.tar").open("r+b") as file:
        file.truncate(size // 2)
    assert "cut short" in manage(data_dir, "restore", tmp_path / "b.tar", "--replace", ok=False)
    assert (data_dir / "uploads" / "7" / "source.mp4").read_bytes() == b"film"
    assert "quick" in json.dumps(manage(data_dir, "dumpdata", "pipelines"))
