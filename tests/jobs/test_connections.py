"""PostgreSQL's connections are few: none is held for a client that sends or reads slowly."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tests.demo_runner import ROOT
from tests.forgesyte.server.test_bodies import HEAD, PIECE, raw
from tests.jobs.postgres import running_postgres
from tests.jobs.results.test_deleted_while_sent import NEW_JOBS, Stock
from tests.streaming.live import environment, prepare, serving

CLIENTS = 6
PATIENCE_S = 15.0
# What the connections of others have asked last.
OTHERS = """
    SELECT query FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stock, str]]:
    """A server over PostgreSQL with a finished job of long results, and the database's address."""
    data_dir = tmp_path_factory.mktemp("connections")
    with running_postgres() as url:
        prepare(data_dir, DATABASE_URL=url)
        command, env = [sys.executable, "-c", NEW_JOBS, "1"], environment(data_dir, DATABASE_URL=url)
        made = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
        with serving(data_dir, DATABASE_URL=url, JOBS_MIN_FREE_MB="0") as server:
            yield Stock(server, made.stdout.split()), url


def until_none(url: str) -> None:
    """Wait until nobody else is connected to the database."""
    deadline = time.monotonic() + PATIENCE_S
    with psycopg.connect(url, autocommit=True) as connection:
        while held := connection.execute(OTHERS).fetchall():
            assert time.monotonic() < deadline, held
            time.sleep(0.05)


def test_slow_uploads(stock: tuple[Stock, str]) -> None:
    server = stock[0].server
    with ExitStack() as senders:
        for _ in range(CLIENTS):
            path = "/video/submit?pipeline_id=quick"
            sender = senders.enter_context(raw(server, f"Content-Length: {50 * len(PIECE)}", path=path))
            sender.sendall(HEAD + PIECE)
        folder: Path = server.data_dir / "uploads"
        deadline = time.monotonic() + PATIENCE_S
        while len(list(folder.glob("*/arriving"))) < CLIENTS:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        until_none(stock[1])


@pytest.mark.parametrize("path", ["video/results/{}?format=json", "jobs/{}/video", "jobs/{}/annotated"])
def test_slow_downloads(stock: tuple[Stock, str], path: str) -> None:
    plant, url = stock
    with ExitStack() as readers:
        for _ in range(CLIENTS):
            answer = plant.ask(f"/{path.format(plant.job_ids[0])}")
            readers.callback(answer.close)
            assert answer.status == 200
            answer.read(1000)
        until_none(url)
        assert json.loads(plant.ask("/health").read())["status"] == "ok"
