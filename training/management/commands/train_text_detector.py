"""`manage.py train_text_detector`: train the bundled text-line detector from scratch."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from training.train import TrainingError, add_arguments, options_from, train


class Command(BaseCommand):
    """A thin face of `training.train`."""

    help = "Train the text-line detector from scratch on generated scenes and export it as ONNX."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the same options as `python -m training.train`."""
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Train, and print where the ONNX file is."""
        try:
            path = train(options_from(options))
        except TrainingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(str(path))
