"""Names the addresses of static files."""

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.urls import get_script_prefix


class UnderPrefix(StaticFilesStorage):
    """Static files below the path prefix of the request that is answered, which its proxy has chosen."""

    @property
    def base_url(self) -> str:
        """The address of the folder; Django would keep the first one for good."""
        return f"{get_script_prefix()}static/"
