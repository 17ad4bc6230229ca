"""Plain YOLO detection networks in torch, for the GPU: the frames of several sessions go through it together.

The steps around the network are those of its OpenVINO sister. A frame is laid into the input by the thread
that brings it and goes to the GPU as bytes; the GPU turns them into numbers and picks each box's best class;
what overlaps is sorted out by the frame's thread again.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipelines.engine.detectors.letterbox import CAMERA_SIZE_HW, Letterbox
from pipelines.engine.detectors.nms import DetectOptions, FoundBoxes, nms
from pipelines.engine.scheduling.batcher import Batcher
from pipelines.errors import PipelineError

# More frames at once gain little, and the first of them would wait for the last.
FRAMES_AT_ONCE = 16
# While one copy's frames are in work, those of the other are brought to the GPU.
COPIES = 2
# Older ones are slower in FP16.
FIRST_WITH_FAST_FP16 = (7, 0)

Rows = NDArray[np.float32]


class Copy:
    """One copy of a network with a CUDA stream of its own, for one thread at a time."""

    def __init__(self, network: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
        """`network` takes (n, 3, height, width) RGB from 0 to 1 and gives (n, 4 + classes, boxes) first."""
        self._network = network
        self._device = device
        self._dtype = dtype
        self._stream = stream_on(device)

    def __call__(self, frames: Sequence[Tensor]) -> list[Rows]:
        """Run the frames, which are uint8 of (height, width, 3), BGR, and all of one size.

        Rows (6, boxes): centre, size, the best class' score and its number. What is too much for the GPU's
        memory at once is done in parts.
        """
        try:
            return self._run(frames)
        except torch.OutOfMemoryError:
            if len(frames) == 1:
                raise
        middle = len(frames) // 2
        return [*self(frames[:middle]), *self(frames[middle:])]

    def _run(self, frames: Sequence[Tensor]) -> list[Rows]:
        with torch.inference_mode(), torch.cuda.stream(self._stream):
            found = best_classes(self._network(self._numbers(frames))[0])
            rows = torch.empty(found.shape, dtype=found.dtype, pin_memory=self._stream is not None)
            rows.copy_(found, non_blocking=True)
            self._wait()
        return list(rows.numpy())

    def _numbers(self, frames: Sequence[Tensor]) -> Tensor:
        """The network's input; bytes in pinned memory travel while the GPU works for the other copy."""
        pixels = torch.empty((len(frames), *frames[0].shape), dtype=torch.uint8, device=self._device)
        for place, frame in zip(pixels, frames, strict=True):
            place.copy_(frame, non_blocking=True)
        return pixels.permute(0, 3, 1, 2).flip(1).to(self._dtype, memory_format=torch.channels_last).div_(255)

    def _wait(self) -> None:
        """Wait until the GPU is done with this copy; sleeps, where torch's usual wait keeps a core busy."""
        if self._stream is not None:
            done = torch.cuda.Event(blocking=True)  # type: ignore[no-untyped-call]
            done.record(self._stream)
            done.synchronize()


