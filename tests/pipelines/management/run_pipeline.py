"""Runs the command `run_pipeline` in this process."""

import io
import json
from typing import Any

from django.core.management import call_command


def run(*arguments: Any) -> str:
    out = io.StringIO()
    call_command("run_pipeline", *(str(argument) for argument in arguments), stdout=out)
    return out.getvalue()


def run_lines(*arguments: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*arguments).splitlines()]
