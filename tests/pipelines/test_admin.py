"""An operator's way through the admin."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from pipelines.defaults import default_definitions
from pipelines.editor.trial import PictureShelf
from pipelines.models import Pipeline
from pipelines.runtime import Runtime
from pipelines.services import definition_of
from tests.pipelines.pictures import drawn, picture_file
from tests.pipelines.toy import toy_definition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toys")]

LIST = "/admin/pipelines/pipeline/"
ADD = f"{LIST}add/"
CHANGE = f"{LIST}boxes/change/"


@pytest.fixture(autouse=True)
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> PictureShelf:
    """A shelf without pictures."""
    shelf = PictureShelf(tmp_path / "shelf")
    monkeypatch.setattr("pipelines.admin.PictureShelf", lambda: shelf)
    return shelf


def form(definition: Any, **fields: Any) -> dict[str, Any]:
    """The form as a browser sends it."""
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return {"definition": text, "enabled": "on", **fields}


def page(response: Any) -> str:
    """The page as a person reads it, without the scripts' quotes in the way."""
    assert response.status_code == 200
    text: str = response.content.decode()
    return text.replace("&#x27;", "'").replace("&quot;", '"')


def store(pipeline_id: str = "boxes", definition: Any = None, **fields: Any) -> Pipeline:
    definition = toy_definition(pipeline_id) if definition is None else definition
    return Pipeline.objects.create(
        pipeline_id=pipeline_id, name=f"The {pipeline_id}", definition=definition, **fields
    )


class TestSaving:
    def test_a_new_pipeline_is_live_at_once(self, admin_client: Client) -> None:
        response = admin_client.post(ADD, form(toy_definition("boxes"), _save="Save"))

        assert response.status_code == 302
        assert definition_of("boxes").name == "The boxes"

    def test_an_edit_is_live_at_once(self, admin_client: Client) -> None:
        store()

        admin_client.post(CHANGE, form(toy_definition("boxes", label="dog"), _save="Save"))

        assert definition_of("boxes").nodes[0].params == {"label": "dog"}

    def test_all_problems_are_beside_the_field_and_nothing_is_saved(self, admin_client: Client) -> None:
        definition = toy_definition("boxes", size="big")
        definition["nodes"][1]["tool_id"] = "nope"
        definition["entry_nodes"] = ["elsewhere"]

        text = page(admin_client.post(ADD, form(definition, _save="Save")))

        beside = re.search(r'field-definition.*?<ul class="errorlist"[^>]*>(.*?)</ul>', text, re.S)
        assert beside
        assert "nodes[find].params.size" in beside[1]
        assert "nope" in beside[1]
        assert "elsewhere" in beside[1]
        assert not Pipeline.objects.exists()

    def test_what_was_typed_stays_as_it_was_typed(self, admin_client: Client) -> None:
        typed = '{"id": "boxes",\n   "nodes": [oops]}'

        text = page(admin_client.post(ADD, form(typed, _save="Save")))

        assert typed in text
        assert "This is not JSON: Expecting value at line 2, column 14" in text

    def test_json_nested_without_end(self, admin_client: Client) -> None:
        assert "nested more than 32 levels deep" in page(
            admin_client.post(ADD, form("[" * 100_000, _save="Save"))
        )

    def test_an_empty_field(self, admin_client: Client) -> None:
        assert "This field is required" in page(admin_client.post(ADD, form("", _save="Save")))

    def test_saved_json_is_shown_indented(self, admin_client: Client) -> None:
        store()

        assert '  "name": "The boxes",\n' in page(admin_client.get(CHANGE))

    def test_an_id_stays_and_a_copy_takes_a_new_one(self, admin_client: Client) -> None:
        store()
        copied = form(toy_definition("copy"))

        refused = page(admin_client.post(CHANGE, {**copied, "_save": "Save"}))
        admin_client.post(CHANGE, {**copied, "_saveasnew": "Save as new"})

        assert "id: must stay “boxes”" in refused
        assert set(Pipeline.objects.values_list("pk", flat=True)) == {"boxes", "copy"}

    def test_a_new_pipeline_never_takes_the_place_of_another(self, admin_client: Client) -> None:
        store()

        text = page(admin_client.post(ADD, form(toy_definition("boxes", label="dog"), _save="Save")))

        assert "there is a pipeline “boxes” already" in text
        assert definition_of("boxes").nodes[0].params == {}

    def test_a_new_pipeline_begins_with_an_example(self, admin_client: Client) -> None:
        assert '"id": "my_pipeline"' in page(admin_client.get(ADD))


