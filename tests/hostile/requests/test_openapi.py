"""Requests that fit the API's own description never make it fail."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.streaming.live import prepare, serving

EXAMPLES = 10
WITHIN_S = 900


@pytest.mark.slow
def test_no_request_that_the_description_allows_is_an_error_of_ours(tmp_path: Path) -> None:
    prepare(tmp_path)
    with serving(tmp_path, FORGESYTE_LOG_LEVEL="warning") as server:
        command = [
            *(
                sys.executable,
                "-m",
                "schemathesis.cli",
                "run",
                f"http://127.0.0.1:{server.port}/openapi.json",
            ),
            *("--checks", "not_a_server_error", "--max-examples", str(EXAMPLES), "--seed", "1"),
            *("--phases", "examples,coverage,fuzzing", "--request-timeout", "30", "--no-color"),
            # Without its networks a server is not ready, and says so with 503.
            *("--exclude-path", "/ready"),
        ]
        run = subprocess.run(
            command, cwd=tmp_path, env={**os.environ}, text=True, capture_output=True, timeout=WITHIN_S
        )
        lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-1000:]
    assert [line for line in lines if line["level"] == "error"] == []
