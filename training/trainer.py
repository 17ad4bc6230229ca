"""Ultralytics' trainer of oriented boxes with scenes for pictures, and a fast number format on the CPU.

Importing this module imports torch and Ultralytics.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader
from ultralytics.models.yolo.obb import OBBTrainer
from ultralytics.utils.torch_utils import unwrap_model

from training.clock import RunClock
from training.dataset import (
    HELD_OUT_SEED,
    DrawSampler,
    Item,
    SceneDataset,
    ScenePool,
    batch_of,
    collate_crops,
)
from training.options import Options

NAMES = {0: "text"}
Loader = DataLoader[Item]


class TextTrainer(OBBTrainer):  # type: ignore[misc]
    """Trains on `Options`; everything about optimisation, EMA, checkpoints and validation is Ultralytics'."""

    def __init__(self, options: Options, overrides: dict[str, Any]) -> None:
        self.options = options
        super().__init__(overrides=overrides)
        self.add_callback("on_train_start", _speed_up)
        self.add_callback("on_train_epoch_start", _next_draws)
        self.clock: RunClock | None = None
        if options.hours is not None:
            self.clock = RunClock(self.save_dir / "seconds", options.hours, options.resume)
            self.add_callback("on_train_batch_end", partial(_follow, self.clock))
            self.add_callback("on_model_save", lambda _trainer, clock=self.clock: clock.save())

    def check_resume(self, overrides: dict[str, Any]) -> None:
        """Take a checkpoint's settings, but the number of epochs from the options: a run can be prolonged."""
        super().check_resume(overrides)
        if self.resume:
            self.args.epochs = overrides["epochs"]

    def _setup_scheduler(self) -> None:
        """Tie the learning rate to the clock where the run has one, else to the epochs."""
        super()._setup_scheduler()
        if (clock := self.clock) is not None:
            self.lf = lambda _epoch: clock.rate(self.args.lrf)
            self.scheduler = LambdaLR(self.optimizer, lr_lambda=self.lf)

    def get_dataset(self) -> dict[str, Any]:
        """There are no files to describe: scenes are drawn when they are asked for."""
        return {"train": "train", "val": "val", "names": NAMES, "nc": 1, "channels": 3}

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> SceneDataset:
        """Scenes for training, or held-out scenes (other seeds, other fonts) for validation."""
        options = self.options
        folder, kept = Path(options.out) / "scenes", options.kept_photos
        if mode == "train":
            pool = ScenePool(folder, options.seed * 1_000_000, options.scenes, photos=kept)
            return SceneDataset(pool, min(options.epoch_scenes, options.scenes))
        pool = ScenePool(folder, HELD_OUT_SEED, options.val_scenes, held_out=True, photos=kept)
        return SceneDataset(pool, options.val_scenes)

    def get_dataloader(
        self, dataset_path: str, batch_size: int = 16, rank: int = 0, mode: str = "train"
    ) -> Loader:
        """Batches of crops for training, whole pictures for validation."""
        dataset = self.build_dataset(dataset_path, mode)
        if mode != "train":
            return DataLoader(dataset, batch_size=min(16, batch_size), collate_fn=batch_of)
        options = self.options
        return DataLoader(
            dataset,
            batch_size=batch_size,
            sampler=DrawSampler(options.scenes, len(dataset), options.seed),
            num_workers=options.workers,
            collate_fn=partial(collate_crops, imgsz=options.imgsz),
            persistent_workers=options.workers > 0,
            drop_last=True,
        )

    def final_eval(self) -> None:
        """Nothing: the last epoch's validation was of the same weights on the same scenes."""

    def plot_training_labels(self) -> None:
        """Nothing: the labels are not known before they are drawn."""


def _next_draws(trainer: TextTrainer) -> None:
    trainer.train_loader.sampler.epoch = trainer.epoch


def _follow(clock: RunClock, trainer: TextTrainer) -> None:
    """Set the learning rate by the time left, and stop when it is over; the warm-up is left alone."""
    trainer.stop |= clock.over
    for group in trainer.optimizer.param_groups:
        group["lr"] = group["initial_lr"] * clock.rate(trainer.args.lrf)


def _speed_up(trainer: TextTrainer) -> None:
    """Run the training network in NHWC and bfloat16 where a CPU has it; Ultralytics does so on GPUs only."""
    if trainer.device.type != "cpu" or not bf16_wanted(trainer.options.precision):
        return
    model = unwrap_model(trainer.model)
    model.to(memory_format=torch.channels_last)
    model.predict = _in_bf16(model.predict)  # on this instance: neither the EMA nor a checkpoint sees it


def bf16_wanted(precision: str) -> bool:
    """True if the training runs in bfloat16: when told, or when this CPU computes with it."""
    capable = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return precision == "bf16" or (precision == "auto" and bool(capable))


def _in_bf16(predict: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(images: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            found = predict(images.contiguous(memory_format=torch.channels_last), *args, **kwargs)
        return {key: value.float() if torch.is_tensor(value) else value for key, value in found.items()}

    return wrapped
