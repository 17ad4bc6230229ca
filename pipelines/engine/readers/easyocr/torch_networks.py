"""EasyOCR's networks in torch: what is converted to OpenVINO for a CPU, and what runs on a GPU."""

import importlib
import importlib.util
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipelines.engine.readers.easyocr.line_pictures import MIDDLE, Line
from pipelines.engine.readers.easyocr.lines import Chances
from pipelines.engine.readers.easyocr.recognisers import Recogniser

# So many lines go through a recogniser at once.
BATCH = 16

# ImageNet's, in parts of 255, red first.
MEAN = (0.485 * 255, 0.456 * 255, 0.406 * 255)
DEVIATION = (0.229 * 255, 0.224 * 255, 0.225 * 255)


class MeanOfRows(nn.Module):
    """The mean over the last axis, which stays."""

    def forward(self, features: Tensor) -> Tensor:
        """Features (n, width, channels, height) become (n, width, channels, 1)."""
        return features.mean(3, keepdim=True)


class Probabilities(nn.Module):
    """A recogniser that gives the chance of each class; it is not told what to read."""

    def __init__(self, recogniser: nn.Module) -> None:
        super().__init__()
        self.recogniser = recogniser

    def forward(self, lines: Tensor) -> Tensor:
        """Lines (n, 1, height, width) become (n, steps, classes)."""
        nothing = torch.zeros((1, 1), dtype=torch.long)
        return torch.softmax(self.recogniser(lines, nothing), 2)


class FirstOutput(nn.Module):
    """A network of several outputs that gives the first one."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (n, 3, height, width) become maps (n, height / 2, width / 2, 2)."""
        first: Tensor = self.network(pictures)[0]
        return first


class TorchLines:
    """A recogniser in torch: lines of one width go through it together."""

    def __init__(self, network: nn.Module, device: str) -> None:
        self._device = torch.device(device)
        self._network = network.to(self._device)

    def __call__(self, lines: Sequence[Line]) -> list[Chances]:
        """Lines become chances."""
        answers: dict[int, Chances] = {}
        order = sorted(range(len(lines)), key=lambda place: lines[place].shape[1])
        for _, group in groupby(order, lambda place: lines[place].shape[1]):
            places = list(group)
            for start in range(0, len(places), BATCH):
                some = places[start : start + BATCH]
                answers.update(zip(some, self._run(np.stack([lines[place] for place in some])), strict=True))
        return [answers[place] for place in range(len(lines))]

    def _run(self, lines: Line) -> Chances:
        """Lines (n, height, width) become chances (n, steps, classes)."""
        with torch.inference_mode():
            numbers = torch.from_numpy(lines)[:, None].to(self._device).float()
            return np.asarray(self._network(numbers / MIDDLE - 1).float().cpu().numpy())


class TorchMaps:
    """The detector in torch, for pictures (1, height, width, 3), BGR."""

    def __init__(self, network: nn.Module, device: str) -> None:
        self._device = torch.device(device)
        self._network = network.to(self._device)

    def __call__(self, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """A picture becomes its maps."""
        rgb = np.ascontiguousarray(picture[..., ::-1].transpose(0, 3, 1, 2))
        with torch.inference_mode():
            mean, deviation = (
                torch.tensor(each, device=self._device)[:, None, None] for each in (MEAN, DEVIATION)
            )
            numbers = (torch.from_numpy(rgb).to(self._device).float() - mean) / deviation
            return np.asarray(self._network(numbers)[0].float().cpu().numpy())


def load_recogniser(recogniser: Recogniser) -> nn.Module:
    """A recogniser on the CPU; its code runs where it is one's own."""
    model = model_class(recogniser.code)(num_class=len(recogniser.characters) + 1, **recogniser.layers)
    model.load_state_dict(state_of(recogniser.file))
    if not recogniser.is_own:
        # What it replaces cannot be converted for any width.
        model.AdaptiveAvgPool = MeanOfRows()
    return Probabilities(model).eval()


def load_finder(file: Path) -> nn.Module:
    """The detector on the CPU."""
    from easyocr.craft import CRAFT

    network = CRAFT()
    network.load_state_dict(state_of(file))
    return FirstOutput(network).eval()


def model_class(code: Path | str) -> Any:
    """The class `Model` of a module, or of a file with one's own code, which runs."""
    if isinstance(code, str):
        return importlib.import_module(code).Model
    spec = importlib.util.spec_from_file_location(code.stem, code)
    assert spec is not None, "a file of Python has a loader"
    assert spec.loader is not None, "a file of Python has a loader"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Model


def state_of(file: Path) -> dict[str, Tensor]:
    """The numbers in a file, and nothing else of it, under the names that they have without several GPUs."""
    state = torch.load(file, map_location="cpu", weights_only=True)
    return {name.removeprefix("module."): numbers for name, numbers in state.items()}
