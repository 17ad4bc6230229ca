"""`make setup` and `make run` with every Python that is promised and on this machine."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from websockets.sync.client import connect

from tests.streaming.fakes import jpeg
from tests.streaming.live import OURS

ROOT = Path(__file__).parents[1]
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
# The packages may have to be downloaded.
SETUP_TIMEOUT_S = 1800
START_TIMEOUT_S = 180
STOP_TIMEOUT_S = 30

# What `make` and the settings of the tests put into the environment.
OF_THIS_RUN = (*OURS, "DJANGO_SETTINGS_MODULE", "MAKE", "YOLO_CONFIG_DIR")

pytestmark = pytest.mark.slow


def interpreter(version: str) -> str:
    """The path of a Python that can make virtual environments; without one the test skips."""
    found = [
        shutil.which(f"python{version}"),
        *map(str, PYENV.glob(f"versions/{version}.*/bin/python{version}")),
    ]
    for path in filter(None, found):
        if subprocess.run([path, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0:
            return path
    pytest.skip(f"Python {version} is not on this machine")


@contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[str]:
    """`make run` in a group of its own, which is interrupted as Ctrl-C does; yields the server's address."""
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        too_late = threading.Timer(START_TIMEOUT_S, os.killpg, [process.pid, signal.SIGKILL])
        too_late.start()
        try:
            assert process.stdout
            told = (re.search(r"http://[\d.:]+", line) for line in process.stdout)
            address = next(filter(None, told), None)
            too_late.cancel()
            assert address, "the server ended before it answered"
            yield address[0]
        finally:
            too_late.cancel()
            os.killpg(process.pid, signal.SIGINT)
            process.wait(STOP_TIMEOUT_S)


def status(url: str) -> int:
    try:
        with urlopen(url, timeout=START_TIMEOUT_S) as answer:
            return int(answer.status)
    except HTTPError as error:
        error.close()
        return error.code


def wait_until_ready(address: str) -> None:
    """The networks and the worker of the jobs are opened after the first answer."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while status(f"{address}/ready") != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_set_up_and_run(version: str, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    make = ["make", f"PYTHON={interpreter(version)}", f"VENV={venv}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OF_THIS_RUN)}
    environment |= {"FORGESYTE_DATA_DIR": str(tmp_path / "data"), "HOST": "127.0.0.1", "PORT": "0"}
    subprocess.run([*make, "setup"], cwd=ROOT, env=environment, check=True, timeout=SETUP_TIMEOUT_S)
    asked = subprocess.run([venv / "bin/python", "--version"], capture_output=True, text=True, check=True)
    assert asked.stdout.startswith(f"Python {version}.")
    with running([*make, "run"], environment) as address:
        wait_until_ready(address)
        with connect(f"{address.replace('http', 'ws')}/ws/video/stream?pipeline_id=yolo_ocr") as stream:
            stream.send(jpeg())
            assert '"result"' in stream.recv(START_TIMEOUT_S)
    shutil.rmtree(venv)
