"""Results in the formats that other programs read, made line by line; pure.

Each function takes the raw lines of a result (see `result_lines.py`) and gives pieces of UTF-8 as they are
ready, so that no result is ever whole in memory.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from jobs.results.polygons import Point, area_of, on_frame, polygon_px
from jobs.results.result_lines import Line

# What a spreadsheet takes for a formula, also behind blanks and quotes, where it takes a cell to begin: many
# separate by semicolons or tabs, and then quotes do not hold a cell together. Text that a picture shows must
# not become one.
FORMULA = re.compile(
    r"""^(?=[\t\r\n])|(^|[;|\t\r\n\v\f])(?=[ \u00a0\u3000"']*[=+\-@＝＋－＠])"""  # noqa: RUF001
)
COLUMNS = (
    *("frame_index", "time_s", "label", "score", "x", "y", "w", "h"),
    *("left_px", "top_px", "width_px", "height_px", "text", "text_score", "track_id", "error"),
    "polygon_px",
)
PLACE = ("x", "y", "w", "h")
Size = tuple[int, int]
# Excel takes a file for UTF-8 where it begins with this; other programs leave it out.
BYTE_ORDER_MARK = "\ufeff"
# No file system takes names of more than 255 bytes.
MAX_STEM_BYTES = 150


@dataclass(frozen=True)
class Source:
    """The job and the file that results belong to; width and height in pixels, where a line has no other."""

    job_id: str
    name: str
    pipeline_id: str
    status: str
    width: int
    height: int


Lines = Iterable[bytes]
OpenLines = Callable[[], Lines]


@dataclass(frozen=True)
class Format:
    """A format of results; `write` may go through the lines more than once."""

    content_type: str
    suffix: str
    write: Callable[[Source, OpenLines], Iterator[bytes]]


def as_jsonl(source: Source, lines: OpenLines) -> Iterator[bytes]:
    """The lines as they are kept."""
    yield from lines()


def as_json(source: Source, lines: OpenLines) -> Iterator[bytes]:
    """One object, with a line of results for each frame under `results`."""
    head = {"job_id": source.job_id, "pipeline_id": source.pipeline_id, "status": source.status}
    yield json.dumps({**head, "source_name": source.name}, ensure_ascii=False).encode()[:-1]
    yield b', "results": ['
    between = b"\n"
    for line in lines():
        yield between + line.rstrip(b"\n")
        between = b",\n"
    yield b"\n]}\n"


def as_csv(source: Source, lines: OpenLines) -> Iterator[bytes]:
    """A row for each detection, one for each text without a place, and one for each frame that failed."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write(BYTE_ORDER_MARK)
    writer.writerow(COLUMNS)
    for raw in lines():
        line = json.loads(raw)
        writer.writerows([cell(row.get(name, "")) for name in COLUMNS] for row in rows_of(line, source))
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode()


def rows_of(line: Line, source: Source) -> Iterator[dict[str, Any]]:
    """The rows of a table for a line, by the names of their columns."""
    frame = {"frame_index": line["frame_index"], "time_s": line["time_s"]}
    found = line["result"].get("detections") or []
    for detection in found:
        yield {**frame, **detection_columns(detection, size_of(line, source))}
    text = line["result"].get("text")
    if text and not found:
        yield {**frame, "text": text}
    if "error" in line:
        yield {**frame, "error": line["error"]}


def detection_columns(detection: Mapping[str, Any], size_wh: Size) -> dict[str, Any]:
    """A detection as columns; what a tool did not set stays empty."""
    columns = {name: detection.get(name) for name in ("score", *PLACE, "text_score", "track_id")}
    for name in ("label", "text"):
        columns[name] = str(detection.get(name) or "")
    if has_place(detection):
        left, top, width, height = (round(value, 2) for value in box_px(detection, size_wh))
        columns |= {"left_px": left, "top_px": top, "width_px": width, "height_px": height}
    if polygon := polygon_px(detection, *size_wh):
        columns["polygon_px"] = json.dumps(polygon)
    return {name: "" if value is None else value for name, value in columns.items()}


def size_of(line: Line, source: Source) -> Size:
    """Width and height of a frame in pixels: its own where the film changes its size."""
    return line.get("width", source.width), line.get("height", source.height)


def cell(value: Any) -> Any:
    """A value as a cell: in text, an apostrophe stands before what a spreadsheet would compute."""
    return value if isinstance(value, int | float) else FORMULA.sub(r"\1'", str(value))


def as_coco(source: Source, lines: OpenLines) -> Iterator[bytes]:
    """COCO's object detection format: an image for each frame, an annotation for each detection on it.

    https://cocodataset.org/#format-data. Boxes end at the edge of the frame; what has no area is left out.
    """
    info = {"description": f"{source.name} through {source.pipeline_id}", "version": source.job_id}
    yield json.dumps({"info": info, "licenses": []}, ensure_ascii=False).encode()[:-1]
    yield b', "images": ['
    yield from separated(coco_image(json.loads(raw), source) for raw in lines())
    yield b'], "annotations": ['
    categories: dict[str, int] = {}
    yield from separated(coco_annotations(map(json.loads, lines()), source, categories))
    yield b'], "categories": ['
    yield from separated({"id": number, "name": name} for name, number in categories.items())
    yield b"]}\n"


def coco_image(line: Line, source: Source) -> dict[str, Any]:
    """A frame as COCO's image."""
    number = line["frame_index"]
    width, height = size_of(line, source)
    return {
        "id": number,
        "width": width,
        "height": height,
        "file_name": frame_file_name(source, number),
        "frame_index": number,
        "time_s": line["time_s"],
    }


def frame_file_name(source: Source, number: int) -> str:
    """The name of a frame's picture, which no frame of another job has, whatever their files are called."""
    stem = PurePath(source.name).stem.encode()[:MAX_STEM_BYTES].decode(errors="ignore")
    return f"{stem}_{source.job_id}_{number:06d}.jpg"


def coco_annotations(
    lines: Iterable[Line], source: Source, categories: dict[str, int]
) -> Iterator[dict[str, Any]]:
    """COCO's annotations; `categories` gets a number for each label, in the order of their appearance."""
    number = 0
    for line in lines:
        size_wh = size_of(line, source)
        for detection in filter(has_place, line["result"].get("detections") or []):
            left, top, width, height = inside(box_px(detection, size_wh), size_wh)
            if width <= 0 or height <= 0:
                continue
            outline = outline_of(detection, (left, top, width, height), size_wh)
            number += 1
            category = categories.setdefault(str(detection.get("label")), len(categories) + 1)
            yield {
                "id": number,
                "image_id": line["frame_index"],
                "category_id": category,
                "bbox": [left, top, width, height],
                "area": round(area_of(outline), 2),
                "segmentation": [[number for corner in outline for number in corner]],
                "iscrowd": 0,
                **{name: detection[name] for name in ("score", "text", "track_id") if name in detection},
            }


def has_place(detection: Mapping[str, Any]) -> bool:
    """True if a detection has a box; a tool's NaN has become None."""
    return all(detection.get(name) is not None for name in PLACE)


def box_px(detection: Mapping[str, Any], size_wh: Size) -> tuple[float, float, float, float]:
    """Left, top, width and height in pixels."""
    width, height = size_wh
    return detection["x"] * width, detection["y"] * height, detection["w"] * width, detection["h"] * height


def inside(box: tuple[float, float, float, float], size_wh: Size) -> tuple[float, float, float, float]:
    """The part of a box that is on the frame, in hundredths of a pixel; width or height may be 0 or less."""
    left, top, width, height = box
    x1, y1 = max(left, 0.0), max(top, 0.0)
    x2, y2 = min(left + width, size_wh[0]), min(top + height, size_wh[1])
    return round(x1, 2), round(y1, 2), round(x2 - x1, 2), round(y2 - y1, 2)


def outline_of(
    detection: Mapping[str, Any], box: tuple[float, float, float, float], size_wh: Size
) -> list[Point]:
    """The part of an oriented box that is on the frame, or the corners of a box that is not oriented."""
    polygon = on_frame(polygon_px(detection, *size_wh), *size_wh)
    left, top, width, height = box
    right, bottom = round(left + width, 2), round(top + height, 2)
    return polygon or [(left, top), (right, top), (right, bottom), (left, bottom)]


def separated(items: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """JSON objects with commas between them."""
    between = "\n"
    for item in items:
        yield (between + json.dumps(item, ensure_ascii=False)).encode()
        between = ",\n"


FORMATS: Mapping[str, Format] = {
    "json": Format("application/json", "json", as_json),
    "jsonl": Format("application/x-ndjson", "jsonl", as_jsonl),
    "csv": Format("text/csv; charset=utf-8", "csv", as_csv),
    "coco": Format("application/json", "coco.json", as_coco),
}
