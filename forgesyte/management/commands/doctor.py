"""`manage.py doctor`: is this installation well?"""

import json as to_json
import sys
from dataclasses import asdict
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Says what is well, doubtful and wrong here, with advice; the exit code is 1 if anything is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", help="ask the server at https://vision.example.com/ how requests arrive")
        parser.add_argument("--json", action="store_true", help="print JSON for programs")

    def handle(self, *args: Any, url: str | None, json: bool, **options: Any) -> None:
        from forgesyte.upkeep.doctor import CHECKS, WRONG, examine
        from forgesyte.upkeep.proxy_check import through

        checks = [*CHECKS]
        if url:
            address = partial(through, url)
            address.__name__ = "address"  # type: ignore[attr-defined]
            checks.append(address)
        findings = examine(checks)
        is_well = not any(finding.state == WRONG for finding in findings)
        lines = [line_of(finding.state, finding.name, finding.said, finding.advice) for finding in findings]
        self.stdout.write(as_json(is_well, findings) if json else "\n".join(lines))
        sys.exit(0 if is_well else 1)


def as_json(is_well: bool, findings: list[Any]) -> str:
    """The findings for programs."""
    return to_json.dumps({"ok": is_well, "findings": [asdict(finding) for finding in findings]}, indent=2)


def line_of(state: str, name: str, said: str, advice: str) -> str:
    """One finding for people."""
    return f"{state:9} {name}: {said}." + (f"\n{'':9} {advice}" if advice else "")
