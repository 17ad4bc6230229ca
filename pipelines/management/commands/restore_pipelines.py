"""Brings the shipped pipelines into the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from pipelines.defaults import default_definitions
from pipelines.defaults.restore import restore
from pipelines.models import Pipeline


class Command(BaseCommand):
    """`restore_pipelines [--if-empty] [--all] [ID ...]`"""

    help = (
        "Add the shipped pipelines that are missing and leave the others as they are. "
        "Those named, or all with --all, are put back as shipped even if they were edited or disabled."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("ids", nargs="*", metavar="ID", help="a shipped pipeline to put back as it was")
        parser.add_argument("--all", action="store_true", help="put every shipped pipeline back as it was")
        parser.add_argument("--if-empty", action="store_true", help="do nothing where any pipeline is stored")

    def handle(self, *args: Any, **options: Any) -> None:
        """Restore and print one line for each pipeline."""
        defaults = default_definitions()
        unknown = [name for name in options["ids"] if name not in defaults]
        if unknown:
            known = ", ".join(defaults)
            raise CommandError(f"Not a shipped pipeline: {', '.join(unknown)}. There are: {known}")
        if options["if_empty"] and Pipeline.objects.exists():
            self.stdout.write("Pipelines are stored already: nothing to do.")
            return
        named = set(defaults) if options["all"] else set(options["ids"])
        for pipeline_id in options["ids"] or defaults:
            outcome = restore(defaults[pipeline_id], overwrite=pipeline_id in named)
            self.stdout.write(f"{pipeline_id}: {outcome.value}")
