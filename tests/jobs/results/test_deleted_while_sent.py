"""Jobs that are deleted while somebody downloads what belongs to them, through real servers."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import psutil
import pytest

from tests.demo_runner import ROOT
from tests.streaming.live import SERVERS, LiveServer, environment, prepare, serving

PATIENCE_S = 30.0
ROUNDS = 10
JOBS = 8
# A job with results of twelve megabytes, which no socket's buffer takes in, and a video of as many.
NEW_JOBS = """
import json
import sys
import django
django.setup()
from jobs import storage
from jobs.models import Job, ResultChunk
box = {"x": 0, "y": 0, "w": 1, "h": 1, "label": "a", "score": 1, "text": "x" * 1_000_000}
for _ in range(int(sys.argv[1])):
    job = Job.objects.create(
        width=1, height=1, pipeline_id="p", pipeline_name="p", definition={}, source_name="a.mp4",
        status="completed", frames_total=12, frames_done=12, chunks_done=12, annotated_status="ready",
    )
    Job.objects.filter(pk=job.pk).update(source_file=f"uploads/{job.pk}/source.mp4")
    storage.upload_dir(job.pk).mkdir(parents=True)
    storage.result_dir(job.pk).mkdir(parents=True)
    for path in (storage.upload_dir(job.pk) / "source.mp4", storage.annotated_path(job.pk)):
        with path.open("wb") as file:
            file.truncate(12_000_000)
    for number in range(1, 13):
        name = storage.chunk_name(number, 1)
        (storage.result_dir(job.pk) / name).write_text(
            json.dumps({"frame_index": number, "time_s": 0.0, "result": {"detections": [box]}}) + "\\n"
        )
        ResultChunk.objects.create(
            job=job, number=number, first_frame=number, last_frame=number, lines=1, file=name
        )
    print(job.pk, flush=True)
"""


@dataclass
class Stock:
    """A server and finished jobs with long results."""

    server: LiveServer
    job_ids: list[str]

    def ask(self, path: str, method: str = "GET") -> http.client.HTTPResponse:
        """The answer, of which the body is yet to be read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=PATIENCE_S)
        connection.request(method, path, headers={"Connection": "close"})
        return connection.getresponse()

    def read_while_deleted(self, path: str, job_id: str) -> bool:
        """Read a little, delete the job, read on; whether all of it came."""
        with closing(self.ask(path)) as answer:
            assert answer.status == 200
            answer.read(1000)
            assert self.ask(f"/jobs/{job_id}", "DELETE").status == 204
            try:
                answer.read()
            except (http.client.IncompleteRead, ConnectionError):
                return False
        return True


@pytest.fixture(scope="module", params=SERVERS)
def stock(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stock]:
    data_dir = tmp_path_factory.mktemp("deleted")
    prepare(data_dir)
    command, env = [sys.executable, "-c", NEW_JOBS, str(JOBS)], environment(data_dir)
    made = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=60)
    with serving(data_dir, server=request.param) as server:
        yield Stock(server, made.stdout.split())


@pytest.mark.parametrize("format", ["json", "jsonl", "csv", "coco"])
def test_results_that_are_gone_end_incomplete(stock: Stock, format: str) -> None:
    job_id = stock.job_ids.pop()
    assert not stock.read_while_deleted(f"/video/results/{job_id}?format={format}", job_id)
    assert stock.ask(f"/video/results/{job_id}").status == 404


@pytest.mark.parametrize("what", ["video", "annotated"])
def test_a_file_that_is_being_sent_is_sent_to_its_end(stock: Stock, what: str) -> None:
    job_id = stock.job_ids.pop()
    assert stock.read_while_deleted(f"/jobs/{job_id}/{what}", job_id)
    assert stock.ask(f"/jobs/{job_id}/{what}").status == 404


def test_a_file_that_shrinks_is_not_taken_for_whole(stock: Stock) -> None:
    job_id = stock.job_ids.pop()
    with closing(stock.ask(f"/jobs/{job_id}/video")) as answer:
        answer.read(1000)
        with (stock.server.data_dir / "uploads" / job_id / "source.mp4").open("r+b") as file:
            file.truncate(1_000_000)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()


@pytest.mark.parametrize("path", ["video/results/{}?format=jsonl", "jobs/{}/video"])
def test_clients_that_go_away_leave_nothing(stock: Stock, path: str) -> None:
    process, job_id = psutil.Process(stock.server.process.pid), stock.job_ids[0]

    def leave() -> None:
        with closing(stock.ask(f"/{path.format(job_id)}")) as answer:
            answer.read(1000)

    leave()
    before = process.num_fds()
    for _ in range(ROUNDS):
        leave()
    deadline = time.monotonic() + PATIENCE_S
    while process.num_fds() > before or any(job_id in file.path for file in process.open_files()):
        assert time.monotonic() < deadline, process.open_files()
        assert json.loads(stock.ask("/health").read())["status"] == "ok"
