"""The frame of the HTTP API: its faults, its old addresses, who gets in, and its description."""

import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError
from django.test import Client, RequestFactory
from pytest_django import Settings

from forgesyte.api.errors import server_error
from tests.pipelines.api.answers import RUN, refusal, store
from tests.pipelines.pictures import drawn, picture_file
from tests.pipelines.toy import toy_definition

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("toys")]


class TestFaults:
    @pytest.mark.parametrize("path", ["/pipelines/boxes/nothing", "/plugins/7", "/v1/nope", "/v1"])
    def test_an_unknown_path(self, client: Client, path: str) -> None:
        assert refusal(client.get(path))[:2] == (404, "not_found")

    def test_a_wrong_method(self, client: Client) -> None:
        response = client.post("/pipelines/list")

        assert refusal(response) == (405, "method_not_allowed", "Use GET here")
        assert response["Allow"] == "GET"

    def test_a_head_request_is_answered_like_a_get(self, client: Client) -> None:
        assert client.head("/pipelines/list").status_code == 200

    def test_a_bug_is_logged_and_not_told(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def broken() -> None:
            raise RuntimeError("secret inner workings")

        monkeypatch.setattr("pipelines.selectors.list_pipelines", broken)

        assert refusal(client.get("/pipelines/list")) == (500, "internal_error", "Unexpected error occurred")
        assert "secret inner workings" in caplog.text

    @pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
    def test_a_database_that_is_away_is_told(
        self,
        client: Client,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        kind: type[Exception],
    ) -> None:
        def away() -> None:
            raise kind("disk I/O error")

        monkeypatch.setattr("pipelines.selectors.list_pipelines", away)

        detail = "The database does not answer: try again in a moment"
        assert refusal(client.get("/pipelines/list")) == (503, "unavailable", detail)
        assert [record.message for record in caplog.records] == ["database_unreachable"]
        assert "disk I/O error" in str(caplog.records[0].__dict__["fields"])

    def test_a_person_gets_a_page(self, client: Client) -> None:
        response = client.get("/nothing", headers={"Accept": "text/html,*/*;q=0.8"})

        assert response.status_code == 404
        assert response["Content-Type"].startswith("text/html")

    @pytest.mark.parametrize(("path", "kind"), [("/plugins", "application/json"), ("/admin/", "text/html")])
    def test_a_bug_before_the_operation(self, rf: RequestFactory, path: str, kind: str) -> None:
        response = server_error(rf.get(path, headers={"Accept": "text/html"}))

        assert response.status_code == 500
        assert response["Content-Type"].startswith(kind)

    def test_a_host_that_is_not_ours(self, client: Client) -> None:
        assert refusal(client.get("/pipelines/list", headers={"Host": "evil.example"}))[:2] == (
            400,
            "bad_request",
        )


@pytest.mark.django_db(transaction=True)
class TestAlias:
    def test_it_answers_alike_and_says_that_it_is_old(
        self, client: Client, caplog: pytest.LogCaptureFixture
    ) -> None:
        store(toy_definition("boxes"))

        old, new = client.get("/v1/pipelines/boxes/info"), client.get("/pipelines/boxes/info")

        assert old.json() == new.json()
        assert old["Deprecation"].startswith("@")
        assert int(old["Deprecation"][1:]) > 1_700_000_000
        assert old["Link"] == '</pipelines/boxes/info>; rel="successor-version"'
        assert "Deprecation" not in new
        logged = next(record for record in caplog.records if record.message == "deprecated_path")
        assert logged.__dict__["fields"]["successor"] == "/pipelines/boxes/info"

    def test_it_runs_pictures_too(self, client: Client) -> None:
        store(toy_definition("boxes"))

        response = client.post(f"/v1{RUN}", {"file": picture_file(drawn())})

        assert response.json()["result"]["text"] == "1 found"
        assert "Deprecation" in response

    def test_its_errors_are_alike(self, client: Client) -> None:
        assert refusal(client.delete("/v1/pipelines/list"))[:2] == (405, "method_not_allowed")


class TestAccess:
    @pytest.fixture
    def closed(self, settings: Settings) -> None:
        settings.FORGESYTE_REQUIRE_LOGIN = True

    @pytest.fixture
    def person(self) -> User:
        return User.objects.create_user("ada", password="lovelace-1843")

    @pytest.mark.usefixtures("closed")
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/pipelines/list"),
            ("GET", "/v1/plugins"),
            ("POST", RUN),
            ("POST", "/pipelines/validate"),
        ],
    )
    def test_strangers_stay_outside(self, client: Client, method: str, path: str) -> None:
        assert refusal(client.generic(method, path))[:2] == (401, "unauthorized")

    @pytest.mark.usefixtures("closed")
    @pytest.mark.parametrize("path", ["/health", "/ready"])
    def test_probes_may_pass(self, client: Client, path: str) -> None:
        assert client.get(path).status_code in (200, 503)

    @pytest.mark.usefixtures("closed")
    def test_metrics_are_for_operators(self, client: Client) -> None:
        assert refusal(client.get("/metrics"))[:2] == (401, "unauthorized")

    @pytest.mark.usefixtures("closed")
    def test_strangers_who_look_at_the_documentation_log_in_first(self, client: Client) -> None:
        assert client.get("/docs")["Location"] == "/account/login/?next=/docs"

    @pytest.mark.usefixtures("closed")
    def test_those_logged_in_may_look(self, client: Client, person: User) -> None:
        client.force_login(person)

        assert client.get("/pipelines/list").status_code == 200

    @pytest.mark.usefixtures("closed")
    def test_a_cookie_alone_runs_nothing(self, person: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(person)

        assert refusal(client.post("/pipelines/validate", "{}", content_type="application/json"))[0] == 403

    @pytest.mark.usefixtures("closed")
    def test_a_cookie_with_its_token_does(self, person: User) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(person)
        client.get("/docs")
        token = client.cookies["csrftoken"].value

        response = client.post(
            "/pipelines/validate", "{}", content_type="application/json", headers={"X-CSRFToken": token}
        )

        assert response.json()["valid"] is False

    @pytest.mark.parametrize(
        ("origin", "status"),
        [("http://testserver", 200), ("https://evil.example", 403), ("null", 403)],
    )
    def test_pages_of_other_sites_run_nothing_on_an_open_server(
        self, client: Client, origin: str, status: int
    ) -> None:
        response = client.post(
            "/pipelines/validate", "{}", content_type="application/json", headers={"Origin": origin}
        )

        assert response.status_code == status

    def test_a_script_needs_no_token_on_an_open_server(self) -> None:
        client = Client(enforce_csrf_checks=True)

        response = client.post("/pipelines/validate", "{}", content_type="application/json")

        assert response.status_code == 200


class TestDocumentation:
    def test_every_operation_is_described(self, client: Client) -> None:
        paths = client.get("/openapi.json").json()["paths"]

        assert set(paths) >= {
            "/health",
            "/ready",
            "/pipelines/list",
            "/pipelines/{pipeline_id}/info",
            "/pipelines/validate",
            "/pipelines/{pipeline_id}/run",
            "/plugins",
        }

    def test_the_page_loads_nothing_from_elsewhere(self, client: Client) -> None:
        page = client.get("/docs").content.decode()

        assert "swagger-ui-bundle.js" in page
        assert "https://" not in page
        assert "//cdn" not in page
