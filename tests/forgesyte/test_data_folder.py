"""The data folder: who may read it, and that four starts at once agree on a key."""

import json
import logging
import os
import secrets
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from forgesyte import data_folder
from forgesyte.conf import ProjectSettings, database_config
from forgesyte.data_folder import keep_private, make_data_dir, stored_secret_key
from forgesyte.env import BadSetting

ROOT = Path(__file__).parents[2]
AGREE = """
import sys
from pathlib import Path
from typing import IO
from forgesyte.data_folder import stored_secret_key
sys.stdin.read()
print(stored_secret_key(Path(sys.argv[1])))
"""


@pytest.fixture(autouse=True)
def usual_mask() -> Iterator[None]:
    """Set the umask of most machines; after the test it is what it was before."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode_of(path: Path) -> str:
    return f"{stat.S_IMODE(path.stat().st_mode):04o}"


class TestSecretKey:
    def test_it_is_made_once_and_private(self, tmp_path: Path) -> None:
        path = tmp_path / "secret_key"
        first = stored_secret_key(path)
        assert len(first) >= 50
        assert stored_secret_key(path) == first
        assert mode_of(path) == "0600"
        assert os.listdir(tmp_path) == ["secret_key"], "nothing else is left"

    def test_an_empty_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "secret_key").touch()
        with pytest.raises(BadSetting, match="is empty: delete it"):
            stored_secret_key(tmp_path / "secret_key")

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        with pytest.raises(BadSetting, match=r"cannot be written .*: set SECRET_KEY"):
            stored_secret_key(tmp_path / "nowhere" / "secret_key")

    def test_whoever_comes_in_between_was_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second process saw an empty file and ended with “is empty”."""
        path, keys = tmp_path / "secret_key", iter(["ours", "theirs"])

        def new_key(size: int) -> str:
            key = next(keys)
            if key == "ours":
                assert stored_secret_key(path) == "theirs"
            return key

        monkeypatch.setattr(secrets, "token_urlsafe", new_key)
        assert stored_secret_key(path) == "theirs"

    def test_a_file_system_that_gives_one_name_only(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(self: Path, target: Path) -> None:
            raise PermissionError

        monkeypatch.setattr(Path, "hardlink_to", refuse)
        path = tmp_path / "secret_key"
        assert stored_secret_key(path) == stored_secret_key(path)
        assert os.listdir(tmp_path) == ["secret_key"]

    def test_four_starts_at_once_agree(self, tmp_path: Path) -> None:
        starts = [
            subprocess.Popen(
                [sys.executable, "-c", AGREE, str(tmp_path / "secret_key")],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(4)
        ]
        for start in starts:
            assert start.stdin is not None
            start.stdin.close()
        keys = set()
        for start in starts:
            assert start.stdout is not None
            keys.add(start.stdout.read())
            start.stdout.close()
            assert start.wait(30) == 0
        assert len(keys) == 1


class TestPermissions:
    def test_a_new_folder_is_for_its_owner(self, tmp_path: Path) -> None:
        make_data_dir(tmp_path / "above" / "data")
        assert mode_of(tmp_path / "above" / "data") == "0700"
        assert mode_of(tmp_path / "above") == "0755", "what is not ours stays as it is made"

    def test_so_is_a_new_database_with_all_that_sqlite_keeps_beside_it(self, tmp_path: Path) -> None:
        """It was 0644 in a folder of 0755."""
        config = database_config("", tmp_path)
        with sqlite3.connect(config["NAME"]) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE t (x)")
            assert {path.name: mode_of(path) for path in tmp_path.iterdir()} == {
                "forgesyte.sqlite3": "0600",
                "forgesyte.sqlite3-wal": "0600",
                "forgesyte.sqlite3-shm": "0600",
            }
        database.close()

    @pytest.mark.parametrize("url", ["sqlite://:memory:", "postgres://u:p@db/vision"])
    def test_other_databases_are_no_files(self, tmp_path: Path, url: str) -> None:
        env = {"FORGESYTE_DATA_DIR": str(tmp_path), "DATABASE_URL": url}
        assert ProjectSettings.from_env(env, tmp_path).database_file is None
        assert not list(tmp_path.glob("*memory*"))

    def test_an_older_installation_is_mended_and_the_log_says_so(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        data, elsewhere = tmp_path / "data", tmp_path / "elsewhere.sqlite3"
        data.mkdir()
        (data / "uploads").mkdir()
        (data / "secret_key").touch(0o600)
        for path in (data / "forgesyte.sqlite3", data / "lan-certificate.pem", elsewhere):
            path.touch(0o644)
        (data / "link").symlink_to(ROOT / "README.md")
        readme = mode_of(ROOT / "README.md")

        with caplog.at_level(logging.WARNING):
            keep_private(data, elsewhere)

        narrowed = {(Path(r.fields["path"]).name, r.fields["mode"]) for r in caplog.records}  # type: ignore[attr-defined]
        assert narrowed == {
            ("data", "0755"),
            ("forgesyte.sqlite3", "0644"),
            ("lan-certificate.pem", "0644"),
            ("elsewhere.sqlite3", "0644"),
        }
        assert mode_of(data) == "0700"
        assert {mode_of(path) for path in data.iterdir() if path.is_file() and not path.is_symlink()} == {
            "0600"
        }
        assert mode_of(ROOT / "README.md") == readme

    def test_what_is_made_from_then_on_is_private(self, tmp_path: Path) -> None:
        keep_private(tmp_path)
        (tmp_path / "uploads").mkdir()
        (tmp_path / "uploads" / "file").touch()
        assert (mode_of(tmp_path / "uploads"), mode_of(tmp_path / "uploads" / "file")) == ("0700", "0600")

    def test_a_folder_of_somebody_else_is_told_of(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(self: Path, mode: int) -> None:
            raise PermissionError(1, "Operation not permitted")

        tmp_path.chmod(0o755)
        monkeypatch.setattr(Path, "chmod", refuse)
        keep_private(tmp_path)
        assert [record.message for record in caplog.records] == ["permissions_too_wide"]

    def test_one_that_cannot_be_looked_at_is_told_of(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        def refuse(self: Path) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "stat", refuse)
        data_folder.narrow(tmp_path)
        monkeypatch.undo()
        assert [record.message for record in caplog.records] == ["permissions_too_wide"]

    def test_what_is_gone_meanwhile_is_no_matter(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        data_folder.narrow(tmp_path / "gone-wal")
        assert caplog.records == []


def test_migrate_in_a_new_folder_leaves_nothing_for_others(tmp_path: Path) -> None:
    """The command that makes the database on a new machine, as it is run there."""
    data = tmp_path / "data"
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SECRET_KEY")}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "contenttypes", "--verbosity", "0"],
        cwd=ROOT,
        env=env | {"FORGESYTE_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "forgesyte.settings"},
        check=True,
        timeout=120,
    )
    modes = {path.name: mode_of(path) for path in data.iterdir() if path.is_file()}
    assert mode_of(data) == "0700"
    assert set(modes.values()) == {"0600"}, json.dumps(modes)


def test_who_uses_the_folder_keeps_others_from_having_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[IO[bytes]] = []
    monkeypatch.setattr(data_folder, "_in_use", held)
    data_folder.use(tmp_path)
    data_folder.use(tmp_path)
    with data_folder.alone(tmp_path) as is_alone:
        assert not is_alone
    for file in held:
        file.close()
    with data_folder.alone(tmp_path) as is_alone, data_folder.alone(tmp_path) as is_second:
        assert (is_alone, is_second) == (True, False)
        data_folder.use(tmp_path)
    assert len(held) == 2


def test_a_folder_that_knows_no_locks_is_used_all_the_same(tmp_path: Path) -> None:
    data_folder.use(tmp_path / "gone")
    with data_folder.alone(tmp_path / "gone") as is_alone:
        assert not is_alone
