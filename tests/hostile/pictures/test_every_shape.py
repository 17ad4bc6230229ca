"""Pictures of every shape through every pipeline: the memory of the process stays within bounds."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.pictures.every_shape import definitions, shapes

MOST_RISE_MB = 500
# The kernel kills what goes far beyond, before the machine suffers.
ADDRESS_SPACE = 16 * 1024**3


@pytest.mark.model
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux tells it")
@pytest.mark.parametrize("pipeline_id", definitions())
def test_no_shape_raises_the_memory_far_in_any_pipeline(pipeline_id: str, tmp_path: Path) -> None:
    """3x2000 pixels took 20 GB, 20x2000 8 GB, 100x2000 1.9 GB."""
    child = subprocess.run(
        [sys.executable, "-m", "tests.hostile.pictures.every_shape", str(tmp_path), pipeline_id],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE)),
        # On a busy machine; alone it takes a minute or two.
        timeout=900,
        check=False,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    runs = [json.loads(line) for line in child.stdout.splitlines() if line.startswith("{")]

    assert len(runs) == 2 * (len(shapes()) + 1)
    assert [run for run in runs if run["error"]] == []
    assert max(runs, key=lambda run: run["rise_mb"])["rise_mb"] < MOST_RISE_MB
    said_smaller = any("instead of 4096" in said for run in runs for said in run["warnings"])
    assert said_smaller is pipeline_id.startswith("largest")
