"""Files of trained networks: where they may lie, and whether they are what their names say."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from pipelines.errors import WeightsNotFound

FOLDER_SUFFIX = "_openvino_model"
HEAD_BYTES = 16
ZIP = b"PK\x03\x04"
# The numbers of ModelProto's fields with their types, as they may begin an ONNX file.
ONNX_TAGS = frozenset({0x08, 0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42, 0x72})


def is_onnx(head: bytes) -> bool:
    """True if a serialised ModelProto may begin so."""
    return head[:1] != b"" and head[0] in ONNX_TAGS


def is_checkpoint(head: bytes) -> bool:
    """True if a file that `torch.save` wrote may begin so: a ZIP archive, or a pickle from protocol 2."""
    return head.startswith(ZIP) or (head[:1] == b"\x80" and head[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"))


def is_engine(head: bytes) -> bool:
    """True if a file begins as TensorRT's own, or with the length of Ultralytics' notes and the notes."""
    return head.startswith(b"ftrt") or head[4:5] == b"{"


def is_archive(head: bytes) -> bool:
    """True if a file begins as a ZIP archive."""
    return head.startswith(ZIP)


# What a name may be completed with, the first that exists wins; and how such a file begins.
FORMATS: dict[str, tuple[str, Callable[[bytes], bool] | None]] = {
    FOLDER_SUFFIX: ("an OpenVINO folder", None),
    ".onnx": ("an ONNX file", is_onnx),
    ".pt": ("a PyTorch checkpoint", is_checkpoint),
    ".engine": ("a TensorRT engine", is_engine),
    ".torchscript": ("a TorchScript file", is_archive),
}
SUFFIXES = tuple(FORMATS)


def suffix_of(name: str) -> str | None:
    """The format's ending of a file's name, or None."""
    return next((suffix for suffix in SUFFIXES if name.endswith(suffix) and name != suffix), None)


def real_path(path: Path, roots: Iterable[Path]) -> Path | None:
    """The path without links and `..`, where it lies within one of the roots; it need not exist."""
    try:
        real = Path(os.path.realpath(path))
    # A name with U+0000, or one that is too long for the system.
    except (OSError, ValueError):
        return None
    return real if any(real.is_relative_to(os.path.realpath(root)) for root in roots) else None


def check_file(path: Path) -> None:
    """Raise WeightsNotFound where a file is not what its name says; reads its first bytes only."""
    suffix = suffix_of(path.name)
    if suffix is None:
        raise WeightsNotFound(
            f"'{path.name}' is no network's file: its name has to end in {', '.join(SUFFIXES)}"
        )
    kind, begins_well = FORMATS[suffix]
    if not (is_openvino(path) if begins_well is None else begins_well(head_of(path))):
        raise WeightsNotFound(
            f"'{path.name}' is not {kind}: it is damaged, or has the wrong name. Replace it"
        )


def is_openvino(folder: Path) -> bool:
    """True if it is a folder with one network's graph and numbers."""
    return folder.is_dir() and any(folder.glob("*.xml")) and any(folder.glob("*.bin"))


def head_of(path: Path, size: int = HEAD_BYTES) -> bytes:
    """The first bytes of a file; none of what is no file or cannot be read."""
    if not path.is_file():
        return b""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def accepts_upload(filename: str, allow_pickles: bool) -> bool:
    """True if a file of this name may be taken in: `.onnx` always, `.pt` where the operator allows it.

    A `.pt` file is a pickle, which may run code of its maker's choice when it is loaded.
    """
    name = filename.lower()
    return name.endswith(".onnx") or (allow_pickles and name.endswith(".pt"))
