"""A file that was taken in and can be worked through."""

from dataclasses import dataclass
from uuid import UUID

VIDEO = "video"
PICTURE = "picture"


@dataclass(frozen=True)
class StoredSource:
    """An uploaded file in its place below the data folder, and what opening it told; pure.

    `file` is the path relative to the data folder, made of the job's id and the kind of file only; `name` is
    what the user called it and is for display only. A picture is one frame of no duration. `frames` is what
    the file says of itself and None where it does not say.
    """

    job_id: UUID
    name: str
    kind: str
    file: str
    size_bytes: int
    width: int
    height: int
    fps: float | None = None
    duration_s: float | None = None
    frames: int | None = None


def frames_to_do(frames: int | None, stride: int, at_most: int | None) -> int | None:
    """The number of `frames` to work on with this stride and limit; None where the file does not say."""
    if frames is None:
        return None
    every = -(-frames // stride)
    return every if at_most is None else min(every, at_most)
