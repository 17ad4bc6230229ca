"""The command itself, with the contestants that need no packages but the project's."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.processes import ROOT, environment

TURN_S = 0.5


@pytest.mark.model
def test_a_tiny_comparison_of_the_loop_and_of_forgesyte(tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "bench", "--only", "a,b,c", "--networks", "text", "--cases", "closed,fps15"),
        *("--rounds", "1", "--seconds", str(TURN_S), "--out", str(tmp_path)),
    ]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tables.md").read_text().strip() == done.stdout.strip()
    closed, paced = (json.loads((tmp_path / f"text-{case}.json").read_text()) for case in ("closed", "fps15"))
    figures = {row["key"]: row["figures"] for row in closed["rows"]}
    assert figures.keys() == {"a", "b", "c"}
    assert all(row["failures"] == [] for row in closed["rows"])
    assert all(found["answers_per_s"] > 0 for found in figures.values())
    (ours,) = paced["rows"]
    assert ours["key"] == "c"
    assert ours["figures"]["unanswered"] == 0


def test_names_that_do_not_exist_are_refused(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--only", "a,nobody", "--out", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "unknown: nobody; there are: a, a-torch, b" in done.stderr
