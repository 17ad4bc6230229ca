"""Brings ForgeSyte's database up to date and puts pipelines into it: JSON definitions on standard input."""

import json
import sys


def main() -> None:
    """The settings come from the environment."""
    import django

    django.setup()
    from django.core.management import call_command

    from pipelines.defaults.restore import restore

    call_command("migrate", verbosity=0)
    for definition in json.load(sys.stdin):
        restore(definition, overwrite=True)


if __name__ == "__main__":
    main()
