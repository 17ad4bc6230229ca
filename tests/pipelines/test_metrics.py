"""The metrics of loaded networks."""

from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from pipelines import runtime
from pipelines.engine.networks import NetworkCache
from pipelines.runtime import override_engine
from tests.pipelines.toy import toy_engine

NAMES = ("networks_loaded", "networks_bytes", "networks_dropped_total")


def figures() -> list[float | None]:
    return [REGISTRY.get_sample_value(name) for name in NAMES]


def test_loaded_networks_are_counted(tmp_path: Path) -> None:
    engine = toy_engine(tmp_path)
    engine.networks = NetworkCache(budget=25)
    with override_engine(engine):
        for name in ("a", "b", "c"):
            engine.networks.get(name, object, size=10)
        found = figures()
    engine.close()

    assert found == [2, 20, 1]


def test_asking_makes_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "_runtime", None)

    assert figures() == [0, 0, 0]
    assert runtime.current_engine() is None
