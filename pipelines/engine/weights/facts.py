"""The facts of a network's file, and why it cannot run, found without running it."""

from dataclasses import dataclass, field
from pathlib import Path

from pipelines.engine.weights.checkpoint_facts import facts_of_checkpoint
from pipelines.engine.weights.files import check_file, head_of
from pipelines.engine.weights.known_facts import Facts
from pipelines.engine.weights.onnx_facts import facts_of_onnx
from pipelines.errors import WeightsNotFound

__all__ = ["Facts", "FactsCache", "check_whole", "facts_of"]

GIT_LFS = b"version https://git-lfs"
WEB_PAGE = (b"<!doctype html", b"<html", b"<?xml")
HEAD_BYTES = 64


@dataclass
class FactsCache:
    """Remembers the facts of each file until another file takes its place. Threads may share it."""

    _known: dict[Path, tuple[tuple[int, int], Facts]] = field(default_factory=dict)

    def facts(self, path: Path) -> Facts:
        """The facts of a file or folder that exists."""
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._known.get(path)
        if known is None or known[0] != stamp:
            known = self._known[path] = (stamp, facts_of(path))
        return known[1]


def check_whole(path: Path, known: FactsCache) -> None:
    """Raise WeightsNotFound where a file is not what its name says, or cannot run."""
    if problem := stands_in(path):
        raise WeightsNotFound(f"'{path.name}' {problem}")
    check_file(path)
    if problem := known.facts(path).problem:
        raise WeightsNotFound(problem)


def facts_of(path: Path) -> Facts:
    """The facts of a file; of a format that is not looked into only what its first bytes tell."""
    if problem := stands_in(path):
        return Facts(problem=f"'{path.name}' {problem}")
    if path.suffix == ".onnx":
        return facts_of_onnx(path)
    if path.suffix == ".pt":
        return facts_of_checkpoint(path)
    return Facts()


def stands_in(path: Path) -> str:
    """A sentence on a file that is no network, with what to do; empty where it may be one."""
    head = head_of(path, HEAD_BYTES)
    if path.is_file() and not path.stat().st_size:
        return "is empty: copy the file again"
    if head.startswith(GIT_LFS):
        return (
            "is a pointer of Git LFS and not the network itself: run `git lfs pull` and copy the file again"
        )
    if head.lstrip().lower().startswith(WEB_PAGE):
        return "is a web page and not a network: download the file itself, not the page that shows it"
    return ""
