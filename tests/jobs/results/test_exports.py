"""Results as other programs read them."""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.results.exports import COLUMNS, FORMATS, Source, cell
from jobs.results.result_lines import encode, error_line, result_line

SOURCE = Source("job-1", "street.mp4", "boxes", "completed", 200, 100)
CAR = {"x": 0.1, "y": 0.2, "w": 0.25, "h": 0.5, "label": "car", "score": 0.9}
SIGN = {
    **{"x": 0.5, "y": 0.5, "w": 0.1, "h": 0.1, "label": "text", "score": 0.8},
    **{"text": "NO ENTRY", "text_score": 0.97, "track_id": 7},
}
DIAMOND = [[0.6, 0.5], [0.65, 0.6], [0.6, 0.7], [0.55, 0.6]]
LINES = [
    result_line(1, 0.0, {"detections": [CAR, SIGN], "text": "NO ENTRY"}, {"find": 1.5}, []),
    result_line(2, 0.04, {"detections": []}, {"find": 1.5}, ["dark"]),
    error_line(3, 0.08, "It cannot be decoded: zeros", []),
    result_line(4, 0.12, {"detections": [CAR]}, {"find": 1.5}, []),
]


def export(name: str, lines: list[dict[str, Any]] | None = None, source: Source = SOURCE) -> bytes:
    kept = [encode(line) for line in (LINES if lines is None else lines)]
    return b"".join(FORMATS[name].write(source, lambda: iter(kept)))


def rows(lines: list[dict[str, Any]] | None = None) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export("csv", lines).decode("utf-8-sig"), newline="")))


def of(*detections: dict[str, Any]) -> list[dict[str, Any]]:
    return [result_line(1, 0.0, {"detections": list(detections)}, {}, [])]


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_holds_more_than_a_line_back(name: str) -> None:
    taken = 0

    def lines() -> Iterator[bytes]:
        nonlocal taken
        for line in LINES:
            taken += 1
            yield encode(line)

    pieces = FORMATS[name].write(SOURCE, lines)
    while taken == 0:
        next(pieces)
    assert taken == 1, "the first piece needs the first line only"


class TestJson:
    def test_every_line_is_there(self) -> None:
        assert json.loads(export("json")) == {
            "job_id": "job-1",
            "pipeline_id": "boxes",
            "status": "completed",
            "source_name": "street.mp4",
            "results": LINES,
        }

    def test_nothing_yet(self) -> None:
        assert json.loads(export("json", []))["results"] == []

    def test_lines_of_json(self) -> None:
        assert [json.loads(line) for line in export("jsonl").splitlines()] == LINES


