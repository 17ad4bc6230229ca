"""Notes outside of the database which frame is being worked on, so that a death can be laid at its door."""

import os
import struct
from contextlib import suppress
from pathlib import Path

FORMAT = struct.Struct("<Q")


class FrameMarker:
    """A file of eight bytes that outlives the process; a write costs microseconds."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o644)
        self.frame = 0

    def mark(self, frame_index: int) -> None:
        """Work on this frame begins; a disk that is full is told of where results are written."""
        self.frame = frame_index
        with suppress(OSError):
            os.pwrite(self._handle, FORMAT.pack(frame_index), 0)

    def close(self) -> None:
        """Write no more."""
        os.close(self._handle)


def marked_frame(path: Path) -> int | None:
    """The frame that was marked last; None where none was."""
    try:
        (frame,) = FORMAT.unpack(path.read_bytes())
    except (OSError, struct.error):
        return None
    return int(frame) or None
