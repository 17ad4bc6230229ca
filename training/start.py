"""Makes a checkpoint to start a training run from an exported network whose batch normalisation is folded in.

By hand: `python -m training.start NETWORK.onnx CHECKPOINT.pt`; give the checkpoint to `train --start`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from ultralytics.nn.modules.conv import Conv
from ultralytics.nn.tasks import OBBModel

from training.scenes.scene import scene
from training.train import architecture

PICTURES = 32
Arrays = Mapping[str, torch.Tensor]


def checkpoint_from(exported: Path, target: Path, width: float = 0.25, pictures: int = PICTURES) -> list[str]:
    """Write `target`, a checkpoint with the exported network's weights; returns the layers that it lacks.

    An export folds each batch normalisation into the convolution before it. Training needs it back: it gets
    the mean and variance that scenes have at that place, and a scale and shift that undo them, so that the
    network gives what the exported one gives.
    """
    arrays = initializers(exported)
    model = OBBModel(architecture(width), nc=1, verbose=False)
    missing = [name for name, layer in model.named_modules() if not filled(name, layer, arrays)]
    hooks = [
        layer.bn.register_forward_pre_hook(partial(undo, arrays[f"{name}.conv.bias"]))
        for name, layer in model.named_modules()
        if isinstance(layer, Conv) and f"{name}.conv.bias" in arrays
    ]
    with torch.no_grad():
        model.train()(batch(pictures))
    for hook in hooks:
        hook.remove()
    torch.save({"model": model.eval(), "train_args": {"task": "obb"}, "epoch": -1}, target)
    return missing


def initializers(exported: Path) -> Arrays:
    """The weights of an ONNX file by name."""
    graph = onnx.load(exported).graph
    return {
        array.name: torch.from_numpy(numpy_helper.to_array(array).copy())
        for array in graph.initializer
        if array.name.endswith((".weight", ".bias"))
    }


def filled(name: str, layer: nn.Module, arrays: Arrays) -> bool:
    """Copy the weights of a convolution; False for one that the export does not have."""
    if not isinstance(layer, nn.Conv2d):
        return True
    weight = arrays.get(f"{name}.weight")
    if weight is None or weight.shape != layer.weight.shape:
        return False
    layer.weight.data.copy_(weight)
    if layer.bias is not None:
        layer.bias.data.copy_(arrays[f"{name}.bias"])
    return True


def undo(bias: torch.Tensor, norm: nn.BatchNorm2d, inputs: tuple[torch.Tensor]) -> None:
    """Set a normalisation so that it adds `bias` to what comes in and changes nothing else."""
    variance, mean = torch.var_mean(inputs[0], dim=(0, 2, 3), correction=0)
    norm.running_mean, norm.running_var = mean.clone(), variance.clone()
    norm.weight.data.copy_(torch.sqrt(variance + norm.eps))
    norm.bias.data.copy_(mean + bias)


def batch(pictures: int) -> torch.Tensor:
    """Scenes as the network takes them: (n, 3, 480, 640) RGB from 0 to 1."""
    drawn = np.stack([scene(seed)[0][..., ::-1].transpose(2, 0, 1) for seed in range(pictures)])
    return torch.from_numpy(drawn).float() / 255


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exported", type=Path)
    parser.add_argument("target", type=Path)
    values: Any = parser.parse_args(argv)
    missing = checkpoint_from(values.exported, values.target)
    sys.stdout.write(f"{values.target}: new layers {', '.join(missing) or 'none'}\n")


if __name__ == "__main__":  # pragma: no cover
    main()
