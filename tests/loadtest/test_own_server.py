import sys
from pathlib import Path

import psutil
import pytest

from loadtest import own_server as servers
from loadtest.own_server import ServerFailed, own_server, serve_command, soak_command

READY = "print('Warming up'); print('ForgeSyte is ready at http://127.0.0.1:1234/', flush=True); "
WAITS = READY + "import time; time.sleep(60)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + WAITS
FAILS = "import sys; print('It broke', file=sys.stderr); sys.exit(3)"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_the_server_runs_for_the_body(tmp_path: Path) -> None:
    with own_server(python(WAITS), tmp_path / "log") as server:
        assert server.url == "http://127.0.0.1:1234/"
        assert server.pid is not None
        assert psutil.pid_exists(server.pid)
    assert not psutil.pid_exists(server.pid)


def test_a_server_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "STOP_WITHIN_S", 0.1)
    with own_server(python(DEAF), tmp_path / "log") as server:
        assert server.pid is not None
    assert not psutil.pid_exists(server.pid)


def test_a_server_that_fails_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(ServerFailed, match="did not start:\nIt broke"),
        own_server(python(FAILS), tmp_path / "log"),
    ):
        pytest.fail("it does not run")


def test_a_server_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "START_WITHIN_S", 0.1)
    silent = python("import time; time.sleep(60)")
    with pytest.raises(ServerFailed, match="did not start"), own_server(silent, tmp_path / "log"):
        pytest.fail("it does not run")


def test_it_loads_the_pipeline_and_has_no_workers() -> None:
    command = serve_command(Path("manage.py"), "ocr_only")
    assert {"FORGESYTE_PRELOAD=ocr_only", "FORGESYTE_WORKERS=0"} <= set(command)
    assert command[-5:] == ["serve", "--host", "127.0.0.1", "--port", "0"]


def test_a_soak_has_a_worker_and_data_of_its_own(tmp_path: Path) -> None:
    manage = tmp_path / "manage.py"
    manage.write_text(
        "import os, sys; print(sys.argv[1:], file=open(os.environ['FORGESYTE_DATA_DIR'] + '/did', 'a'))"
    )
    command = soak_command(manage, "ocr_only", tmp_path, Path("/weights"))
    did = (tmp_path / "did").read_text()
    assert did.splitlines() == ["['migrate', '--verbosity', '0']", "['restore_pipelines', '--if-empty']"]
    assert {"FORGESYTE_WORKERS=1", f"FORGESYTE_DATA_DIR={tmp_path}", "FORGESYTE_WEIGHTS_DIR=/weights"} <= set(
        command
    )


def test_a_soak_leaves_the_operators_database_and_redis_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://operator@db.invalid/jobs")
    monkeypatch.setenv("REDIS_URL", "redis://redis.invalid:6379/0")
    manage = tmp_path / "manage.py"
    manage.write_text(
        "import os; print(repr(os.environ['DATABASE_URL'] + os.environ['REDIS_URL']), "
        "file=open(os.environ['FORGESYTE_DATA_DIR'] + '/addresses', 'a'))"
    )
    command = soak_command(manage, "ocr_only", tmp_path, tmp_path)
    assert (tmp_path / "addresses").read_text().splitlines() == ["''", "''"]
    assert {"DATABASE_URL=", "REDIS_URL="} <= set(command)


def test_a_soak_whose_data_cannot_be_made_says_why(tmp_path: Path) -> None:
    manage = tmp_path / "manage.py"
    manage.write_text("import sys; sys.exit('no such table')")
    with pytest.raises(ServerFailed, match="no such table"):
        soak_command(manage, "ocr_only", tmp_path, tmp_path)