class TestDrawing:
    def test_the_graph_is_drawn(self, admin_client: Client) -> None:
        store()

        svg = re.search(r'<svg [^>]*class="graph".*?</svg>', page(admin_client.get(CHANGE)), re.S)

        assert svg
        assert "find to count" in svg[0]
        assert "toy.box" in svg[0]
        assert "wrong" not in svg[0]

    def test_the_steps_with_problems_are_marked(self, admin_client: Client) -> None:
        text = page(admin_client.post(ADD, form(toy_definition("boxes", size="big"), _check="Check")))

        assert text.count("node wrong") == 1

    def test_names_cannot_smuggle_markup(self, admin_client: Client) -> None:
        definition = toy_definition("boxes")
        definition["nodes"][0]["tool_id"] = "<script>alert(1)</script>"
        definition["name"] = "<script>alert(2)</script>"
        store("boxes", definition)

        assert "<script>alert" not in admin_client.get(CHANGE).content.decode()
        assert "<script>alert" not in admin_client.get(LIST).content.decode()


class TestTrying:
    def try_it(self, client: Client, definition: Any, url: str = ADD, **fields: Any) -> str:
        return page(client.post(url, form(definition, _try="Try it", **fields)))

    def test_the_unsaved_definition_runs_on_the_picture(self, admin_client: Client) -> None:
        store()
        unsaved = toy_definition("boxes", label="unsaved")

        text = self.try_it(admin_client, unsaved, CHANGE, picture=picture_file(drawn("words")))

        assert 'src="data:image/jpeg;base64,' in text
        assert '"label": "unsaved"' in text
        assert "1 found" in text
        assert re.search(r"<td>decode</td><td[^>]*>\d", text)
        assert "320x200" in text
        assert definition_of("boxes").nodes[0].params == {}

    def test_nothing_is_lost_from_the_form(self, admin_client: Client) -> None:
        typed = json.dumps(toy_definition("boxes"), indent=7)

        text = self.try_it(admin_client, typed, picture=picture_file(drawn()))

        assert typed in text
        assert not Pipeline.objects.exists()

    def test_the_picture_is_used_again(self, admin_client: Client) -> None:
        self.try_it(admin_client, toy_definition(), picture=picture_file(drawn()))

        assert "data:image/jpeg" in self.try_it(admin_client, toy_definition())

    def test_without_a_picture(self, admin_client: Client) -> None:
        assert "Choose a picture" in self.try_it(admin_client, toy_definition())

    def test_an_invalid_definition_is_not_run(self, admin_client: Client) -> None:
        text = self.try_it(admin_client, toy_definition(size="big"), picture=picture_file(drawn()))

        assert "nodes[find].params.size" in text
        assert "data:image/jpeg" not in text

    def test_a_tool_that_fails(self, admin_client: Client) -> None:
        text = self.try_it(admin_client, toy_definition(label="fail"), picture=picture_file(drawn()))

        assert "The toy broke" in text
        assert "secret inner workings" not in text

    def test_a_file_that_is_no_picture(self, admin_client: Client) -> None:
        text = self.try_it(admin_client, toy_definition(), picture=SimpleUploadedFile("a.jpg", b"words"))

        assert "Not a picture" in text

    def test_a_large_picture_is_shown_smaller(self, admin_client: Client) -> None:
        text = self.try_it(admin_client, toy_definition(), picture=picture_file(drawn("", (4000, 3000))))

        assert "4000x3000" in text
        assert len(text) < 500_000

    def test_the_database_is_free_meanwhile(
        self, admin_client: Client, toys: Runtime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        depths: list[int] = []

        def noted(*args: Any) -> Any:
            depths.append(len(connection.savepoint_ids))
            return None

        monkeypatch.setattr("pipelines.admin.try_definition", noted)
        before = len(connection.savepoint_ids)
        self.try_it(admin_client, toy_definition(), picture=picture_file(drawn()))

        assert depths == [before]

    def test_a_check_needs_no_picture(self, admin_client: Client) -> None:
        text = page(admin_client.post(ADD, form(toy_definition(), _check="Check")))

        assert "The definition is valid. Nothing has been saved yet." in text
        assert not Pipeline.objects.exists()


class TestList:
    def test_invalid_pipelines_are_there_and_say_why(self, admin_client: Client) -> None:
        store("fine")
        store("gone", toy_definition("gone", weights="gone"))
        store("odd", ["not", "a", "definition"])
        definition = toy_definition("orphan")
        definition["nodes"][0]["plugin_id"] = "uninstalled"
        store("orphan", definition)

        text = page(admin_client.get(LIST))

        assert text.count('alt="False"') == 2
        assert "Weights “gone” were not found" in text
        assert "uninstalled" in text
        assert "must be a JSON object" in text

    @pytest.mark.parametrize("definition", [["not", "a", "definition"], "text", {"nodes": 5}])
    def test_an_invalid_pipeline_can_be_opened_and_repaired(
        self, admin_client: Client, definition: Any
    ) -> None:
        store("boxes", definition)

        assert "This pipeline is not valid as it is stored" in page(admin_client.get(CHANGE))
        admin_client.post(CHANGE, form(toy_definition("boxes"), _save="Save"))
        assert definition_of("boxes")

    def act(self, client: Client, action: str, *ids: str) -> str:
        return page(client.post(LIST, {"action": action, "_selected_action": ids}, follow=True))

    def test_enabling_and_disabling(self, admin_client: Client) -> None:
        store("one", enabled=False)
        store("two")

        self.act(admin_client, "enable", "one")
        self.act(admin_client, "disable", "two")

        assert dict(Pipeline.objects.values_list("pk", "enabled")) == {"one": True, "two": False}

    def test_an_invalid_pipeline_cannot_be_enabled(self, admin_client: Client) -> None:
        store("odd", {}, enabled=False)

        assert "“odd” is not valid" in self.act(admin_client, "enable", "odd")
        assert not Pipeline.objects.get(pk="odd").enabled

    def test_putting_back(self, admin_client: Client) -> None:
        store("ocr_only", toy_definition("ocr_only"), enabled=False)
        store("mine")

        text = self.act(admin_client, "restore_shipped", "ocr_only", "mine")

        assert "“ocr_only”: put back as shipped" in text
        assert "“mine” did not come with ForgeSyte" in text
        assert Pipeline.objects.get(pk="ocr_only").definition == default_definitions()["ocr_only"]

    def test_missing_ones_come_back(self, admin_client: Client) -> None:
        store("ocr_only")

        text = page(admin_client.post(f"{LIST}add-missing/", follow=True))

        assert "Added: easyocr_only, yolo_count, yolo_easyocr, yolo_objects, yolo_ocr, yolo_track" in text
        assert Pipeline.objects.get(pk="ocr_only").name == "The ocr_only"
        assert "None is missing." in page(admin_client.post(f"{LIST}add-missing/", follow=True))


class TestPermissions:
    @pytest.fixture
    def viewer(self, client: Client) -> Client:
        user = User.objects.create_user("viewer", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_pipeline"))
        client.force_login(user)
        return client

    def test_who_may_look_sees_the_graph_and_changes_nothing(self, viewer: Client) -> None:
        store()

        text = page(viewer.get(CHANGE))

        assert 'class="graph"' in text
        assert 'name="_try"' not in text
        assert viewer.post(CHANGE, form(toy_definition("boxes"), _save="Save")).status_code == 403
        assert viewer.post(CHANGE, form(toy_definition("boxes"), _try="Try it")).status_code == 403
        assert viewer.post(f"{LIST}add-missing/").status_code == 403

    def test_strangers_see_the_login_page(self, client: Client) -> None:
        assert client.get(LIST)["Location"].startswith("/admin/login/")


def test_pages_hold_no_inline_script_or_style(admin_client: Client) -> None:
    store()
    for response in (
        admin_client.get(LIST),
        admin_client.post(CHANGE, form(toy_definition(), _try="1", picture=picture_file(drawn()))),
    ):
        text = page(response)
        assert " style=" not in text
        assert "<style" not in text
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", text)
        assert "ForgeSyte" in text
