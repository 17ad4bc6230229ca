"""`manage.py serve`: the web server."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Serves pages, the API and live sessions until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.PROJECT.host, help="address to listen on")
        parser.add_argument(
            "--port", type=int, default=settings.PROJECT.port, help="port to listen on; 0 takes any free one"
        )

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        from forgesyte.serving import serve

        sys.exit(serve(host, port))
