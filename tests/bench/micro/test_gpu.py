"""The measurement of batches runs wherever torch does."""

from pathlib import Path

import pytest

from bench.micro.gpu import main
from tests.pipelines.untrained import tiny_network

pytestmark = pytest.mark.model


def test_every_way_gets_a_line_for_each_number_of_sessions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "tiny.pt"
    tiny_network(tmp_path).save(str(weights))
    main(["--weights", str(weights), "--device", "cpu", "--sessions", "1,4", "--seconds", "0.3"])
    title, _, head, _, *lines = capsys.readouterr().out.splitlines()
    assert title.startswith("cpu (")
    assert head == "| sessions | way | frames/s | p50 ms | p95 ms | frames a batch |"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [(row[0], row[1]) for row in rows] == [
        (sessions, way) for sessions in ("1", "4") for way in ("Ultralytics", "one by one", "together")
    ]
    assert all(float(row[2]) > 0 and float(row[4]) >= float(row[3]) > 0 for row in rows)
    assert {row[1]: float(row[5]) > 1 for row in rows} == {
        "Ultralytics": False,
        "one by one": False,
        "together": True,
    }
