"""The load tester."""

from django.apps import AppConfig


class LoadtestConfig(AppConfig):
    """Gives `manage.py load_test`."""

    name = "loadtest"
