"""Reading the environment: right values are typed, wrong ones stop the start with one clear line."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from forgesyte import env as read
from forgesyte.conf import ProjectSettings
from forgesyte.env import BadSetting
from jobs.conf import JobSettings
from pipelines.conf import PipelineSettings
from streaming.conf import StreamSettings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("value", "expected"), [("1", True), ("Yes", True), ("off", False), ("0", False)])
def test_boolean_words(value: str, expected: bool) -> None:
    assert read.boolean({"FLAG": value}, "FLAG", not expected) is expected


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("FORGESYTE_DEVICE", "tpu", "FORGESYTE_DEVICE='tpu' is not one of auto, cpu, cuda, gpu"),
        ("FORGESYTE_INFERENCE_SLOTS", "many", "FORGESYTE_INFERENCE_SLOTS='many' is not a number"),
        ("FORGESYTE_INFERENCE_SLOTS", "1.5", "FORGESYTE_INFERENCE_SLOTS=1.5 is not a whole number"),
        ("FORGESYTE_INFERENCE_SLOTS", "-1", "must be from 0 to 64"),
    ],
)
def test_bad_pipeline_settings(tmp_path: Path, variable: str, value: str, says: str) -> None:
    with pytest.raises(BadSetting, match=re.escape(says)):
        PipelineSettings.from_env({variable: value}, tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("DEBUG", "perhaps", "DEBUG='perhaps' is neither true nor false"),
        ("REDIS_URL", "localhost:6379", "REDIS_URL is not a Redis address"),
        ("DATABASE_URL", "nonsense://x", "DATABASE_URL cannot be read"),
        ("FORGESYTE_LOG_LEVEL", "loud", "is not one of debug, info, warning, error"),
        ("FORGESYTE_DATA_DIR", "/proc/nowhere", "FORGESYTE_DATA_DIR=/proc/nowhere cannot be made"),
    ],
)
def test_bad_project_settings(tmp_path: Path, variable: str, value: str, says: str) -> None:
    with pytest.raises(BadSetting, match=re.escape(says)):
        ProjectSettings.from_env({"FORGESYTE_DATA_DIR": str(tmp_path), variable: value}, tmp_path)


@pytest.mark.parametrize(
    "host",
    [
        "http://x",
        "x:8000",
        "x/path",
        "::1",
        "*.example.com",
        "two words",
        "user@x",
        "a..b",
        "[x]",
        "é.example",
    ],
)
def test_a_host_that_no_browser_asks_for_is_refused(tmp_path: Path, host: str) -> None:
    """It was accepted, and then every request met 400."""
    env = {"FORGESYTE_DATA_DIR": str(tmp_path), "ALLOWED_HOSTS": f"localhost,{host}"}
    with pytest.raises(
        BadSetting, match=re.escape(f"ALLOWED_HOSTS={host!r}") + ".*leave scheme, port and path"
    ):
        ProjectSettings.from_env(env, tmp_path)


def test_hosts_of_every_kind(tmp_path: Path) -> None:
    hosts = "*,localhost,.example.com,my_host,10.1.1.1,[fe80::1],xn--caf-dma.example,Example.COM."
    env = {"FORGESYTE_DATA_DIR": str(tmp_path), "ALLOWED_HOSTS": hosts}
    assert ProjectSettings.from_env(env, tmp_path).allowed_hosts == tuple(hosts.split(","))


@pytest.mark.parametrize("key", ["x", "secret", "k" * 100, "abcd" * 8, "0123456789012345678901234567890"])
def test_a_secret_key_that_can_be_guessed_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(BadSetting, match="SECRET_KEY can be guessed") as refused:
        ProjectSettings.from_env({"FORGESYTE_DATA_DIR": str(tmp_path), "SECRET_KEY": key}, tmp_path)
    assert f"{key!r}" not in str(refused.value)


def test_a_good_secret_key_is_taken(tmp_path: Path) -> None:
    key = "a-key-of-32-letters-or-even-more"
    env = {"FORGESYTE_DATA_DIR": str(tmp_path), "SECRET_KEY": key}
    assert ProjectSettings.from_env(env, tmp_path).secret_key == key
    assert not (tmp_path / "secret_key").exists()


def test_defaults_are_safe(tmp_path: Path) -> None:
    settings = ProjectSettings.from_env({}, tmp_path)
    assert not settings.debug
    assert settings.data_dir == tmp_path / "data"
    assert settings.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert settings.database["NAME"] == str(tmp_path / "data" / "forgesyte.sqlite3")
    assert "journal_mode=WAL" in settings.database["OPTIONS"]["init_command"]


def test_another_database_keeps_its_own_options(tmp_path: Path) -> None:
    env = {"FORGESYTE_DATA_DIR": str(tmp_path), "DATABASE_URL": "postgres://u:p@db/vision"}
    database = ProjectSettings.from_env(env, tmp_path).database
    assert (database["ENGINE"], database["NAME"]) == ("django.db.backends.postgresql", "vision")
    assert database["OPTIONS"] == {"connect_timeout": 5}
    patient = ProjectSettings.from_env(
        {**env, "DATABASE_URL": "postgres://db/v?connect_timeout=30"}, tmp_path
    )
    assert patient.database["OPTIONS"]["connect_timeout"] == 30


def test_a_bad_value_stops_the_start_with_one_line(tmp_path: Path) -> None:
    env = os.environ | {"FORGESYTE_DATA_DIR": str(tmp_path), "FORGESYTE_DEVICE": "tpu"}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 78
    assert done.stderr.splitlines() == [
        "ForgeSyte cannot start: FORGESYTE_DEVICE='tpu' is not one of auto, cpu, cuda, gpu"
    ]


def read_all(env: Mapping[str, str], folder: Path) -> None:
    """Read every setting there is."""
    ProjectSettings.from_env({"FORGESYTE_DATA_DIR": str(folder), **env}, folder)
    PipelineSettings.from_env(env, folder)
    StreamSettings.from_env(env)
    JobSettings.from_env(env)


@pytest.fixture
def numeric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the settings that are numbers."""
    names = set()
    number = read.number

    def note(env: Mapping[str, str], name: str, *args: Any, **options: Any) -> float:
        names.add(name)
        return number(env, name, *args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(read, "number", note)
        read_all({}, tmp_path)
    return names


@pytest.mark.parametrize(
    "value",
    ["inf", "-inf", "nan", "1e999", "1e300", "9" * 5000, "١٢", "²", "1_000", "0x10", "-1", "−1", "1,5"],  # noqa: RUF001
)
def test_a_number_that_makes_no_sense_is_refused_in_one_short_line(
    tmp_path: Path, numeric: set[str], value: str
) -> None:
    """`inf` ended in a traceback, digits of another script passed, and so did what no clock can wait for."""
    assert len(numeric) > 40
    for name in numeric:
        with pytest.raises(BadSetting, match=f"^{name}=") as refused:
            read_all({name: value}, tmp_path)
        assert len(str(refused.value)) < 200
