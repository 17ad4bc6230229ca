"""A network of oriented boxes that was never trained, and yet is sure of many things."""

import warnings
from pathlib import Path


def export_oriented(folder: Path) -> Path:
    """Export it as ONNX for pictures of any size; one class, `text`."""
    import torch
    from ultralytics import YOLO
    from ultralytics.nn.tasks import OBBModel

    from training.start import batch
    from training.train import architecture

    torch.manual_seed(5)
    model = OBBModel(architecture(0.125), nc=1, verbose=False)
    model.names = {0: "text"}
    norms = [layer for layer in model.modules() if isinstance(layer, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # what it sees once is what it takes for usual
    with torch.no_grad():
        model.train()(batch(2))
    for scores, angles in zip(model.model[-1].cv3, model.model[-1].cv4, strict=True):
        torch.nn.init.normal_(scores[-1].weight, std=2.0 / scores[-1].in_channels ** 0.5)
        torch.nn.init.constant_(scores[-1].bias, -2.0)
        torch.nn.init.normal_(angles[-1].weight, std=0.5 / angles[-1].in_channels ** 0.5)
    checkpoint = folder / "oriented.pt"
    torch.save({"model": model.eval(), "train_args": {"task": "obb"}, "epoch": -1}, checkpoint)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return Path(YOLO(checkpoint).export(format="onnx", imgsz=320, dynamic=True, device="cpu"))
