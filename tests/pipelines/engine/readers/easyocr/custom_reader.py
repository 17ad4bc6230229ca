"""Makes a small recogniser of five digits for EasyOCR: code, settings, and weights fitted in a second."""

import random
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NAME = "forgesyte_test_digits"
CHARACTERS = "01247"
HEIGHT, WINDOW, STEP = 32, 24, 4
DRAWN_HEIGHT, MARGIN, PITCH, HIDDEN = 40, 8, 20, 600
CODE = f'''
from torch import nn


class Model(nn.Module):
    """Judges every column of a line by the pixels around it."""

    def __init__(self, num_class, window, step, hidden):
        super().__init__()
        self.look = nn.Conv2d(1, hidden, ({HEIGHT}, window), stride=(1, step))
        self.judge = nn.Conv2d(hidden, num_class, 1)

    def forward(self, pictures, text):
        return self.judge(self.look(pictures).relu()).squeeze(2).transpose(1, 2)
'''
SETTINGS = f"""
network_params:
  window: {WINDOW}
  step: {STEP}
  hidden: {HIDDEN}
imgH: {HEIGHT}
lang_list: [en]
character_list: "{CHARACTERS}"
"""


def draw(digits: str, thickness: int = 2) -> NDArray[np.uint8]:
    """Dark digits on white paper, BGR."""
    import cv2

    picture = np.full((DRAWN_HEIGHT, PITCH * len(digits) + 2 * MARGIN, 3), 255, np.uint8)
    cv2.putText(
        picture, digits, (MARGIN, 32), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), thickness, cv2.LINE_AA
    )
    return picture


def make_digit_reader(folder: Path) -> str:
    """Write `NAME.yaml`, `NAME.py` and `NAME.pth` into `folder` and return the name."""
    import torch

    (folder / f"{NAME}.yaml").write_text(SETTINGS)
    (folder / f"{NAME}.py").write_text(CODE)
    # EasyOCR takes weights saved from several GPUs, whose names all begin like this.
    weights = {f"module.{key}": torch.from_numpy(value) for key, value in fit().items()}
    torch.save(weights, folder / f"{NAME}.pth")
    return NAME


def fit() -> dict[str, NDArray[np.float32]]:
    """Weights: the first layer is random, the second a least-squares fit of what stands in a window."""
    chance = np.random.default_rng(0)
    look = chance.normal(0, 1 / np.sqrt(HEIGHT * WINDOW), (HEIGHT * WINDOW, HIDDEN))
    offsets = chance.normal(0, 0.3, HIDDEN)
    windows, classes = samples()
    inputs = np.column_stack([np.maximum(windows @ look + offsets, 0), np.ones(len(windows))])
    targets = np.eye(len(CHARACTERS) + 1)[classes] * 16
    judge = np.linalg.solve(inputs.T @ inputs + 0.3 * np.eye(HIDDEN + 1), inputs.T @ targets)
    weights = {
        "look.weight": look.T.reshape(HIDDEN, 1, HEIGHT, WINDOW),
        "look.bias": offsets,
        "judge.weight": judge[:-1].T[:, :, None, None],
        "judge.bias": judge[-1],
    }
    return {name: np.ascontiguousarray(value, np.float32) for name, value in weights.items()}


def samples(words: int = 400) -> tuple[NDArray[np.float32], list[int]]:
    """Windows of drawn lines, and the class of each: 0 for nothing, else the number of the character."""
    chance = random.Random(0)
    windows, classes = [], []
    for _ in range(words):
        word = "".join(chance.choices(CHARACTERS, k=chance.randint(1, 5)))
        air_wh = chance.randint(0, 16), chance.randint(0, 5)
        line = to_input(draw(word, chance.choice((2, 3))), air_wh)
        padded = np.pad(line, ((0, 0), (0, 2 * WINDOW)), mode="edge")
        for left in range(0, padded.shape[1] - WINDOW + 1, 2):
            number = class_at(word, air_wh, left + WINDOW / 2)
            if number is not None:
                windows.append(padded[:, left : left + WINDOW].ravel())
                classes.append(number)
    return np.stack(windows), classes


def class_at(word: str, air_wh: tuple[int, int], middle: float) -> int | None:
    """The digit at the middle of a window; None where that is neither on a digit nor between two."""
    scale = HEIGHT / (DRAWN_HEIGHT + 2 * air_wh[1])
    place = (middle / scale - air_wh[0] - MARGIN) / PITCH - 0.5
    number = round(place)
    if not 0 <= number < len(word) or abs(place - number) > 0.4:
        return 0
    return CHARACTERS.index(word[number]) + 1 if abs(place - number) < 0.25 else None


def to_input(picture: NDArray[np.uint8], air_wh: tuple[int, int]) -> NDArray[np.float32]:
    """Grey, of the network's height, from -1 to 1, as EasyOCR makes it, with so much air at each side."""
    import cv2

    wide, high = air_wh
    grey = cv2.copyMakeBorder(picture, high, high, wide, wide, cv2.BORDER_REPLICATE)[:, :, 0]
    height, width = grey.shape
    small: Any = cv2.resize(grey, (round(width * HEIGHT / height), HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / 127.5 - 1.0
