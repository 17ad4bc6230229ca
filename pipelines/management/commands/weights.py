"""`manage.py weights list | fetch NAME | add FILE | verify`."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from pipelines.engine.weights.store import Verdict, WeightsEntry, WeightsStore
from pipelines.errors import PipelineError, WeightsNotFound

WORDS = {True: "good", False: "DAMAGED", None: "nothing to compare with"}


class Command(BaseCommand):
    help = "Lists the networks that pipelines can use by name, downloads or adds one, or checks the files."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        json_option = CommandParser(add_help=False)
        json_option.add_argument("--json", action="store_true", help="print JSON for programs")
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", parents=[json_option], help="all networks, and where they come from")
        fetch = actions.add_parser("fetch", parents=[json_option], help="download a network")
        fetch.add_argument("name")
        add = actions.add_parser("add", parents=[json_option], help="take a copy of a network's file in")
        add.add_argument("file", type=Path)
        actions.add_parser("verify", parents=[json_option], help="compare every file with its known hash")

    def handle(self, *args: Any, **options: Any) -> None:
        store = WeightsStore.build(settings.PIPELINES)
        actions = {"list": self.show, "fetch": self.fetch, "add": self.add, "verify": self.verify}
        actions[options["action"]](store, options)

    def show(self, store: WeightsStore, options: dict[str, Any]) -> None:
        entries = store.listing()
        self.say(options, [entry.as_dict() for entry in entries], [line_of(entry) for entry in entries])

    def fetch(self, store: WeightsStore, options: dict[str, Any]) -> None:
        try:
            path = store.fetch(options["name"])
        except WeightsNotFound as error:
            raise CommandError(f"{error.detail}\nThe weights folder is {store.weights_dir}") from error
        self.say(options, {"name": options["name"], "path": str(path)}, [str(path)])

    def add(self, store: WeightsStore, options: dict[str, Any]) -> None:
        try:
            path = store.add(options["file"])
        except PipelineError as error:
            raise CommandError(error.detail) from error
        self.say(options, {"name": path.stem, "path": str(path)}, [f"{path.stem}: {path}"])

    def verify(self, store: WeightsStore, options: dict[str, Any]) -> None:
        verdicts = store.verify()
        lines = [f"{verdict.entry.path}: {WORDS[verdict.ok]}" for verdict in verdicts]
        self.say(options, [plain(verdict) for verdict in verdicts], lines or ["There are no files to check."])
        damaged = [str(verdict.entry.path) for verdict in verdicts if verdict.ok is False]
        if damaged:
            raise CommandError(f"Delete and fetch again: {', '.join(damaged)}")

    def say(self, options: dict[str, Any], data: Any, lines: list[str]) -> None:
        self.stdout.write(json.dumps(data, indent=2) if options["json"] else "\n".join(lines))


def line_of(entry: WeightsEntry) -> str:
    """One network as a line of a table."""
    line = f"{entry.name:24} {entry.source:13} {entry.size / 1e6:7.1f} MB  {entry.path or entry.about}"
    if not (entry.path and entry.about):
        return line
    return f"{line}\n{'CANNOT RUN' if entry.problem else '':24} {entry.about}"


def plain(verdict: Verdict) -> dict[str, Any]:
    """The JSON form of a verdict."""
    return {**verdict.entry.as_dict(), "actual_sha256": verdict.actual_sha256, "ok": verdict.ok}
