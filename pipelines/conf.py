"""Settings of the vision core, read once at start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from forgesyte import env as read
from pipelines.engine.served.models import ServerAddress
from pipelines.media.picture_file import MAX_PIXELS

SERVED = "FORGESYTE_SERVED_NETWORKS"
DEVICES = ("auto", "cpu", "cuda", "gpu")


@dataclass(frozen=True)
class PipelineSettings:
    """`inference_slots` 0 means: chosen for the machine; `preload` names the pipelines opened at start.

    Of single pictures, `pictures_at_once` are worked on and `pictures_waiting` more may wait; none has more
    than `max_picture_pixels`, each of which takes three bytes. `weights_paths`
    are folders beside the weights folder from which stored pipelines may load networks; `allow_pickles` lets
    `.pt` files be uploaded, and checkpoints run the code that is in them; `served_networks` are the model
    servers, or networks on them, that stored pipelines may ask. Above
    `networks_mb` (0: never) networks that nobody uses are dropped.
    """

    weights_dir: Path
    cache_dir: Path
    device: str = "auto"
    inference_slots: int = 0
    preload: tuple[str, ...] = ("yolo_ocr",)
    default_pipeline: str = "yolo_ocr"
    pictures_at_once: int = 4
    pictures_waiting: int = 32
    max_picture_pixels: int = 25_000_000
    weights_paths: tuple[Path, ...] = ()
    allow_pickles: bool = False
    served_networks: tuple[ServerAddress, ...] = ()
    networks_mb: int = 1024

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
            max_picture_pixels=read.integer(
                env, "FORGESYTE_MAX_PICTURE_PIXELS", 25_000_000, at_least=1, at_most=MAX_PIXELS
            ),
            weights_paths=tuple(
                Path(word).expanduser() for word in read.words(env, "FORGESYTE_WEIGHTS_PATHS", "")
            ),
            allow_pickles=read.boolean(env, "FORGESYTE_ALLOW_PICKLES", False),
            networks_mb=read.integer(env, "FORGESYTE_NETWORKS_MB", 1024, at_most=1_000_000),
            served_networks=tuple(map(server_address, read.words(env, SERVED, ""))),
            pictures_waiting=read.integer(env, "FORGESYTE_PICTURES_WAITING", 32, at_most=10_000),
        )


def server_address(text: str) -> ServerAddress:
    """A model server, or a network on it; raises BadSetting."""
    try:
        return ServerAddress.parse(text)
    except ValueError as error:
        raise read.BadSetting(f"{SERVED}: {text!r} cannot be used: {error}") from error
