"""An answer whose body cannot be sent to its end."""


class AnswerBrokenOff(Exception):
    """Raised by a body that is being sent and cannot be sent to its end; the message says why.

    The connection is cut then, so that no client takes what it has for the whole.
    """
