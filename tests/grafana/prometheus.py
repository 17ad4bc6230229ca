"""A real Prometheus of our own, on this machine only."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.conftest import require_tool

PATIENCE_S = 15.0
LISTENS = re.compile(r"address=(?:\[::1\]|127\.0\.0\.1):(\d+)")


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    port: int

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The series that an expression has now; what is wrong with it is an AssertionError."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request("GET", f"/api/v1/query?{urlencode({'query': expression})}")
        answer = json.load(connection.getresponse())
        connection.close()
        assert answer["status"] == "success", answer["error"]
        assert not answer.get("warnings"), answer
        series: list[dict[str, Any]] = answer["data"]["result"]
        return series


def short_steps(config: str, target: str, rules: Path) -> str:
    """The recommended configuration with this target, scraped and judged every second."""
    for recommended, ours in (
        ("127.0.0.1:8000", target),
        ("scrape_interval: 15s", "scrape_interval: 1s\n  evaluation_interval: 1s"),
        ("alerts.yml", str(rules)),
    ):
        assert recommended in config
        config = config.replace(recommended, ours)
    return config


@contextmanager
def running_prometheus(folder: Path, config: str) -> Iterator[Prometheus]:
    """Run Prometheus with this configuration on a free port for the body."""
    program = require_tool("prometheus")
    (folder / "prometheus.yml").write_text(config)
    command = [program, "--config.file", "prometheus.yml", "--storage.tsdb.path", "data"]
    command += ["--web.listen-address", "127.0.0.1:0", "--log.level", "info"]
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        port = 0
        for line in process.stderr:
            if found := LISTENS.search(line):
                port = int(found[1])
            if "Server is ready to receive web requests" in line:
                break
        assert port, "Prometheus did not start"
        yield Prometheus(port)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
