"""An installation of its own for each test."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from jobs.worker import worker_process
from pipelines.engine.networks import NetworkCache
from pipelines.engine.scheduling.overload_flag import OverloadFlag
from pipelines.engine.weights.store import WeightsStore
from pipelines.runtime import Runtime, override_engine
from pipelines.tools.registry import PluginRegistry
from tests.world.colours import PLUGIN
from tests.world.entries import World


@pytest.fixture
def world(
    tmp_path: Path, settings: Any, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """A data folder, and an engine that knows all tools and the one that finds colours."""
    settings.PROJECT = replace(settings.PROJECT, data_dir=tmp_path / "data")
    monkeypatch.setattr(worker_process, "_this_process", None)
    registry = PluginRegistry([*PluginRegistry.load().plugins, PLUGIN])
    weights = WeightsStore(tmp_path / "weights", tmp_path / "cache")
    weights.weights_dir.mkdir()
    engine = Runtime(
        slots=1,
        networks=NetworkCache(),
        weights=weights,
        registry=registry,
        device="cpu",
        overload=OverloadFlag(tmp_path / "live_pressure"),
    )
    with override_engine(engine):
        installation = World(tmp_path, weights.weights_dir)
        installation.store(colours())
        yield installation
        engine.close()
    if worker_process._this_process is not None:
        worker_process._this_process.leave()


def colours() -> dict[str, Any]:
    """The pipeline that finds colours."""
    return pipeline("colours", {"plugin_id": "colours", "tool_id": "find"})


def pipeline(pipeline_id: str, *nodes: dict[str, Any]) -> dict[str, Any]:
    """A pipeline of these nodes, one after the other."""
    named = [{"id": f"n{number}", "params": {}, **node} for number, node in enumerate(nodes)]
    ids = [node["id"] for node in named]
    return {
        "id": pipeline_id,
        "name": pipeline_id,
        "nodes": named,
        "edges": [{"from_node": one, "to_node": other} for one, other in pairwise(ids)],
        "entry_nodes": ids[:1],
        "output_nodes": ids[-1:],
    }
