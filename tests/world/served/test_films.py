"""Films of recorders, phones and browsers at both entries that take them, on one real server."""

from pathlib import Path
from typing import Any

import av
import pytest

from tests.world.served.checks import BOX_WITHIN, FILMS, expected, places
from tests.world.served.entries import Served, Site

pytestmark = pytest.mark.model
each_entry = pytest.mark.parametrize("entry", FILMS)


def worked(served: Site, entry: str, pipeline_id: str, path: Path, **fields: Any) -> Served:
    """The answer to a film that is worked through, and of which nothing is to be warned."""
    answer: Served = getattr(served, entry)(pipeline_id, path, **fields)
    assert answer.error == ""
    assert answer.warnings == []
    return answer


def crossings(answer: Served) -> int:
    """The objects that crossed the door, both ways together."""
    door = answer.results[-1]["counts"]["lines"]["door"]
    return sum(way for way in door.values() if isinstance(way, int))


def annotated(served: Site, answer: Served, path: Path) -> tuple[tuple[float, float], float]:
    """The shape in which an annotated film is shown, and how much later than its sound its picture begins."""
    with av.open(str(served.annotated(answer, path))) as container:
        stream = container.streams.video[0]
        shape = (stream.width * float(stream.sample_aspect_ratio or 1), stream.height)
        first_s = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        sounds = container.streams.audio
        return shape, first_s - next(container.decode(audio=0)).time if sounds else 0.0


@each_entry
@pytest.mark.parametrize(
    ("name", "stride"), [("twenty-a-second.mp4", 1), ("twenty-a-second.mp4", 8), ("two-a-second.mp4", 1)]
)
def test_what_moves_far_between_frames(served: Site, cases: Path, entry: str, name: str, stride: int) -> None:
    path = cases / "T2-few-frames-a-second" / name
    answer: Served = getattr(served, entry)("door_1", path, frame_stride=stride)
    ids = {box["track_id"] for result in answer.results for box in result["detections"] if "track_id" in box}

    assert answer.error == ""
    if stride == 1 and name.startswith("twenty"):
        assert (crossings(answer), len(ids)) == (1, 1)
    else:
        assert crossings(answer) == 1 or "followed" in " ".join(answer.warnings)


@each_entry
@pytest.mark.parametrize("name", ["narrow.mp4", "square.mp4"])
def test_narrow_pixels(served: Site, cases: Path, entry: str, name: str, tmp_path: Path) -> None:
    path = cases / "V2-dvr-narrow-pixels" / name
    answer = worked(served, entry, "narrow", path)

    assert len(answer.results) == 20
    for index, result in enumerate(answer.results):
        box = [0.05 + index / 30, 0.75, 0.12, 0.16]
        assert places(result)["red"] == pytest.approx(box, abs=BOX_WITHIN)
    assert "CAR PARK LEVEL 2" in worked(served, entry, "ocr_only", path, max_frames=1).texts[0]
    if entry == "job":
        assert (answer.job["width"], answer.job["height"]) == (768, 576)
        (width, height), _ = annotated(served, answer, tmp_path / "drawn.mp4")
        assert width / height == pytest.approx(4 / 3, abs=0.01)


@each_entry
def test_an_edit_list(served: Site, cases: Path, entry: str) -> None:
    path = cases / "V3-edit-lists" / "trimmed.mp4"
    answer = worked(served, entry, "quick", path)

    assert answer.times_s == pytest.approx([n / 25 for n in range(40)], abs=0.002)
    texts = worked(served, entry, "ocr_only", path, frame_stride=39).texts
    assert texts == ["FRAME 031", "FRAME 070"]


@each_entry
def test_a_picture_later_than_its_sound(served: Site, cases: Path, entry: str, tmp_path: Path) -> None:
    answer = worked(served, entry, "quick", cases / "V3-edit-lists" / "late-picture.mp4")

    assert len(answer.results) == 20
    assert answer.times_s[0] == pytest.approx(0.8, abs=0.03)
    if entry == "job":
        _, later_s = annotated(served, answer, tmp_path / "drawn.mp4")
        assert later_s == pytest.approx(0.8, abs=0.05)


@each_entry
@pytest.mark.parametrize("name", ["no-length.webm", "short-length.mp4", "short-length.webm"])
def test_recordings_without_length(served: Site, cases: Path, entry: str, name: str) -> None:
    path = cases / "V5-browser-recordings" / name
    answer = worked(served, entry, "quick", path)

    assert answer.times_s == pytest.approx([n / 10 for n in range(30)], abs=0.002)
    assert worked(served, entry, "ocr_only", path, frame_stride=29).texts == ["FRAME 001", "FRAME 030"]
    if entry == "job":
        assert answer.job["progress"] == 100
        assert answer.job["duration_s"] == pytest.approx(3.0, abs=0.01)


@each_entry
def test_a_phone_s_clip(served: Site, cases: Path, entry: str, tmp_path: Path) -> None:
    folder = cases / "V6-iphone-clip"
    said, path = expected(folder), folder / "IMG_0417.MOV"
    answer = worked(served, entry, "iphone", path)

    assert len(answer.results) == 20
    for index, result in enumerate(answer.results):
        boxes = {
            "red": [0.1, 0.04 + index / 80, 0.2, 0.08],
            "green": said["green"],
            "blue": said["blue"],
        }
        found = places(result)
        assert sorted(found) == sorted(boxes)
        for label, box in boxes.items():
            assert found[label] == pytest.approx(box, abs=BOX_WITHIN), (index, label)
    assert "PLATFORM 9" in worked(served, entry, "ocr_only", path, max_frames=1).texts[0]
    if entry == "job":
        assert (answer.job["width"], answer.job["height"]) == (360, 640)
        assert annotated(served, answer, tmp_path / "drawn.mp4")[0] == (360, 640)


def test_exports_of_films_of_one_name(served: Site, cases: Path) -> None:
    names: list[str] = []
    for day, label in (("monday", "red"), ("tuesday", "green")):
        answer = worked(
            served, "job", "same_names", cases / "X1-same-names" / day / "clip.mp4", frame_stride=3
        )
        coco = served.export(answer, "coco").json()
        numbers = {category["id"]: category["name"] for category in coco["categories"]}
        images = {image["id"]: image["file_name"] for image in coco["images"]}

        assert sorted(images) == list(range(1, 29, 3))
        assert min(numbers) == min(one["id"] for one in coco["annotations"]) == 1
        assert {numbers[one["category_id"]] for one in coco["annotations"]} == {label}
        for one in coco["annotations"]:
            assert f"{one['image_id']:06}" in images[one["image_id"]]
        for line in answer.lines:
            box = [line["frame_index"] / 60, 0.75, 0.1, 0.15]
            assert places(line["result"])[label] == pytest.approx(box, abs=BOX_WITHIN)
        names += images.values()
    assert len(set(names)) == len(names)


def test_a_name_of_the_world_stays(served: Site, cases: Path) -> None:
    path = next((cases / "X1-same-names").glob("*.mp4"))
    answer = worked(served, "job", "same_names", path)
    listed = served.get("/jobs").json()["jobs"]

    assert answer.job["source_name"] == path.name
    assert path.name in [job["source_name"] for job in listed]
    assert served.export(answer, "json").json()["source_name"] == path.name
    assert len(worked(served, "command", "same_names", path).results) == len(answer.results)
