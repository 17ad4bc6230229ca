"""The paths of the files of jobs below the data folder, and writes that a crash cannot spoil.

uploads/<job_id>/source.<ext>
results/<job_id>/000001.<attempt>.jsonl, 000001.<attempt>.state, annotated.mp4
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from django.conf import settings

from forgesyte.data_folder import sync_folder

UPLOADS, RESULTS, WORKERS = "uploads", "results", "workers"
# What an upload is called until all of it is there.
ARRIVING = "arriving"


def cleaned_path() -> Path:
    """A file whose time says when old files were last deleted, by whichever worker."""
    return data_dir() / "cleaned"


def data_dir() -> Path:
    """The data folder, which all workers share."""
    return Path(settings.PROJECT.data_dir)


def upload_dir(job_id: UUID) -> Path:
    """The folder of the job's source."""
    return data_dir() / UPLOADS / str(job_id)


def result_dir(job_id: UUID) -> Path:
    """The folder of the job's chunks and its annotated video."""
    return data_dir() / RESULTS / str(job_id)


def annotated_path(job_id: UUID) -> Path:
    """The path of the annotated video."""
    return result_dir(job_id) / "annotated.mp4"


def chunk_name(number: int, attempt: int) -> str:
    """The name of a chunk's file; that of the state after it differs in its ending only."""
    return f"{number:06d}.{attempt}.jsonl"


def state_path(chunk: Path) -> Path:
    """The path of the state of the tools after this chunk, if they have any."""
    return chunk.with_suffix(".state")


def marker_path(job_id: UUID, attempt: int) -> Path:
    """The path of the file in which an attempt notes its current frame."""
    return result_dir(job_id) / f"{attempt}.frame"


def make_result_dir(job_id: UUID) -> Path:
    """The job's folder for results, which is on the disk when this returns; raises OSError."""
    folder = result_dir(job_id)
    folder.mkdir(parents=True, exist_ok=True)
    sync_folders(folder.parent)
    return folder


def sync_folders(folder: Path) -> None:
    """Have the names in this folder, and in those above it up to the data folder, on the disk."""
    for above in (folder, *folder.parents):
        sync_folder(above)
        if above == data_dir():
            return


def write_durably(path: Path, data: bytes) -> None:
    """Write a new file that is whole on the disk when this returns; raises OSError.

    The folder must exist: when the job was deleted meanwhile, nothing is to come back.
    """
    try:
        with path.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except FileExistsError:
        raise
    except OSError:
        path.unlink(missing_ok=True)
        raise


def size_of(path: Path) -> int:
    """The file's size in bytes; 0 where it is gone."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def delete_files(job_id: UUID) -> None:
    """Delete everything that the job has on disk."""
    for folder in (upload_dir(job_id), result_dir(job_id)):
        shutil.rmtree(folder, ignore_errors=True)


def keep_only(job_id: UUID, names: set[str]) -> None:
    """Delete what attempts have left in the job's results beside the files of these names."""
    folder = result_dir(job_id)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.suffix in (".jsonl", ".state", ".frame") and path.name not in names:
            path.unlink(missing_ok=True)


def untouched(parent: Path, older_than_s: float) -> Iterator[tuple[UUID, set[str]]]:
    """Folders of jobs that nobody has written to for so long, by id, and the names of what is in them."""
    before = time.time() - older_than_s
    for folder in parent.iterdir() if parent.is_dir() else ():
        try:
            files = list(folder.iterdir())
            if max(path.stat().st_mtime for path in (folder, *files)) < before:
                yield UUID(folder.name), {path.name for path in files}
        except (OSError, ValueError):
            continue


def half_arrived(older_than_s: float) -> list[UUID]:
    """Uploads that a crash broke off: there is no more than the beginning of a file."""
    return [job_id for job_id, names in untouched(data_dir() / UPLOADS, older_than_s) if names <= {ARRIVING}]


def all_folders(older_than_s: float) -> set[UUID]:
    """Every folder that nobody has written to for so long; whether there is such a job is not asked."""
    parents = (data_dir() / UPLOADS, data_dir() / RESULTS)
    return {job_id for parent in parents for job_id, _ in untouched(parent, older_than_s)}
