"""A backup's file is read back as it was written, and nothing else is taken for one."""

import io
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from forgesyte.upkeep.archive import ABOUT, CONTENTS, About, extract, new_archive, read_about
from forgesyte.upkeep.errors import UpkeepError

MADE = About("0.1.0", "2026-11-30T08:00:00+00:00", "sqlite", ("jobs.0001_initial",))


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    (tmp_path / "clip.mp4").write_bytes(b"frames" * 20000)
    with new_archive(tmp_path / "backup.tar", MADE) as archive:
        assert archive.add("uploads/7/source.mp4", tmp_path / "clip.mp4")
        assert not archive.add("uploads/8/source.mp4", tmp_path / "gone.mp4")
        archive.add_bytes("secret_key", b"sesame")
    return tmp_path / "backup.tar"


def test_what_was_written_is_read_back(backup: Path, tmp_path: Path) -> None:
    assert read_about(backup) == MADE
    assert extract(backup, tmp_path / "out") == ["uploads/7/source.mp4", "secret_key"]
    assert (tmp_path / "out/uploads/7/source.mp4").read_bytes() == b"frames" * 20000
    assert (tmp_path / "out/secret_key").read_bytes() == b"sesame"
    assert (tmp_path / "out/secret_key").stat().st_mode & 0o077 == 0


def test_the_file_is_its_owners_and_replaces_none(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    with pytest.raises(UpkeepError, match=r"There is a file .* already"), new_archive(backup, MADE):
        pass
    with pytest.raises(UpkeepError, match="Nothing can be written to"), new_archive(backup / "x", MADE):
        pass


def test_what_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(UpkeepError, match="cannot be written: No space"), new_archive(tmp_path / "b", MADE):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def rewritten(backup: Path, change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None]) -> Path:
    """The same archive with other members."""
    with tarfile.open(backup) as archive:
        members = [(member, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]
    change(members)
    with tarfile.open(backup, "w") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return backup


@pytest.mark.parametrize(
    "name",
    [
        "../escaped",
        "uploads/../../escaped",
        "/tmp/escaped",
        "./secret_key",
        "a//b",
        "..\\escaped",
        "uploads/",
    ],
)
def test_no_name_leads_out_of_the_folder(name: str, backup: Path, tmp_path: Path) -> None:
    def rename(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
        members[1][0].name = name

    with pytest.raises(UpkeepError, match="is no plain file"):
        extract(rewritten(backup, rename), tmp_path / "out" / "inner")
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_only_plain_files_are_taken(kind: bytes, backup: Path, tmp_path: Path) -> None:
    with tarfile.open(backup, "w") as archive:
        link = tarfile.TarInfo("uploads")
        link.type, link.linkname = kind, str(tmp_path)
        archive.addfile(link)
    with pytest.raises(UpkeepError, match="is no plain file"):
        extract(backup, tmp_path / "out")


def damage_text(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[1] = (members[1][0], b"FRAMES" * 1000)


def leave_out(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del members[1]


def leave_the_end_out(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    del members[-1]


def go_on(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members.append((tarfile.TarInfo("more"), b""))


def not_json(members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    members[-1] = (members[-1][0], b"{")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (damage_text, r"uploads/7/source.mp4 is not as it was"),
        (leave_out, r"uploads/7/source.mp4 is not as it was"),
        (leave_the_end_out, "cut short"),
        (go_on, "goes on behind its end"),
        (not_json, "is damaged"),
    ],
)
def test_damage_is_told(
    change: Callable[[list[tuple[tarfile.TarInfo, bytes]]], None], told: str, backup: Path, tmp_path: Path
) -> None:
    with pytest.raises(UpkeepError, match=told):
        extract(rewritten(backup, change), tmp_path / "out")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_a_file_that_is_cut_short_is_told(share: float, backup: Path, tmp_path: Path) -> None:
    os.truncate(backup, int(backup.stat().st_size * share))
    with pytest.raises(UpkeepError, match="cut short"):
        extract(backup, tmp_path / "out")


def test_other_files_are_no_backups(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello" * 1000)
    with tarfile.open(tmp_path / "other.tar", "w") as archive:
        archive.add(tmp_path / "text", "text")
    for name, told in (("text", "no backup"), ("other.tar", "no backup"), ("gone", "cannot be read")):
        with pytest.raises(UpkeepError, match=told):
            read_about(tmp_path / name)


def test_a_backup_of_another_format_names_the_version(tmp_path: Path) -> None:
    with new_archive(tmp_path / "new.tar", replace(MADE, format=2, version="9.0")):
        pass
    with pytest.raises(UpkeepError, match=r"has format 2, .* restore it with ForgeSyte 9\.0"):
        read_about(tmp_path / "new.tar")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", json.dumps({**asdict(MADE), "more": 1}).encode()])
def test_what_does_not_say_what_it_is_is_no_backup(data: bytes, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "odd.tar", "w") as archive:
        member = tarfile.TarInfo(ABOUT)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    with pytest.raises(UpkeepError, match="does not say what it is"):
        read_about(tmp_path / "odd.tar")


def test_a_folder_in_the_place_of_the_list_is_no_backup(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "odd.tar", "w") as archive:
        member = tarfile.TarInfo(CONTENTS)
        member.type = tarfile.DIRTYPE
        archive.addfile(member)
    with pytest.raises(UpkeepError, match="does not say what is in it"):
        extract(tmp_path / "odd.tar", tmp_path / "out")
