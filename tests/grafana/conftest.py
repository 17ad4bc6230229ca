"""A real server that has had something to do."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.grafana.promql import Page
from tests.grafana.traffic import get, one_round, run_job
from tests.streaming.live import LiveServer, prepare, serving


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with one worker, after sessions of every kind and one job."""
    data_dir = tmp_path_factory.mktemp("observed")
    prepare(data_dir, {"text": {"finds": True, "run_s": 0.02}})
    with serving(data_dir, FORGESYTE_WORKERS="1") as running:
        asyncio.run(some_of_everything(running))
        yield running


async def some_of_everything(server: LiveServer) -> None:
    await one_round(server)
    await run_job(server)


@pytest.fixture(scope="package")
def page(server: LiveServer) -> Page:
    """The text of `/metrics` after that."""
    return Page(get(server, "/metrics"))