class TestCsv:
    def test_every_column_of_every_row(self) -> None:
        assert export("csv").decode("utf-8-sig").splitlines() == [
            "frame_index,time_s,label,score,x,y,w,h,left_px,top_px,width_px,height_px,"
            "text,text_score,track_id,error,polygon_px",
            "1,0.0,car,0.9,0.1,0.2,0.25,0.5,20.0,20.0,50.0,50.0,,,,,",
            "1,0.0,text,0.8,0.5,0.5,0.1,0.1,100.0,50.0,20.0,10.0,NO ENTRY,0.97,7,,",
            "3,0.08,,,,,,,,,,,,,,It cannot be decoded: zeros,",
            "4,0.12,car,0.9,0.1,0.2,0.25,0.5,20.0,20.0,50.0,50.0,,,,,",
        ]

    def test_a_text_without_a_place_and_a_number_of_zero(self) -> None:
        lines = [
            result_line(5, 0.2, {"detections": [], "text": "3 cars"}, {}, []),
            result_line(6, 0.24, {"detections": [{**CAR, "x": 0.0, "score": 0.0, "track_id": 0}]}, {}, []),
        ]
        assert export("csv", lines).decode("utf-8-sig").splitlines()[1:] == [
            "5,0.2,,,,,,,,,,,3 cars,,,,",
            "6,0.24,car,0.0,0.0,0.2,0.25,0.5,0.0,20.0,50.0,50.0,,,0,,",
        ]

    def test_a_row_for_each_detection_and_each_failure(self) -> None:
        found = rows()

        assert [(row["frame_index"], row["label"]) for row in found] == [
            *(("1", "car"), ("1", "text"), ("3", ""), ("4", "car"))
        ]
        assert found[2]["error"] == "It cannot be decoded: zeros"
        assert tuple(found[0]) == COLUMNS

    def test_fractions_and_pixels(self) -> None:
        car = rows()[0]

        assert [float(car[name]) for name in ("x", "y", "w", "h")] == [0.1, 0.2, 0.25, 0.5]
        assert [float(car[f"{name}_px"]) for name in ("left", "top", "width", "height")] == [20, 20, 50, 50]

    def test_what_a_tool_did_not_set_is_empty(self) -> None:
        car, sign, *_ = rows()

        assert (car["text"], car["text_score"], car["track_id"]) == ("", "", "")
        assert (sign["text"], sign["text_score"], sign["track_id"]) == ("NO ENTRY", "0.97", "7")

    def test_text_without_a_place_has_a_row(self) -> None:
        (row,) = rows([result_line(1, 0.0, {"detections": [], "text": "3 cars"}, {}, [])])

        assert (row["text"], row["x"]) == ("3 cars", "")

    @pytest.mark.parametrize(
        ("text", "harmless"),
        [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            (" =1", "' =1"),
            ('"=1', "'\"=1"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("\n@a", "'\n'@a"),
            ("＝1", "'＝1"),  # noqa: RUF001
            ("SALE;=1+1", "SALE;'=1+1"),
            ('SALE; "=1+1', "SALE;' \"=1+1"),
            ("a\tb\t+1", "a\tb\t'+1"),
            ("a\n=1\r\n-2", "a\n'=1\r\n'-2"),
            ("a|@b;;=c", "a|'@b;;'=c"),
            ("a-b = c; d", "a-b = c; d"),
            ("3, -4", "3, -4"),
        ],
    )
    def test_no_text_becomes_a_formula_whatever_separates_cells(self, text: str, harmless: str) -> None:
        (row,) = rows(of({**SIGN, "text": text, "label": text}))

        assert row["text"] == row["label"] == harmless

    def test_nor_does_what_a_tool_gives_instead_of_a_number(self) -> None:
        (row,) = rows(of({**SIGN, "track_id": "=1", "score": "@a"}))

        assert (row["track_id"], row["score"]) == ("'=1", "'@a")

    @given(text=st.text(st.sampled_from("=+-@;|\t\r\n \"'a,＝")))  # noqa: RUF001
    def test_no_cell_begins_like_a_formula_in_any_program(self, text: str) -> None:
        """However a program takes a line apart, quotes or not."""
        for piece in re.split(r"[;|\t\r\n]", cell(text)):
            assert not piece.lstrip(' "').startswith(("=", "+", "-", "@", "＝"))  # noqa: RUF001

    @given(text=st.text(st.characters(codec="utf-8")))
    def test_any_text_comes_back(self, text: str) -> None:
        (row,) = rows(of({**SIGN, "text": text}))

        assert row["text"] == cell(text)

    def test_the_corners_of_an_oriented_box(self) -> None:
        (row,) = rows(of({**SIGN, "polygon": DIAMOND}))

        assert json.loads(row["polygon_px"]) == [[120, 50], [130, 60], [120, 70], [110, 60]]

    def test_an_oriented_box_of_which_a_corner_is_unknown_has_none(self) -> None:
        (row,) = rows(of({**SIGN, "polygon": [[0.6, None], *DIAMOND[1:]]}))

        assert (row["polygon_px"], row["x"]) == ("", "0.5")

    def test_a_box_without_a_place(self) -> None:
        (row,) = rows(of({**CAR, "x": None}))

        assert (row["x"], row["left_px"], row["label"]) == ("", "", "car")


class TestCoco:
    """Images, annotations and categories refer to each other, as pycocotools needs for its index."""

    def parsed(self, lines: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(export("coco", lines))
        images = {image["id"] for image in found["images"]}
        categories = {category["id"] for category in found["categories"]}
        assert len(images) == len(found["images"])
        assert len(categories) == len(found["categories"])
        numbers = [annotation["id"] for annotation in found["annotations"]]
        assert numbers == list(range(1, len(numbers) + 1))
        for annotation in found["annotations"]:
            assert annotation["image_id"] in images
            assert annotation["category_id"] in categories
            assert annotation["iscrowd"] == 0
            left, top, width, height = annotation["bbox"]
            assert annotation["area"] == pytest.approx(width * height, abs=0.01)
            assert 0 <= left < left + width <= SOURCE.width
            assert 0 <= top < top + height <= SOURCE.height
            assert len(annotation["segmentation"][0]) == 8
        return found

    def test_every_field(self) -> None:
        frame = {"width": 200, "height": 100}
        car = {"category_id": 1, "bbox": [20.0, 20.0, 50.0, 50.0], "area": 2500.0, "iscrowd": 0, "score": 0.9}
        car["segmentation"] = [[20.0, 20.0, 70.0, 20.0, 70.0, 70.0, 20.0, 70.0]]
        assert self.parsed() == {
            "info": {"description": "street.mp4 through boxes", "version": "job-1"},
            "licenses": [],
            "images": [
                {"id": 1, **frame, "file_name": "street_job-1_000001.jpg", "frame_index": 1, "time_s": 0.0},
                {"id": 2, **frame, "file_name": "street_job-1_000002.jpg", "frame_index": 2, "time_s": 0.04},
                {"id": 3, **frame, "file_name": "street_job-1_000003.jpg", "frame_index": 3, "time_s": 0.08},
                {"id": 4, **frame, "file_name": "street_job-1_000004.jpg", "frame_index": 4, "time_s": 0.12},
            ],
            "annotations": [
                {"id": 1, "image_id": 1, **car},
                {
                    **{"id": 2, "image_id": 1, "category_id": 2, "iscrowd": 0, "area": 200.0, "score": 0.8},
                    **{"bbox": [100.0, 50.0, 20.0, 10.0], "text": "NO ENTRY", "track_id": 7},
                    "segmentation": [[100.0, 50.0, 120.0, 50.0, 120.0, 60.0, 100.0, 60.0]],
                },
                {"id": 3, "image_id": 4, **car},
            ],
            "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "text"}],
        }

    def test_an_image_for_each_frame(self) -> None:
        found = self.parsed()

        assert [image["id"] for image in found["images"]] == [1, 2, 3, 4]
        assert found["images"][0]["file_name"] == "street_job-1_000001.jpg"
        assert (found["images"][0]["width"], found["images"][0]["height"]) == (200, 100)

    def test_no_frame_of_another_job_has_its_name(self) -> None:
        """Recorders call every file alike, and both exports go into one set of data."""
        other = Source("job-2", "street.mp4", "boxes", "completed", 200, 100)
        names = [
            image["file_name"]
            for source in (SOURCE, other)
            for image in json.loads(export("coco", source=source))["images"]
        ]

        assert len(set(names)) == len(names) == 8

    @pytest.mark.parametrize("name", ["x" * 255 + ".mp4", "大" * 85 + ".mp4"])
    def test_a_name_is_never_too_long_for_a_file(self, name: str) -> None:
        source = Source("3f0d6ac1-6b0c-4c39-8f6e-2d8d2a1f9c11", name, "boxes", "completed", 200, 100)
        [image] = json.loads(export("coco", of(CAR), source))["images"]

        assert len(image["file_name"].encode()) <= 255
        assert image["file_name"].startswith(name[:20])

    def test_boxes_in_pixels_of_their_category(self) -> None:
        found = self.parsed()

        names = {category["id"]: category["name"] for category in found["categories"]}
        boxes = [
            (names[item["category_id"]], item["image_id"], item["bbox"]) for item in found["annotations"]
        ]
        assert boxes == [
            ("car", 1, [20, 20, 50, 50]),
            ("text", 1, [100, 50, 20, 10]),
            ("car", 4, [20, 20, 50, 50]),
        ]

    def test_scores_texts_and_tracks_are_kept(self) -> None:
        car, sign, _ = self.parsed()["annotations"]

        assert car["score"] == 0.9
        assert "text" not in car
        assert (sign["text"], sign["track_id"]) == ("NO ENTRY", 7)

    def test_boxes_end_at_the_edge(self) -> None:
        (found,) = self.parsed(of({**CAR, "x": -0.1, "y": 0.75}))["annotations"]

        assert found["bbox"] == [0, 75, 30, 25]

    def test_an_oriented_box_is_outlined_by_its_corners(self) -> None:
        box = {"x": 0.55, "y": 0.5, "w": 0.1, "h": 0.2}
        found = json.loads(export("coco", of({**SIGN, **box, "polygon": DIAMOND})))["annotations"][0]

        assert found["segmentation"] == [[120, 50, 130, 60, 120, 70, 110, 60]]
        assert (found["bbox"], found["area"]) == ([110, 50, 20, 20], 200)

    def test_an_oriented_box_ends_at_the_edge(self) -> None:
        box = {"x": 0.0, "y": 0.5, "w": 0.05, "h": 0.2}
        diamond = [[x - 0.6, y] for x, y in DIAMOND]
        found = json.loads(export("coco", of({**SIGN, **box, "polygon": diamond})))["annotations"][0]

        assert set(zip(found["segmentation"][0][::2], found["segmentation"][0][1::2], strict=True)) == {
            *((0, 50), (10, 60), (0, 70))
        }
        assert (found["bbox"], found["area"]) == ([0, 50, 10, 20], 100)

    @pytest.mark.parametrize("place", [{"x": None}, {"x": 1.5}, {"w": 0.0}, {"h": -0.1}])
    def test_what_has_no_area_is_left_out(self, place: dict[str, Any]) -> None:
        assert self.parsed(of({**CAR, **place}, SIGN))["annotations"][0]["text"] == "NO ENTRY"

    def test_nothing_found(self) -> None:
        found = self.parsed(of())

        assert found["annotations"] == found["categories"] == []


class TestFilmThatChangesItsSize:
    LINES = (
        result_line(1, 0.0, {"detections": [CAR]}, {}, []),
        result_line(2, 0.1, {"detections": [CAR]}, {}, [], (100, 400)),
    )

    def test_pixels_in_a_table_are_those_of_the_frame(self) -> None:
        found = rows(list(self.LINES))

        assert [(row["left_px"], row["top_px"], row["width_px"], row["height_px"]) for row in found] == [
            ("20.0", "20.0", "50.0", "50.0"),
            ("10.0", "80.0", "25.0", "200.0"),
        ]

    def test_images_and_boxes_of_coco_are_those_of_the_frame(self) -> None:
        found = json.loads(export("coco", list(self.LINES)))

        assert [(image["width"], image["height"]) for image in found["images"]] == [(200, 100), (100, 400)]
        assert [item["bbox"] for item in found["annotations"]] == [[20, 20, 50, 50], [10, 80, 25, 200]]


def test_a_table_begins_as_excel_wants_it() -> None:
    assert export("csv").startswith(b"\xef\xbb\xbfframe_index,")
