"""The network as all peers run it: Ultralytics' `predict`."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

CONF, IOU, MAX_DET = 0.25, 0.7, 300
WARM_UP = 5


def load(weights: str, all_cores: bool = True) -> Callable[[Any], Any]:
    """A function from one BGR picture (480 x 640 x 3) to Ultralytics' result; it is warm.

    An OpenVINO network was exported for exactly this size, which is faster than one for any size. Ultralytics
    keeps torch from one core, which `all_cores` undoes.
    """
    import torch
    from ultralytics import YOLO

    network = YOLO(weights, task="detect")

    def predict(image_bgr: Any) -> Any:
        (result,) = network.predict(
            image_bgr,
            imgsz=[480, 640],
            conf=CONF,
            iou=IOU,
            max_det=MAX_DET,
            device="cpu",
            verbose=False,
        )
        return result

    for _ in range(WARM_UP):
        predict(np.zeros((480, 640, 3), np.uint8))
        # The first call has told torch how many threads to use.
        if all_cores:
            torch.set_num_threads(os.cpu_count() or 1)
    return predict
