"""Requests whose values make no sense get a clear answer, whichever database there is."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jobs.results.downloads import disposition
from jobs.worker import worker_process
from tests.hostile.requests.values import NAMES
from tests.hostile.requests.world import ask_as_administrator
from tests.jobs.postgres import running_postgres

ROOT = Path(__file__).parents[3]


@pytest.mark.django_db(transaction=True)
def test_no_value_of_a_request_is_our_fault(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some 2,300 of them; fourteen ended in 500 or a traceback."""
    settings.PROJECT = replace(settings.PROJECT, data_dir=tmp_path / "data")
    monkeypatch.setattr(worker_process, "_this_process", None)
    assert ask_as_administrator(tmp_path) == []
    worker_process.this_process().leave()


@pytest.mark.model
def test_nor_is_it_with_postgresql(tmp_path: Path) -> None:
    """It takes no NUL in a text and no odd time zones."""
    with running_postgres() as url:
        done = subprocess.run(
            [sys.executable, "-m", "tests.hostile.requests.client", str(tmp_path)],
            cwd=ROOT,
            env=os.environ
            | {
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": "forgesyte.settings",
                "FORGESYTE_DATA_DIR": str(tmp_path / "data"),
            },
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert (done.stdout.strip(), done.returncode) == ("", 0), done.stderr[-2000:]


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_cannot_leave_its_header(name: str) -> None:
    said = disposition(name, download=True)
    assert said.isascii()
    assert said.isprintable()
    assert said.count('"') == 2
    assert said.startswith('attachment; filename="')
