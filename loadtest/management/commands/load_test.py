"""`manage.py load_test`: how a server serves many live sessions, measured with real ones."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from loadtest.options import add_options, plan_of
from loadtest.own_server import OwnServer, ServerFailed, own_server, serve_command, soak_command
from loadtest.plan import BadPlan, LoadPlan, Pattern
from loadtest.progress import ProgressLine
from loadtest.report.figures import Figures
from loadtest.report.wording import summary
from loadtest.run import LoadFailed
from loadtest.soak.soak import soak, target_of
from loadtest.trial import Trial
from pipelines.errors import PipelineError
from pipelines.services import definition_of

MIGRATE_FIRST = "The database is not ready: run `manage.py migrate` and `manage.py restore_pipelines` first"


class Command(BaseCommand):
    help = "Sends frames from real sessions to a server and tells how it answers. Ctrl-C ends it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.stderr.style_func = None
        # Whoever ends us ends the server that we have started, too.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            plan = plan_of(options)
            with the_server(options["url"], plan) as server:
                figures = self._measure(plan, server, options["preset"])
        except KeyboardInterrupt:
            raise CommandError("Ended before it was done", returncode=130) from None
        except (BadPlan, LoadFailed, ServerFailed) as error:
            raise CommandError(getattr(error, "detail", str(error))) from error
        self._tell(figures, options["json"], options["report"])
        if figures["problems"]:
            sys.exit(1)

    def _measure(self, plan: LoadPlan, server: OwnServer, preset: str | None) -> Figures:
        with ProgressLine(self.stderr) as line:
            trial = Trial(server.url, server.pid, line.show)
            if plan.pattern is Pattern.SOAK:
                target = target_of(plan, server)
                return soak(target, plan.duration_s, partial(trial.run, plan))
            return trial.overload(plan) if preset == "overload" else trial.run(plan)

    def _tell(self, figures: Figures, json_path: str | None, report: str | None) -> None:
        if json_path == "-":
            self.stdout.write(json.dumps(figures))
        else:
            self.stdout.write(summary(figures))
        if json_path and json_path != "-":
            Path(json_path).write_text(json.dumps(figures))
        if report:
            from loadtest.report.page import page

            Path(report).write_text(page(figures), encoding="utf-8")
            self.stderr.write(f"The report is in {report}")


@contextmanager
def the_server(url: str | None, plan: LoadPlan) -> Iterator[OwnServer]:
    """The server that was named, or one of our own."""
    if url:
        yield OwnServer(url)
        return
    if plan.pattern is not Pattern.SOAK:
        check_pipeline(plan.pipeline_id)
    with TemporaryDirectory(prefix="forgesyte-load-") as folder:
        manage = settings.BASE_DIR / "manage.py"
        command = serve_command(manage, plan.pipeline_id)
        if plan.pattern is Pattern.SOAK:
            command = soak_command(manage, plan.pipeline_id, Path(folder), settings.PIPELINES.weights_dir)
        with own_server(command, Path(folder) / "server.log") as server:
            yield server


def check_pipeline(pipeline_id: str) -> None:
    """Raises CommandError where a server of our own could not serve this."""
    try:
        definition_of(pipeline_id)
    except PipelineError as error:
        raise CommandError(error.detail) from error
    except DatabaseError as error:
        raise CommandError(MIGRATE_FIRST) from error
