"""Tries a definition that is not saved on a picture, in turn with the live sessions."""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image

from forgesyte.api.limits import LimitReached
from pipelines.errors import PipelineError
from pipelines.graph.definition import PipelineDefinition
from pipelines.media.decoding import decode_alone
from pipelines.media.images import encode_jpeg
from pipelines.media.picture_slots import picture_slots
from pipelines.services import DagPipelineService
from pipelines.tools.inspector import RunReport

# What is shown is at most this wide and high.
MAX_SIDE = 1280


@dataclass(frozen=True)
class Trial:
    """The outcome of a trial, ready to be shown: `picture` is a data URI, `error` says why there is none."""

    error: str = ""
    picture: str = ""
    result: str = ""
    timings_ms: dict[str, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def try_definition(definition: PipelineDefinition, image_bytes: bytes) -> Trial:
    """Run a valid definition on one picture file; an error becomes part of the outcome."""
    try:
        return async_to_sync(trial_in_turn)(definition, image_bytes)
    except (PipelineError, LimitReached) as error:
        return Trial(error=error.detail)


async def trial_in_turn(definition: PipelineDefinition, image_bytes: bytes) -> Trial:
    """Run a definition in one of the slots for pictures; raises PipelineError and LimitReached."""
    async with picture_slots().acquire() as slot:
        payload = {"frame_index": 1, "image_bytes": image_bytes}
        report = await DagPipelineService().arun_definition(definition, payload, slot)
        return await sync_to_async(trial_of)(image_bytes, report)


def trial_of(image_bytes: bytes, report: RunReport) -> Trial:
    """Make the outcome of a run that can be shown."""
    result = json.dumps(report.result, indent=2, ensure_ascii=False)
    return Trial("", annotated(image_bytes, report), result, report.timings_ms, report.warnings)


def annotated(image_bytes: bytes, report: RunReport) -> str:
    """The picture with the result drawn on it, as a data URI."""
    # Drawing needs a video library, which the server can do without until then.
    from pipelines.media.annotate import draw_result

    drawn = draw_result(at_most(decode_alone(image_bytes).image_bgr, MAX_SIDE), report.result)
    return "data:image/jpeg;base64," + b64encode(encode_jpeg(drawn)).decode()


def at_most(image_bgr: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The picture, made smaller where it is larger than `side` x `side`."""
    if max(image_bgr.shape[:2]) <= side:
        return image_bgr
    image = Image.fromarray(image_bgr)
    image.thumbnail((side, side))
    return np.asarray(image)


class PictureShelf:
    """Keeps the picture that each operator tried last; a browser forgets it when the page comes back."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or settings.PIPELINES.cache_dir / "trial-pictures"

    def keep(self, user_id: Any, image_bytes: bytes) -> None:
        """Take the place of the picture that was kept before."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / str(user_id)).write_bytes(image_bytes)

    def kept(self, user_id: Any) -> bytes | None:
        """The picture tried last, if any."""
        path = self._folder / str(user_id)
        return path.read_bytes() if path.is_file() else None
