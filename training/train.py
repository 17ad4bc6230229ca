"""Trains the text-line detector and exports it: `python -m training.train --help`."""

from __future__ import annotations

import argparse
import shutil
import sys
import warnings
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from training.options import Options
from training.scenes import fonts, photos

NAME = "forgesyte-text-n"
ENDLESS = 100_000


class TrainingError(Exception):
    """A run that cannot start, with a sentence for the person who asked for it."""


def train(options: Options) -> Path:
    """Train, resume if asked, and return the exported ONNX file.

    Checkpoints are in `out/run/weights`, drawn scenes in `out/scenes`, their photographs in `out/photos`,
    the curve in `out/run/results.csv`.
    Raises TrainingError for choices that cannot work.
    """
    if problem := options.problem():
        raise TrainingError(problem)
    import torch
    from ultralytics.utils import SETTINGS

    from training.trainer import TextTrainer

    SETTINGS.update({"sync": False})
    photos.collect(options.photos, options.kept_photos)
    torch.set_num_threads(options.threads)
    trainer = TextTrainer(options, _overrides(options))
    torch.set_num_threads(options.threads)  # choosing the device left one core idle
    trainer.train()
    return export(options.out / "run" / "weights" / "best.pt", options.out / f"{NAME}.onnx")


def export(checkpoint: Path, target: Path) -> Path:
    """Write a checkpoint's averaged weights as `target`: ONNX, free picture sizes, Ultralytics' metadata."""
    from ultralytics import YOLO

    copy = target.with_suffix(".pt")  # the exporter names its file after the checkpoint
    shutil.copyfile(checkpoint, copy)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch's, of the exporter that Ultralytics uses
        return Path(YOLO(copy).export(format="onnx", imgsz=(480, 640), dynamic=True, device="cpu"))


def architecture(width: float) -> dict[str, Any]:
    """YOLO26n-obb's layers for the one class `text`, at a width; one head, whose boxes go through NMS."""
    import ultralytics
    import yaml

    path = Path(ultralytics.__file__).parent / "cfg" / "models" / "26" / "yolo26-obb.yaml"
    layers: dict[str, Any] = yaml.safe_load(path.read_text())
    return layers | {"nc": 1, "end2end": False, "scales": {"n": [0.5, width, 1024]}}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command-line options of a run."""
    choices: dict[str, tuple[type, str]] = {
        "scenes": (int, "how many different scenes there are; they are drawn when first needed"),
        "epoch_scenes": (int, "pictures in an epoch"),
        "val_scenes": (int, "held-out pictures, with fonts that training never sees"),
        "imgsz": (int, "crops have about this number squared pixels"),
        "epochs": (int, "epochs of the whole run, unless --hours is given"),
        "hours": (float, "hours of the whole run; the learning rate falls in time"),
        "batch": (int, "pictures in a step"),
        "lr": (float, "highest learning rate"),
        "width": (float, "channels, as a multiple of the full network; 0.25 is nano"),
        "seed": (int, "number that scenes and weights start from"),
        "threads": (int, "CPU threads for the network; 1 is faster where other programs keep the cores busy"),
        "workers": (int, "processes that draw scenes"),
        "device": (str, "cpu, or a GPU's number"),
        "precision": (str, "auto, fp32 or bf16 (CPU only)"),
    }
    defaults = {field.name: field.default for field in fields(Options)}
    parser.add_argument("--out", type=Path, required=True, help="folder for scenes, checkpoints, the result")
    for name, (kind, text) in choices.items():
        option, default = "--" + name.replace("_", "-"), defaults[name]
        parser.add_argument(option, type=kind, default=default, help=f"{text} (default {default})")
    parser.add_argument("--start", type=Path, help="a checkpoint (.pt) whose weights to start from")
    parser.add_argument(
        "--photos", type=Path, nargs="*", default=photos.photo_dirs(), metavar="FOLDER",
        help="folders with photographs for the scenes, of which those with text are left out "
        "(default: the folders of the packages that --install-hint names, where they exist)",
    )  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint in --out")
    parser.add_argument(
        "--install-hint", action=_Hint, nargs=0, help="print how to install the fonts and photographs"
    )


class _Hint(argparse.Action):
    """Prints and stops, as `--help` does, so that `--out` is not asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *args: Any) -> None:
        sys.stdout.write(f"{fonts.install_hint()}\n{photos.install_hint()}\n")
        parser.exit()


def options_from(values: dict[str, Any]) -> Options:
    """Options from parsed arguments, ignoring whatever else is among them."""
    chosen = {field.name: values[field.name] for field in fields(Options)}
    return Options(**chosen | {"photos": tuple(values["photos"])})


def main(argv: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    values = parser.parse_args(argv)
    try:
        sys.stdout.write(f"{train(options_from(vars(values)))}\n")
    except TrainingError as error:
        parser.error(str(error))


def _overrides(options: Options) -> dict[str, Any]:
    """Ultralytics' settings. Its own augmentation is not used: scenes and crops vary enough."""
    options.out.mkdir(parents=True, exist_ok=True)
    return {
        "model": str(_model_file(options)), "data": NAME, "task": "obb",
        "pretrained": str(options.start) if options.start else False,
        "project": str(options.out), "name": "run", "exist_ok": True,
        "resume": str(options.checkpoint) if options.resume else False,
        "epochs": ENDLESS if options.hours else options.epochs, "time": None,
        "batch": options.batch, "nbs": options.batch,
        "imgsz": options.imgsz, "device": options.device, "workers": options.workers, "seed": options.seed,
        "optimizer": "AdamW", "lr0": options.lr, "lrf": 0.01, "cos_lr": True, "momentum": 0.9,
        "weight_decay": 0.01, "warmup_epochs": 1.0, "warmup_bias_lr": 0.0,
        "amp": False, "deterministic": False, "plots": False, "patience": 0, "close_mosaic": 0,
    }  # fmt: skip


def _model_file(options: Options) -> Path:
    import yaml

    path = options.out / f"{NAME}.yaml"
    path.write_text(yaml.safe_dump(architecture(options.width)))
    return path


if __name__ == "__main__":  # pragma: no cover
    main()
