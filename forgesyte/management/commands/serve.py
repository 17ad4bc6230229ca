"""`manage.py serve`: the web server."""

import sys
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import DatabaseError, connections

from forgesyte.supervised import SupervisedCommand


class Command(SupervisedCommand):
    help = "Serves pages, the API and live sessions until Ctrl-C."
    requires_migrations_checks = True

    def check_migrations(self) -> None:
        """Tell that `migrate` was forgotten. A database that is away stops no start: `/ready` tells of it."""
        with suppress(DatabaseError):
            super().check_migrations()

    def add_arguments(self, parser: CommandParser) -> None:
        project = settings.PROJECT
        parser.add_argument(
            "--lan", action="store_true", help="HTTPS on every address, for phones in the same network"
        )
        parser.add_argument(
            "--host", help=f"address to listen on (default {project.host}, with --lan 0.0.0.0)"
        )
        parser.add_argument(
            "--port",
            type=int,
            help=f"port, 0 for any free one (default {project.port}, with --lan {project.https_port})",
        )

    def handle(self, *args: Any, host: str | None, port: int | None, lan: bool, **options: Any) -> None:
        from forgesyte.data_folder import keep_private, use
        from forgesyte.foreign_output import as_log_lines
        from forgesyte.lan.lan import open_to_network
        from forgesyte.server.serving import serve

        project = settings.PROJECT
        keep_private(project.data_dir, project.database_file)
        use(project.data_dir)
        host = host or ("0.0.0.0" if lan else project.host)
        port = port if port is not None else (project.https_port if lan else project.port)
        # The checks have asked the database; this thread never will again.
        connections.close_all()
        with as_log_lines():
            code = serve(host, port, open_to_network(host) if lan else None)
        sys.exit(code)
