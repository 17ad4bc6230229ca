"""QR codes for a terminal."""

import io

# White on black whatever the terminal's own colours are, so that a camera always finds dark on light.
COLOURS = "\N{ESCAPE}[38;5;231;48;5;16m"
RESET = "\N{ESCAPE}[0m"


def terminal_code(text: str) -> str:
    """Lines that show the text as a QR code: half blocks, two modules a character, with its own colours."""
    import segno

    drawn = io.StringIO()
    segno.make_qr(text, error="l").terminal(drawn, compact=True)
    return "\n".join(f"{COLOURS}{line}{RESET}" for line in drawn.getvalue().splitlines())
