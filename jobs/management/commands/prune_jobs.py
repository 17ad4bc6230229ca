"""`manage.py prune_jobs`: delete what is old."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.services import delete_unknown_files, prune_jobs

DAY_S = 86_400


class Command(BaseCommand):
    help = "Deletes jobs that were over so many days ago, with their files."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=float, help="instead of JOBS_KEEP_DAYS")
        parser.add_argument(
            "--unknown",
            action="store_true",
            help="delete the files of jobs that this database does not know, instead",
        )

    def handle(self, *args: Any, days: float | None, unknown: bool, **options: Any) -> None:
        if unknown:
            self.stdout.write(f"Files of {delete_unknown_files()} unknown jobs deleted")
            return
        days = settings.JOBS.keep_s / DAY_S if days is None else days
        if days <= 0:
            raise CommandError("Say how old: --days N, or set JOBS_KEEP_DAYS")
        pruned = prune_jobs(older_than=timedelta(days=days))
        self.stdout.write(f"{pruned} job{'' if pruned == 1 else 's'} deleted")
