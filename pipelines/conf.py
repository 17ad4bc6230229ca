"""Settings of the vision core, read once at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from forgesyte import env as read

DEVICES = ("auto", "cpu", "cuda", "gpu")


@dataclass(frozen=True)
class PipelineSettings:
    """`inference_slots` 0 means: chosen for the machine; `preload` names the pipelines opened at start.

    Of single pictures, `pictures_at_once` are worked on and `pictures_waiting` more may wait.
    """

    weights_dir: Path
    cache_dir: Path
    device: str = "auto"
    inference_slots: int = 0
    preload: tuple[str, ...] = ("yolo_ocr",)
    default_pipeline: str = "yolo_ocr"
    pictures_at_once: int = 4
    pictures_waiting: int = 32

    @classmethod
    def from_env(cls, env: Mapping[str, str], data_dir: Path) -> Self:
        """Read `FORGESYTE_*`; raises BadSetting."""
        return cls(
            weights_dir=Path(read.text(env, "FORGESYTE_WEIGHTS_DIR", str(data_dir / "weights"))),
            cache_dir=data_dir / "cache",
            device=read.choice(env, "FORGESYTE_DEVICE", "auto", DEVICES),
            inference_slots=read.integer(env, "FORGESYTE_INFERENCE_SLOTS", 0, at_most=64),
            preload=tuple(
                word for word in read.words(env, "FORGESYTE_PRELOAD", "yolo_ocr") if word.lower() != "none"
            ),
            default_pipeline=read.text(env, "FORGESYTE_DEFAULT_PIPELINE", "yolo_ocr"),
            pictures_at_once=read.integer(env, "FORGESYTE_PICTURES_AT_ONCE", 4, at_least=1, at_most=256),
            pictures_waiting=read.integer(env, "FORGESYTE_PICTURES_WAITING", 32, at_most=10_000),
        )
