"""Looks at an installation and says in sentences what is well, what is doubtful and what is wrong."""

import os
import platform
import resource
import shutil
import socket
import sqlite3
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from forgesyte import __version__
from forgesyte.api.client_address import is_loopback
from forgesyte.data_folder import OTHERS
from forgesyte.installation.torch_build import has_nvidia_gpu
from forgesyte.units import MEGABYTE

OK, DOUBTFUL, WRONG = "ok", "doubtful", "wrong"
PACKAGES = ("django", "torch", "torchvision", "openvino", "ultralytics", "rapidocr")
# Each session and each watcher of jobs has a connection; libraries and files take some hundred.
LEAST_FILES = 1024
LEAST_FREE_BYTES = 500 * MEGABYTE
LEAST_MEMORY_BYTES = 2048 * MEGABYTE
CONNECT_WITHIN_S = 3.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; the advice is empty where nothing needs to be done."""

    name: str
    state: str
    said: str
    advice: str = ""


Check = Callable[[], Iterable[Finding]]


def examine(checks: Iterable[Check]) -> list[Finding]:
    """The findings of all checks; one that fails is a finding, too."""
    found: list[Finding] = []
    for check in checks:
        try:
            found.extend(check())
        except Exception as error:
            name = check.__name__.replace("_", " ")
            found.append(Finding(name, WRONG, f"this could not be looked at: {error!r}"))
    return found


def versions() -> Iterable[Finding]:
    """The versions of what ForgeSyte stands on, and packages that are not those of the requirements."""
    python = platform.python_version()
    told = ", ".join(f"{name} {installed(name) or 'MISSING'}" for name in PACKAGES)
    yield Finding(
        "versions", OK, f"ForgeSyte {__version__}, Python {python}, {told}, SQLite {sqlite3.sqlite_version}"
    )
    other = [f"{name} {installed(name) or 'is missing'}, not {wanted}" for name, wanted in differing()]
    if other:
        advice = "Run make setup: it installs exactly what is pinned."
        yield Finding(
            "packages", WRONG, f"other packages than the pinned ones: {'; '.join(other[:5])}", advice
        )


def installed(name: str) -> str:
    """The version of an installed package; empty without it."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def differing() -> list[tuple[str, str]]:
    """Packages of the requirements that have another version here; a build's own mark aside."""
    page = Path(settings.BASE_DIR) / "requirements.txt"
    pins = [line.split("==") for line in page.read_text().splitlines() if "==" in line]
    left_out = ("nvidia-", "cuda-", "triton")
    return [
        (name, wanted.split(";")[0].strip())
        for name, wanted in pins
        if installed(name).split("+")[0] != wanted.split(";")[0].strip() and not name.startswith(left_out)
    ]


def device() -> Iterable[Finding]:
    """The device that networks run on."""
    import torch

    asked, has_cuda = settings.PIPELINES.device, torch.cuda.is_available()
    used = "the GPU" if has_cuda and asked != "cpu" else "the CPU"
    said = f"networks run on {used} (FORGESYTE_DEVICE={asked})"
    if has_cuda or asked == "cpu":
        yield Finding("device", OK, said)
    elif has_nvidia_gpu():
        advice = "Install NVIDIA's driver; where it is there, make setup TORCH=cuda takes PyTorch with CUDA."
        yield Finding("device", DOUBTFUL, f"{said}, though there is an NVIDIA GPU", advice)
    elif asked in ("cuda", "gpu"):
        yield Finding("device", DOUBTFUL, f"{said}, for there is no GPU", "Set FORGESYTE_DEVICE=auto.")
    else:
        yield Finding("device", OK, said)


def data_folder() -> Iterable[Finding]:
    """The room on the disk, and who may read."""
    folder = settings.PROJECT.data_dir
    least = 2 * settings.JOBS.min_free_bytes if hasattr(settings, "JOBS") else LEAST_FREE_BYTES
    free = shutil.disk_usage(folder).free
    said = f"{folder} has {free // MEGABYTE} MB free"
    enough = free >= least
    advice = (
        ""
        if enough
        else "Free some, set JOBS_KEEP_DAYS, or move FORGESYTE_DATA_DIR: uploads are refused soon."
    )
    yield Finding("disk", OK if enough else WRONG, said, advice)
    status = folder.stat()
    if status.st_uid != os.getuid():
        advice = "Run this as the user who runs the server: deploy/manage does."
        yield Finding("owner", WRONG, f"{folder} belongs to another user than the one who runs this", advice)
    if stat.S_IMODE(status.st_mode) & OTHERS:
        yield Finding("permissions", DOUBTFUL, f"others can enter {folder}", f"Run chmod 700 {folder}.")


