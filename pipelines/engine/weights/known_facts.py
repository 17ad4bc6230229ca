"""The facts of a network that are known before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass

# The tasks of Ultralytics in words.
TASKS = {
    "detect": "boxes",
    "segment": "outlines",
    "pose": "key points",
    "obb": "turned boxes",
    "classify": "whole pictures",
    "semantic": "areas",
}
SOME = 5


@dataclass(frozen=True)
class Facts:
    """The task under Ultralytics' name, the classes, channels, precision and fixed input; None where unknown.

    `problem` is a sentence that names the file, says what it is and what to do; empty where it may run.
    """

    task: str | None = None
    names: Mapping[int, str] | None = None
    channels: int | None = None
    precision: str | None = None
    input_hw: tuple[int, int] | None = None
    problem: str = ""

    def summary(self) -> str:
        """The facts in one line, or the problem."""
        return self.problem or ", ".join(filter(None, (self._finds(), self._takes(), self.precision)))

    def _finds(self) -> str:
        task = f"{TASKS.get(self.task, self.task)} ({self.task})" if self.task else ""
        if self.names is None:
            return task
        some = ", ".join(list(self.names.values())[:SOME]) + (", …" if len(self.names) > SOME else "")
        classes = "1 class" if len(self.names) == 1 else f"{len(self.names)} classes"
        return f"{task} of {classes}: {some}" if task else f"{classes}: {some}"

    def _takes(self) -> str:
        size = "{1}x{0} pixels".format(*self.input_hw) if self.input_hw else ""
        grey = "one channel" if self.channels == 1 else ""
        return ", ".join(filter(None, (size, grey)))


def numbered(count: int) -> dict[int, str]:
    """Names for classes that have none: `class0` and so on."""
    return {number: f"class{number}" for number in range(count)}


def readable_names(names: object) -> dict[int, str] | None:
    """The names of classes by number, from a mapping or a list; None for anything else."""
    if isinstance(names, list | tuple):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not names:
        return None
    try:
        return {int(number): str(name) for number, name in names.items()}
    except (TypeError, ValueError):
        return None
