"""Hides settings with passwords from Django's debug pages, which `DEBUG=1` turns on."""

import re

from django.views.debug import SafeExceptionReporterFilter


class WithoutAddresses(SafeExceptionReporterFilter):
    """Hides, beside keys and passwords, the settings whose addresses may hold a password."""

    hidden_settings = re.compile(
        rf"{SafeExceptionReporterFilter.hidden_settings.pattern}|CHANNEL_LAYERS|DATABASES|LAN_CODE|REDIS",
        re.IGNORECASE,
    )
