"""The training of the text detector."""

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    """Gives `manage.py train_text_detector`."""

    name = "training"
