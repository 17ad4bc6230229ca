"""The counts of a pipeline, and what it has to say of its frames, are listed beside the picture."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, manage, running_server
from tests.browser.live_page import start, violations

pytestmark = [pytest.mark.browser, pytest.mark.model]

ZONES = {"sheet": [[0, 0], [1, 0], [1, 1], [0, 1]], "corner": [[0, 0], [0.01, 0], [0, 0.01]]}
COUNTING = {
    "id": "counting",
    "name": "Counting",
    "nodes": [
        # There is no such device for it, which is said once.
        {"id": "read", "plugin_id": "ocr", "tool_id": "read", "params": {"device": "cuda"}},
        {"id": "count", "plugin_id": "count", "tool_id": "zones", "params": {"zones": ZONES}},
    ],
    "edges": [{"from_node": "read", "to_node": "count"}],
    "entry_nodes": ["read"],
    "output_nodes": ["count"],
}
STORE = """
import json
from pipelines.defaults.restore import restore
restore(json.loads('''{definition}'''), overwrite=True)
"""


def test_the_live_page_lists_what_is_counted_and_said(tmp_path: Path, open_page: OpenPage) -> None:
    manage(tmp_path, "migrate", "--verbosity", "0")
    manage(tmp_path, "restore_pipelines", "--verbosity", "0")
    manage(tmp_path, "shell", "-c", STORE.format(definition=json.dumps(COUNTING)))

    with running_server(tmp_path) as address:
        visit = open_page(f"{address}/?pipeline=counting")
        expect(visit.page.locator("#counts")).to_be_hidden()
        expect(visit.page.locator("#warnings")).to_be_hidden()
        page = start(visit)

        # Three lines are printed on the sheet.
        expect(page.locator("#counts-list li")).to_have_text(["sheet 3 now", "corner 0 now"])
        said = "rapidocr runs on the cpu instead of cuda: RapidOCR reads on the CPU"
        expect(page.locator("#warnings-list li")).to_have_text([said])
        assert violations(page) == []

        page.select_option("#pipeline-selector", "ocr_only")
        expect(page.locator("#counts")).to_be_hidden(timeout=60_000)
        expect(page.locator("#warnings")).to_be_hidden()
        page.click("#stop")
