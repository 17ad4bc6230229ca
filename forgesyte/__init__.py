"""The project: settings, routes, the ASGI application and the `serve` command."""

__version__ = "0.1.0"
