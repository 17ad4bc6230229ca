"""`manage.py sweep_jobs`: what every worker does every few seconds, once."""

from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Takes jobs from dead workers and delivers forgotten ones again. Workers do this by themselves."

    def handle(self, *args: Any, **options: Any) -> None:
        from jobs.worker.sweeper import sweep

        swept = sweep()
        self.stdout.write(f"{swept.reclaimed} taken from dead workers, {swept.delivered} delivered again")
