"""Serves behind a reverse proxy: its clients, addresses below a path, cookies."""
