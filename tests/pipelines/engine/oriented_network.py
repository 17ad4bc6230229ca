"""The bundled network of text as one of oriented boxes, which it turns by angles of chance."""

import warnings
from pathlib import Path

from pipelines.engine.weights.store import BUNDLED_DIR

TURNED_BY = 0.6


def export_oriented(folder: Path) -> Path:
    """Export it as ONNX for pictures of any size; one class, `text`.

    An untrained network would be sure of everything, and two ways to run it would agree on nothing.
    """
    import torch
    from ultralytics import YOLO

    from training.start import checkpoint_from

    torch.manual_seed(5)
    checkpoint = folder / "oriented.pt"
    checkpoint_from(BUNDLED_DIR / "forgesyte-text-n.onnx", checkpoint, pictures=2)
    saved = torch.load(checkpoint, weights_only=False)
    saved["model"].names = {0: "text"}
    for angles in saved["model"].model[-1].cv4:
        torch.nn.init.normal_(angles[-1].weight, std=0.2 / angles[-1].in_channels ** 0.5)
        torch.nn.init.constant_(angles[-1].bias, TURNED_BY)
    torch.save(saved, checkpoint)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return Path(YOLO(checkpoint).export(format="onnx", imgsz=320, dynamic=True, device="cpu"))
