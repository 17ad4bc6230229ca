"""`manage.py restore FILE`: what a backup has, in the place of what is there."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    help = "Fills the data folder and the database from a backup, with the server stopped."
    # What is wrong with what is there matters no more.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file that `backup` has written")
        parser.add_argument("--replace", action="store_true", help="delete what is there for it")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        from forgesyte.upkeep.errors import UpkeepError
        from forgesyte.upkeep.restore import restore

        try:
            restored = restore(file, replace=replace)
        except UpkeepError as error:
            raise CommandError(str(error)) from error
        about = restored.about
        self.stdout.write(f"{restored.files} files of {about.made_at} restored (ForgeSyte {about.version})")
        if restored.other_key:
            self.stderr.write("SECRET_KEY is set and is not the backup's: whoever was logged in must log in")
