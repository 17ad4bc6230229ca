"""The options of a training run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """The choices of one run; the same choices, fonts, photographs and machine give the same scenes."""

    out: Path
    scenes: int = 60_000
    epoch_scenes: int = 4_000
    val_scenes: int = 160
    imgsz: int = 384
    epochs: int = 60
    hours: float | None = None
    batch: int = 16
    lr: float = 0.002
    width: float = 0.25
    seed: int = 1
    threads: int = 2
    workers: int = 1
    device: str = "cpu"
    precision: str = "auto"
    resume: bool = False
    start: Path | None = None
    photos: tuple[Path, ...] = ()

    def problem(self) -> str | None:
        """Say what is wrong with these choices; None if nothing is."""
        if self.scenes < self.batch or self.epoch_scenes < self.batch:
            return f"--scenes must be at least the batch size ({self.batch})"
        if self.imgsz < 64 or self.imgsz % 32:
            return f"--imgsz must be a multiple of 32 and at least 64, not {self.imgsz}"
        if self.epochs < 1 or (self.hours is not None and self.hours <= 0):
            return "--epochs and --hours must be above zero"
        if self.threads < 1 or self.workers < 0:
            return "--threads must be at least 1, --workers at least 0"
        if self.precision not in {"auto", "fp32", "bf16"}:
            return f"--precision must be auto, fp32 or bf16, not {self.precision}"
        if missing := [path for path in (self.start, *self.photos) if path is not None and not path.exists()]:
            return f"{missing[0]} does not exist"
        if self.resume and not self.checkpoint.exists():
            return f"nothing to resume: {self.checkpoint} does not exist"
        return None

    @property
    def kept_photos(self) -> Path:
        """The folder of the photographs that scenes use."""
        return self.out / "photos"

    @property
    def checkpoint(self) -> Path:
        """The newest checkpoint, which `--resume` goes on from."""
        return self.out / "run" / "weights" / "last.pt"
