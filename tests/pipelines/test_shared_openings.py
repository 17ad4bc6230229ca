"""Pipelines that wait for the same slow download or network take one loader, and hear how it ended."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.engine.networks import NetworkCache
from pipelines.engine.weights.catalog import KnownDownload
from pipelines.engine.weights.downloads import DownloadFailed, Expected
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import ToolFailure, WeightsNotFound
from pipelines.runtime import LOADERS, Runtime
from pipelines.tools.base import DETECTIONS, OpenContext, Plugin, ToolSpec
from pipelines.tools.registry import PluginRegistry
from tests.pipelines.engine.weights.place import CONTENT
from tests.pipelines.gate import LIMIT_S, GateTool, NoParams, gated


class SharedTool(GateTool):
    """A tool whose weights have to be downloaded, or whose network has to be loaded, at the gate."""

    def __init__(self, context: OpenContext, gate: GateTool, of_store: bool) -> None:
        super().__init__()
        if of_store:
            context.weights.resolve("good")
        else:
            self.use = context.networks.get("network", lambda: gate.open(NoParams(), context))


@pytest.fixture
def gated_url(gate: GateTool, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address whose download waits at the gate."""

    def download(url: str, file: Any, expected: Expected) -> None:
        gate.opened += 1
        gate.opening.set()
        assert gate.may_open.wait(LIMIT_S)
        if gate.fails:
            raise DownloadFailed("the connection broke off")
        file.write(CONTENT)

    monkeypatch.setattr("pipelines.engine.weights.downloads.copy_checked", download)
    return "http://127.0.0.1/good.pt"


@pytest.fixture(params=["download", "network"])
def sharing(
    request: pytest.FixtureRequest,
    gate: GateTool,
    gated_url: str,
    tmp_path: Path,
) -> Iterator[Runtime]:
    """An engine for pipelines that share what one of them loads."""
    specs = tuple(
        ToolSpec(name, name, "", NoParams, frozenset({DETECTIONS}), opened)
        for name, opened in (
            ("gate", lambda params, context: SharedTool(context, gate, request.param == "download")),
            ("free", lambda params, context: GateTool()),
        )
    )
    known = KnownDownload("good", gated_url, 1, "", "")
    engine = Runtime(
        slots=1,
        networks=NetworkCache(),
        weights=WeightsStore(tmp_path / "weights", tmp_path / "cache", catalog=[known]),
        registry=PluginRegistry([Plugin("test", "Test", "1", specs)]),
        device="cpu",
    )
    yield engine
    gate.may_open.set()
    engine.close()


async def test_pipelines_that_share_a_slow_download_take_one_loader(sharing: Runtime, gate: GateTool) -> None:
    """Each took a loader of its own: eight of them, and no other pipeline could be opened."""
    gate.may_open.clear()
    many = [
        asyncio.create_task(sharing.open(gated(f"p{number}"), live=True)) for number in range(2 * LOADERS)
    ]
    assert await asyncio.to_thread(gate.opening.wait, LIMIT_S)

    async with asyncio.timeout(LIMIT_S):
        (await sharing.open(gated("other", "free"), live=True)).close()
    assert not any(opening.done() for opening in many)

    gate.may_open.set()
    for opened in await asyncio.gather(*many):
        opened.close()
    assert gate.opened == 1


async def test_pipelines_that_share_a_failed_download_are_told(sharing: Runtime, gate: GateTool) -> None:
    gate.fails = True
    gate.may_open.clear()
    many = [asyncio.create_task(sharing.open(gated(f"p{number}"), live=True)) for number in range(3)]
    assert await asyncio.to_thread(gate.opening.wait, LIMIT_S)
    gate.may_open.set()

    failures = await asyncio.gather(*many, return_exceptions=True)

    assert {type(failure) for failure in failures} <= {WeightsNotFound, ToolFailure}
    assert "just being loaded" not in str(failures)
