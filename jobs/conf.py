"""Settings of video jobs, read once at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Self

from forgesyte import env as read
from forgesyte.units import MEGABYTE

HOUR_S = 3600
DAY_S = 24 * HOUR_S
# What a multipart body adds around its file.
ENVELOPE_BYTES = 64 * 1024
# More cannot be decoded at all: see `pipelines.media.images`.
MAX_PIXELS = 89_478_485
DATABASE_TASKS = "django_tasks_db.DatabaseBackend"


@dataclass(frozen=True)
class JobSettings:
    """Limits of an upload and the clocks of a worker; times in seconds, sizes in bytes.

    `keep_s` 0 means: until somebody deletes it; `max_pending`, `max_pending_per_owner`, `max_kept_bytes`
    and `max_kept_bytes_per_user` None mean: no limit; `max_duration_s`, `max_frames` and `frame_timeout_s`
    0 mean: no limit.
    """

    workers: int = 1
    task_backend: str = DATABASE_TASKS
    max_upload_bytes: int = 4096 * MEGABYTE
    max_duration_s: float = 6 * HOUR_S
    max_frames: int = 1_000_000
    max_pixels: int = 50_000_000
    min_free_bytes: int = 500 * MEGABYTE
    keep_s: float = 0.0
    max_pending: int | None = 1000
    max_pending_per_owner: int | None = 200
    max_kept_bytes: int | None = 100 * 1024 * MEGABYTE
    max_kept_bytes_per_user: int | None = 20 * 1024 * MEGABYTE
    max_watchers: int | None = 1000
    max_watchers_per_address: int | None = 50
    lease_s: float = 30.0
    poll_s: float = 0.25
    sweep_s: float = 5.0
    progress_s: float = 0.2
    chunk_s: float = 1.0
    chunk_frames: int = 64
    max_strikes: int = 3
    frame_timeout_s: float = 300.0
    nice: int = 10
    yield_to_live: bool = False

    @property
    def max_body_bytes(self) -> int:
        """The most bytes of an upload with all that stands around its file."""
        return self.max_upload_bytes + ENVELOPE_BYTES

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read `FORGESYTE_WORKERS` and `JOBS_*`; raises BadSetting."""
        return cls(
            workers=read.integer(env, "FORGESYTE_WORKERS", cls.workers, at_most=64),
            task_backend=read_backend(env),
            max_upload_bytes=read.megabytes(
                env, "JOBS_MAX_UPLOAD_MB", cls.max_upload_bytes, at_least=0.01, at_most=1_000_000
            ),
            max_duration_s=read.number(env, "JOBS_MAX_VIDEO_HOURS", cls.max_duration_s / HOUR_S, at_most=1000)
            * HOUR_S,
            max_frames=read.integer(env, "JOBS_MAX_FRAMES", cls.max_frames),
            max_pixels=read.integer(env, "JOBS_MAX_PIXELS", cls.max_pixels, at_least=1, at_most=MAX_PIXELS),
            min_free_bytes=read.megabytes(env, "JOBS_MIN_FREE_MB", cls.min_free_bytes),
            keep_s=read.number(env, "JOBS_KEEP_DAYS", cls.keep_s / DAY_S, at_most=36_500) * DAY_S,
            max_pending=read.limit(env, "JOBS_MAX_PENDING", cls.max_pending),
            max_pending_per_owner=read.limit(env, "JOBS_MAX_PENDING_PER_OWNER", cls.max_pending_per_owner),
            max_kept_bytes=read.megabytes(env, "JOBS_MAX_KEPT_MB", cls.max_kept_bytes or 0, at_most=1e12)
            or None,
            max_kept_bytes_per_user=read.megabytes(
                env, "JOBS_MAX_KEPT_MB_PER_USER", cls.max_kept_bytes_per_user or 0, at_most=1e12
            )
            or None,
            max_watchers=read.limit(env, "JOBS_MAX_WATCHERS", cls.max_watchers),
            max_watchers_per_address=read.limit(
                env, "JOBS_MAX_WATCHERS_PER_ADDRESS", cls.max_watchers_per_address
            ),
            lease_s=read.number(env, "JOBS_LEASE_S", cls.lease_s, at_least=0.5, at_most=HOUR_S),
            poll_s=read.number(env, "JOBS_POLL_S", cls.poll_s, at_least=0.01, at_most=60),
            sweep_s=read.number(env, "JOBS_SWEEP_S", cls.sweep_s, at_least=0.05, at_most=HOUR_S),
            progress_s=read.number(env, "JOBS_PROGRESS_S", cls.progress_s, at_most=60),
            chunk_s=read.number(env, "JOBS_CHUNK_S", cls.chunk_s, at_most=60),
            chunk_frames=read.integer(env, "JOBS_CHUNK_FRAMES", cls.chunk_frames, at_least=1, at_most=10_000),
            max_strikes=read.integer(env, "JOBS_MAX_STRIKES", cls.max_strikes, at_least=1, at_most=100),
            frame_timeout_s=read.number(env, "JOBS_FRAME_TIMEOUT_S", cls.frame_timeout_s, at_most=DAY_S),
            nice=read.integer(env, "JOBS_NICE", cls.nice, at_most=19),
            yield_to_live=read.boolean(env, "JOBS_YIELD_TO_LIVE", cls.yield_to_live),
        )


def read_backend(env: Mapping[str, str]) -> str:
    """`JOBS_TASK_BACKEND`, a class in a module that is installed; raises BadSetting."""
    path = read.text(env, "JOBS_TASK_BACKEND", DATABASE_TASKS)
    module, _, name = path.rpartition(".")
    if not is_installed(module) or not name.isidentifier():
        raise read.BadSetting(f"JOBS_TASK_BACKEND={path!r} is not the MODULE.CLASS of an installed package")
    return path


def is_installed(module: str) -> bool:
    """True if there is such a module; imports the packages that it lies in."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
