"""Networks that nobody has trained: they find nothing that is there, but run as all of their kind do."""

from pathlib import Path
from typing import Any

from pipelines.engine.detectors.ultralytics import import_ultralytics

TINY = """
nc: 3
backbone:
  - [-1, 1, Conv, [8, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
  - [-1, 1, Conv, [16, 3, 2]]
head:
  - [[2, 3, 4], 1, Detect, [nc]]
"""


def tiny_network(folder: Path, more: str = "") -> Any:
    """A YOLO of the smallest size; it finds apples, pears and plums, all with the same tiny score.

    `more` is added to its definition. It is the same network each time.
    """
    import torch

    torch.manual_seed(4)
    definition = folder / "tiny.yaml"
    definition.write_text(TINY + more)
    yolo = import_ultralytics().YOLO(str(definition))
    yolo.model.names = {0: "apple", 1: "pear", 2: "plum"}
    return yolo


def enliven(yolo: Any) -> Any:
    """The same network, but it imagines many boxes of all classes, sizes and scores."""
    import torch
    from torch import nn

    torch.manual_seed(4)
    network = yolo.model.train()
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = None
    with torch.no_grad():
        network(torch.rand(4, 3, 320, 320))
    head = network.eval().model[-1]
    for branch in (*head.cv2, *head.cv3):
        nn.init.normal_(branch[-1].weight, std=2.0 / branch[-1].in_channels ** 0.5)
    for branch in head.cv3:
        nn.init.constant_(branch[-1].bias, -2.0)
    return yolo