def memory_and_files() -> Iterable[Finding]:
    """The limits of the machine and of this user."""
    memory = psutil.virtual_memory().total
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    said = f"{memory // MEGABYTE} MB of memory, {os.cpu_count()} cores, {files} open files"
    if memory < LEAST_MEMORY_BYTES:
        advice = "Set FORGESYTE_WORKERS=0, or take a machine with 2 GB or more."
        yield Finding("machine", DOUBTFUL, said, advice)
    elif files != resource.RLIM_INFINITY and files < LEAST_FILES:
        yield Finding(
            "machine", DOUBTFUL, said, f"Allow more open files: ulimit -n {LEAST_FILES}, or LimitNOFILE."
        )
    else:
        yield Finding("machine", OK, said)


def database() -> Iterable[Finding]:
    """Can it be reached, and has it all migrations?"""
    kind = connection.vendor
    try:
        executor = MigrationExecutor(connection)
    except DatabaseError as error:
        yield Finding(
            "database", WRONG, f"{kind} does not answer: {error}".strip(), "Start it, or mend DATABASE_URL."
        )
        return
    yield Finding("database", OK, f"{kind} answers")
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        yield Finding("migrations", WRONG, f"{len(missing)} are missing", "Run manage.py migrate.")
    else:
        yield Finding("migrations", OK, "all are there")


def channel_layer() -> Iterable[Finding]:
    """Can Redis be reached, where it is set?"""
    if not settings.PROJECT.redis_url:
        yield Finding("channel layer", OK, "in memory: one web process")
        return
    import redis

    try:
        redis.Redis.from_url(settings.PROJECT.redis_url, socket_connect_timeout=CONNECT_WITHIN_S).ping()
    except redis.RedisError as error:
        yield Finding(
            "channel layer", WRONG, f"Redis does not answer: {error}", "Start it, or mend REDIS_URL."
        )
    else:
        yield Finding("channel layer", OK, "Redis answers")


def port() -> Iterable[Finding]:
    """Find out whether the server, or another program, listens at its port."""
    host, number = settings.PROJECT.host, settings.PROJECT.port
    address = ("127.0.0.1" if host in ("0.0.0.0", "::", "[::]") else host.strip("[]"), number)
    try:
        socket.create_connection(address, CONNECT_WITHIN_S).close()
    except OSError:
        yield Finding("port", DOUBTFUL, f"nobody listens on {host} port {number}", "Start the server.")
    else:
        yield Finding("port", OK, f"somebody listens on {host} port {number}")


def exposure() -> Iterable[Finding]:
    """Settings that are dangerous once others reach the server."""
    project, stream = settings.PROJECT, getattr(settings, "STREAM", None)
    is_open = not (project.host == "localhost" or is_loopback(project.host.strip("[]")))
    reached = is_open or bool(project.trusted_proxies)
    if settings.DEBUG:
        yield Finding(
            "debug", WRONG if reached else DOUBTFUL, "DEBUG is on", "Unset DEBUG: its pages show secrets."
        )
    if reached and not project.require_login:
        advice = "Set FORGESYTE_REQUIRE_LOGIN=1, unless everybody there may use it."
        yield Finding("login", DOUBTFUL, "others reach this server, and it asks for no login", advice)
    if "*" in project.allowed_hosts:
        yield Finding("hosts", DOUBTFUL, "ALLOWED_HOSTS=* answers under any name", "Name the hosts in it.")
    if reached and stream is not None and not stream.max_sessions:
        advice = "Set STREAM_MAX_SESSIONS; 10 is a good value for one machine."
        yield Finding("sessions", DOUBTFUL, "sessions have no limit", advice)


def apps() -> Iterable[Finding]:
    """Whatever else the apps know of."""
    for name in settings.DOCTOR_ALSO:
        for title, state, said, advice in import_string(name)():
            yield Finding(title, state, said, advice)


CHECKS: tuple[Check, ...] = (
    *(versions, device, data_folder, memory_and_files, database, channel_layer, port, exposure),
    apps,
)
