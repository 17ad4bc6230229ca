"""`manage.py backup FILE`: a copy of everything that is kept."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from forgesyte.units import MEGABYTE


class Command(BaseCommand):
    help = (
        "Writes database, uploads, results, weights and the secret key to one new file; the server may run. "
        "Whoever has that file has everything."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a new file outside of the data folder")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        from forgesyte.upkeep.backup import back_up
        from forgesyte.upkeep.errors import UpkeepError

        try:
            made = back_up(file)
        except UpkeepError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{file}: {made.files} files, {made.size_bytes / MEGABYTE:.1f} MB")
        for name in made.missing:
            self.stderr.write(f"{name} was deleted while the backup was made")
