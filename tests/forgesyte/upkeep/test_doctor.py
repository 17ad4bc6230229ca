"""The doctor finds what is wrong here, and says what to do."""

import os
from collections import namedtuple
from collections.abc import Iterable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from forgesyte.upkeep import doctor
from forgesyte.upkeep.doctor import DOUBTFUL, OK, WRONG, Finding, examine


def states(check: doctor.Check) -> dict[str, str]:
    return {finding.name: finding.state for finding in check()}


def advice(check: doctor.Check) -> str:
    return " ".join(finding.advice for finding in check())


def test_a_look_that_fails_is_a_finding() -> None:
    def the_moon() -> Iterable[Finding]:
        raise RuntimeError("cloudy")

    [finding] = examine([the_moon])
    assert (finding.name, finding.state) == ("the moon", WRONG)
    assert "cloudy" in finding.said


def test_packages_that_are_not_the_pinned_ones_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert states(doctor.versions) == {"versions": OK}
    installed = doctor.installed
    other = {"pillow": "1.0", "openvino": "", "torch": installed("torch").split("+")[0] + "+cpu"}
    monkeypatch.setattr(doctor, "installed", lambda name: other.get(name, installed(name)))
    [_, packages] = doctor.versions()
    assert packages.state == WRONG
    assert "pillow 1.0, not" in packages.said
    assert "openvino is missing" in packages.said
    assert "torch 2" not in packages.said


@pytest.mark.parametrize(
    ("asked", "cuda", "card", "state"),
    [
        ("auto", False, False, OK),
        ("auto", True, True, OK),
        ("cpu", True, True, OK),
        ("auto", False, True, DOUBTFUL),
        ("cuda", False, False, DOUBTFUL),
    ],
)
def test_a_gpu_that_is_not_used_is_told(
    asked: str, cuda: bool, card: bool, state: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PIPELINES = replace(settings.PIPELINES, device=asked)
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    monkeypatch.setattr(doctor, "has_nvidia_gpu", lambda: card)
    assert states(doctor.device) == {"device": state}


def test_a_full_disk_a_strange_owner_and_curious_others_are_told(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROJECT = replace(settings.PROJECT, data_dir=tmp_path)
    tmp_path.chmod(0o700)
    assert states(doctor.data_folder) == {"disk": OK}
    tmp_path.chmod(0o755)
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    usage = namedtuple("usage", "free")
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage(1))
    found = states(doctor.data_folder)
    assert found == {"disk": WRONG, "owner": WRONG, "permissions": DOUBTFUL}
    assert f"chmod 700 {tmp_path}" in advice(doctor.data_folder)
    del settings.JOBS
    assert states(doctor.data_folder)["disk"] == WRONG


def test_a_small_machine_and_few_files_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = namedtuple("memory", "total")
    monkeypatch.setattr("psutil.virtual_memory", lambda: memory(8 << 30))
    monkeypatch.setattr("resource.getrlimit", lambda kind: (65536, 65536))
    assert states(doctor.memory_and_files) == {"machine": OK}
    monkeypatch.setattr("resource.getrlimit", lambda kind: (256, 256))
    assert "ulimit -n 1024" in advice(doctor.memory_and_files)
    monkeypatch.setattr("psutil.virtual_memory", lambda: memory(1 << 30))
    assert "FORGESYTE_WORKERS=0" in advice(doctor.memory_and_files)


@pytest.mark.django_db(transaction=True)
def test_missing_migrations_are_told() -> None:
    assert states(doctor.database) == {"database": OK, "migrations": OK}
    call_command("migrate", "pipelines", "zero", verbosity=0)
    try:
        assert states(doctor.database)["migrations"] == WRONG
        assert "manage.py migrate" in advice(doctor.database)
    finally:
        call_command("migrate", verbosity=0)


def test_redis_is_asked_where_it_is_set(settings: Any, redis_socket: Path) -> None:
    assert states(doctor.channel_layer) == {"channel layer": OK}
    settings.PROJECT = replace(settings.PROJECT, redis_url=f"unix://{redis_socket}")
    assert states(doctor.channel_layer) == {"channel layer": OK}
    settings.PROJECT = replace(settings.PROJECT, redis_url=f"unix://{redis_socket}.gone")
    assert states(doctor.channel_layer) == {"channel layer": WRONG}


def test_a_server_that_does_not_run_is_told(settings: Any) -> None:
    settings.PROJECT = replace(settings.PROJECT, host="0.0.0.0", port=1)
    [finding] = doctor.port()
    assert (finding.state, finding.advice) == (DOUBTFUL, "Start the server.")


def test_what_is_dangerous_once_others_reach_the_server_is_told(settings: Any) -> None:
    assert states(doctor.exposure) == {}
    settings.PROJECT = replace(settings.PROJECT, trusted_proxies=(ip_network("10.0.0.0/8"),))
    assert states(doctor.exposure) == {"login": DOUBTFUL, "sessions": DOUBTFUL}
    settings.PROJECT = replace(settings.PROJECT, require_login=True, allowed_hosts=("*",))
    settings.DEBUG = True
    assert states(doctor.exposure) == {"debug": WRONG, "hosts": DOUBTFUL, "sessions": DOUBTFUL}


@pytest.mark.django_db
def test_missing_workers_are_told(settings: Any, tmp_path: Path) -> None:
    settings.PROJECT = replace(settings.PROJECT, data_dir=tmp_path)
    assert states(doctor.apps) == {"workers": DOUBTFUL}
    settings.JOBS = replace(settings.JOBS, workers=0)
    assert states(doctor.apps) == {"workers": OK}
