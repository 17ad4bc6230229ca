#!/usr/bin/env python
"""Django's command line for ForgeSyte."""

import os
import sys

from forgesyte import __version__


def main() -> None:
    """Run one management command; `version` tells ForgeSyte's version, not Django's."""
    if sys.argv[1:] in (["version"], ["--version"]):
        sys.stdout.write(f"ForgeSyte {__version__}\n")
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "forgesyte.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
