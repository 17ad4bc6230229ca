"""The errors that the documentation names: nothing else may come from the server."""

import re
from http import HTTPStatus
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "docs"
# Ends that the protocol itself has: the client's own close, in return, and its mistakes.
PROTOCOL_ENDS = frozenset({1000, 1002, 1007})


def close_codes(page: str) -> dict[str, int]:
    """The close code of each error code in the tables of a page."""
    rows = re.findall(r"^\| `(\w+)` \|(?:[^|]*\|)?? (\d{4}) \|", (DOCS / page).read_text(), re.MULTILINE)
    return {code: int(close_code) for code, close_code in rows}


STREAM = close_codes("ENDPOINTS.md")
REALTIME = close_codes("JOBS.md")
STATUSES = frozenset(
    int(status)
    for row in re.findall(r"^\| (\d{3}(?:, \d{3})*) \|", (DOCS / "ENDPOINTS.md").read_text(), re.MULTILINE)
    for status in row.split(", ")
)
# An error has a code of its own, or is named after its status.
CODES = frozenset(re.findall(r"`([a-z_]+)`", (DOCS / "ENDPOINTS.md").read_text())) | {
    HTTPStatus(status).name.lower() for status in STATUSES
}