class TorchYolo:
    """One detection network for frames of any size; several threads may use it at once."""

    backend: str = "pt"
    fixed_size_hw: tuple[int, int] | None = None
    concurrent: bool = True
    frames_at_once: int = FRAMES_AT_ONCE

    def __init__(
        self,
        network: Any,
        device: str,
        *,
        dtypes: Sequence[torch.dtype] = (),
        when_run: Callable[[int], None] = lambda frames: None,
    ) -> None:
        """Take a network that `suits`, and run it once, so that the first frame is not slow.

        `dtypes` are the data types to try; those that suit the device where none are given. `when_run`
        is told of how many frames each batch is.
        """
        self.names: dict[int, str] = {int(number): str(name) for number, name in network.names.items()}
        self._stride = max(int(network.stride.max()), 32)
        on = torch.device(device)
        self._pinned = on.type == "cuda"
        copies = copies_of(network, on, dtypes or suitable_dtypes(on))
        self._batcher: Batcher[Tensor, Rows] = Batcher(copies, self.frames_at_once, when_run=when_run)

    @staticmethod
    def suits(network: Any) -> bool:
        """True if a network that Ultralytics loaded takes colours and gives boxes in YOLO's plain form."""
        from ultralytics.nn.modules import Detect
        from ultralytics.nn.tasks import DetectionModel, is_qat

        if type(network) is not DetectionModel or type(network.model[-1]) is not Detect or is_qat(network):
            return False
        return network.model[-1].cv2 is not None and network.yaml.get("channels", 3) == 3

    def find(self, image_bgr: NDArray[np.uint8], options: DetectOptions) -> FoundBoxes:
        """Boxes on one BGR frame of HxWx3."""
        height, width = image_bgr.shape[:2]
        letterbox = Letterbox.of((height, width), options.imgsz, self._stride)
        frame = torch.from_numpy(np.require(letterbox.apply(image_bgr)[0], requirements="W"))
        rows = self._batcher.call(frame.pin_memory() if self._pinned else frame, letterbox.input_hw)
        kept = rows[:, options.wanted(rows[4], rows[5])]
        found = nms(kept[:2].T, kept[2:4].T, kept[4], kept[5].astype(np.int64), options)
        return replace(found, boxes_xyxy=letterbox.to_frame(found.boxes_xyxy))


def stream_on(device: torch.device) -> Any:
    """A new CUDA stream whose work begins after all that was asked of the device so far; None on a CPU."""
    if device.type != "cuda":
        return None
    torch.cuda.synchronize(device)
    return torch.cuda.Stream(device)  # type: ignore[no-untyped-call]


def best_classes(found: Tensor) -> Tensor:
    """Of rows (n, 4 + classes, boxes) those of the box, the best class' score, and its number."""
    scores, numbers = found[:, 4:].max(dim=1, keepdim=True)
    return torch.cat([found[:, :4], scores, numbers], dim=1).float()


def copies_of(network: Any, device: torch.device, dtypes: Sequence[torch.dtype]) -> list[Copy]:
    """Copies of a network, in the first of these data types in which it gives finite numbers.

    Each has run once. The network itself is changed by this. Raises PipelineError where none does.
    """
    # A network that was trained with two heads has the one that Ultralytics uses by default, too.
    network.end2end = False
    plain = network.fuse(verbose=False).eval().requires_grad_(False).to(device)
    for dtype in dtypes:
        copies = [Copy(in_dtype(deepcopy(plain), dtype), device, dtype) for _ in range(COPIES)]
        if all(is_finite_at_first(copy, device) for copy in copies):
            return copies
    raise PipelineError("The network gives no finite numbers")


def in_dtype(network: Any, dtype: torch.dtype) -> nn.Module:
    """The network in this data type, except that boxes are decoded in FP32."""
    whole: nn.Module = network.to(dtype=dtype, memory_format=torch.channels_last)
    distances = network.model[-1].dfl.float()
    distances.register_forward_pre_hook(lambda module, inputs: tuple(part.float() for part in inputs))
    return whole


def is_finite_at_first(copy: Copy, device: torch.device) -> bool:
    """Run a copy for the first time, as large as it comes on a GPU; whether all that it gives are numbers."""
    noise = torch.randint(0, 256, (*CAMERA_SIZE_HW, 3), dtype=torch.uint8)
    sizes = [1, FRAMES_AT_ONCE] if device.type == "cuda" else [1]
    return all(bool(np.isfinite(rows).all()) for size in sizes for rows in copy([noise] * size))


def suitable_dtypes(device: torch.device) -> list[torch.dtype]:
    """FP16 where the device is quicker with it, then FP32."""
    if device.type == "cuda" and torch.cuda.get_device_capability(device) >= FIRST_WITH_FAST_FP16:
        return [torch.float16, torch.float32]
    return [torch.float32]
