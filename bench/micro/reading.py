"""Measures reading a picture in one run, in turns: EasyOCR's own `readtext`, and the pipelines that use it.

    python -m bench.micro.reading FOLDER --rounds 5

FOLDER holds pictures and `words.json`, as `tests/data/webcam_text`. `readtext` is what EasyOCR's first
example does: a Reader for English on the CPU, the picture as it is, no options. The pipelines run as on a
file: every line of every picture is read. Times are medians over the rounds, summed over the pictures.
"""

import argparse
import json
import os
import tempfile
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import cv2

Result = Mapping[str, Any]
Read = Callable[[bytes], Result]
OWN = "EasyOCR's readtext"
PIPELINES = ("easyocr_only", "yolo_easyocr", "ocr_only", "yolo_ocr")


def readtext() -> Read:
    """EasyOCR as it comes, with the networks that are installed here."""
    import easyocr
    import numpy as np
    from easyocr_en_models import model_dir

    with warnings.catch_warnings():
        # It quantises with functions that torch deprecates.
        warnings.simplefilter("ignore")
        reader = easyocr.Reader(["en"], gpu=False, model_storage_directory=model_dir(), verbose=False)

    def read(data: bytes) -> Result:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return {"text": "\n".join(text for _, text, _ in reader.readtext(image))}

    return read


def pipeline(name: str) -> Read:
    """A shipped pipeline as it runs on a file."""
    from pipelines.defaults import default_definitions
    from pipelines.runtime import get_engine
    from pipelines.services import checked

    opened = get_engine().open_sync(checked(default_definitions()[name]), live=False)
    return lambda data: opened.run({"frame_index": 1, "image_bytes": data}).result


def measure(
    readers: Mapping[str, Read], pictures: Sequence[bytes], rounds: int
) -> dict[str, list[list[float]]]:
    """Seconds of each reader for each picture and round; readers take turns, and a first round warms up."""
    spent: dict[str, list[list[float]]] = {name: [[] for _ in pictures] for name in readers}
    for number in range(rounds + 1):
        for place, data in enumerate(pictures):
            for name, read in readers.items():
                begun = time.perf_counter()
                read(data)
                if number:
                    spent[name][place].append(time.perf_counter() - begun)
    return spent


def rows(readers: Mapping[str, Read], folder: Path, rounds: int) -> list[str]:
    """The table's lines."""
    from pipelines.evaluation.text_scores import TextScore, checked_words, score

    words = checked_words(json.loads((folder / "words.json").read_text(encoding="utf-8")))
    pictures = [(folder / name).read_bytes() for name in words]
    spent = measure(readers, pictures, rounds)
    base = sum(map(median, spent[OWN]))
    lines = [
        "|  | seconds | times as fast | words right | words wrong |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, read in readers.items():
        scores = (score(known, read(data)) for known, data in zip(words.values(), pictures, strict=True))
        total, took = sum(scores, TextScore()), sum(map(median, spent[name]))
        wrong = total.read - total.right
        right = f"{total.right} of {total.expected}"
        lines.append(f"| {name} | {took:.2f} | {base / took:.1f} | {right} | {wrong} |")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.micro.reading",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="pictures and words.json")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=PIPELINES, help="default all")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as data_dir:
        os.environ["DJANGO_SETTINGS_MODULE"] = "forgesyte.settings"
        os.environ["FORGESYTE_DATA_DIR"] = data_dir
        import django

        django.setup()
        from pipelines.evaluation.benchmark import machine

        print(machine())
        readers = {OWN: readtext(), **{name: pipeline(name) for name in options.only or PIPELINES}}
        print("\n".join(rows(readers, options.folder, options.rounds)))


if __name__ == "__main__":
    main()
