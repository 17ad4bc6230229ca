"""`manage.py run_worker`: works on video jobs."""

import logging
import os
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from forgesyte.data_folder import keep_private, use
from forgesyte.foreign_output import as_log_lines
from forgesyte.server import memory
from forgesyte.supervised import SupervisedCommand


class Command(SupervisedCommand):
    process_name = "forgesyte-work"
    help = "Works on video jobs until a signal. `serve` starts FORGESYTE_WORKERS of these beside itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="work on what is there now, and end")
        parser.add_argument(
            "--parent", type=int, metavar="PID", help="end when the process that started this one is gone"
        )

    def handle(self, *args: Any, once: bool, parent: int | None, **options: Any) -> None:
        memory.keep_one_arena()
        from jobs.worker.worker import Worker
        from pipelines.isolation.server import WORKER_OOM_SCORE, die_first

        keep_private(settings.PROJECT.data_dir, settings.PROJECT.database_file)
        use(settings.PROJECT.data_dir)
        # A job goes on where it stopped; the web server with its live sessions is to outlive it.
        die_first(WORKER_OOM_SCORE)
        worker = Worker(parent_pid=parent)
        with as_log_lines():
            if once:
                worker.drain()
                return
            worker.run()
        logging.shutdown()
        # A thread may still be inside of a network; all it had is given back.
        os._exit(0)
