"""A supervisor sees one name, codes that say whether to try again, and JSON."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from forgesyte import supervised
from tests.demo_runner import ROOT
from tests.streaming.live import COMMAND_WITHIN_S, PATIENCE_S, environment, prepare, serving

UNCAUGHT = """
import sys, threading
import django
django.setup()
from forgesyte.supervised import log_uncaught
log_uncaught()
thread = threading.Thread(target=lambda: 1 / 0)
thread.start()
thread.join()
raise RuntimeError("lost")
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("supervised")
    prepare(folder)
    return folder


def test_the_server_and_its_workers_have_names_and_end_with_code_0(data_dir: Path) -> None:
    with serving(data_dir, FORGESYTE_WORKERS="1") as server:
        pid = server.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children")
        assert Path(f"/proc/{pid}/comm").read_text() == "forgesyte\n"
        names: set[str] = set()
        waiting = threading.Event()
        for _ in range(600):
            ids = "".join(path.read_text() for path in children.parents[1].glob("*/children")).split()
            names = {Path(f"/proc/{child}/comm").read_text().strip() for child in ids}
            if "forgesyte-work" in names:
                break
            waiting.wait(0.1)
        assert "forgesyte-work" in names
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("command", ["serve", "run_worker"])
def test_a_setting_that_cannot_be_used_is_a_line_of_json_and_code_78(command: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT, env=environment(tmp_path, FORGESYTE_DEVICE="tpu"), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == supervised.BAD_CONFIGURATION == 78
    told = json.loads(done.stderr)
    assert told["event"] == "cannot_start"
    assert "FORGESYTE_DEVICE='tpu'" in told["detail"]


def test_what_the_system_checks_say_are_lines_of_json(data_dir: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "run_worker", "--once"],
        cwd=ROOT, env=environment(data_dir), capture_output=True, text=True, timeout=COMMAND_WITHIN_S,
    )  # fmt: skip
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert any("pipelines.W005" in line.get("text", "") for line in lines)
    assert done.stdout == ""


def test_exceptions_that_nobody_catches_are_lines_of_json(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", UNCAUGHT], cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True
    )
    assert done.returncode == 1
    thrown = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in thrown] == ["uncaught_exception"] * 2
    assert "ZeroDivisionError" in thrown[0]["exception"]
    assert "RuntimeError: lost" in thrown[1]["exception"]
