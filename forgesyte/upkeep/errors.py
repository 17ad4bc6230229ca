"""The error that keeps a backup from being made or restored."""


class UpkeepError(Exception):
    """It cannot be done, and nothing has been changed; the message is a sentence for the operator."""
