"""Reads text with EasyOCR: its published networks, or one's own recogniser."""

import hashlib
import logging
import math
import threading
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.engine.detectors.yolo_networks import cuda_available
from pipelines.engine.devices import DeviceChoice, choose_device
from pipelines.engine.networks import MIB, NetworkCache, NetworkUse
from pipelines.engine.readers.pieces import pieces_of_frame
from pipelines.engine.readers.text_reader import (
    NOTHING,
    FoundText,
    Image,
    PixelBox,
    Readers,
    Reading,
    TextReader,
    best_of,
    corners_from,
    joined,
    quarter_turns,
)
from pipelines.engine.scheduling.frame_clock import loading
from pipelines.engine.weights.downloads import DownloadFailed, Expected, whole_file
from pipelines.engine.weights.files import real_path
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import PipelineError, WeightsNotFound
from pipelines.tools.parameters import OperatorOnly

logger = logging.getLogger(__name__)

BATCH = 16
# The longer side of the detector's input, EasyOCR's own, and the most pixels of it: those of a wide screen.
CANVAS, CANVAS_PIXELS = 2560, 2560 * 1440
# A box is read in parts that are at most so many times as long as wide. In a box that is longer than all
# parts together no letter has pixels.
MOST_HEIGHTS, MOST_PARTS = 100, 8
# The detector and a recogniser, of 100 MB on the disk, with what they work on: an estimate.
BYTES = 250 * MIB
# EasyOCR's own recognisers; `standard` chooses one of the others by the languages.
PUBLISHED = (
    *(
        "standard",
        "latin_g1",
        "zh_tra_g1",
        "zh_sim_g1",
        "japanese_g1",
        "korean_g1",
        "thai_g1",
        "devanagari_g1",
    ),
    *(
        "cyrillic_g1",
        "arabic_g1",
        "tamil_g1",
        "bengali_g1",
        "english_g2",
        "latin_g2",
        "zh_sim_g2",
        "japanese_g2",
    ),
    *("korean_g2", "telugu_g2", "kannada_g2", "cyrillic_g2"),
)
PUBLISHED_NAME = "|".join(PUBLISHED)
# EasyOCR keeps the height of its recogniser's input in a variable of its module: one reader works at a time.
_module_in_use = threading.Lock()
# Where native code hangs, the module is never given back.
MODULE_WAIT_S = 30.0
# One reader is made at a time, so that the next one finds the files that were fetched for this one.
_making = threading.Lock()


class EasyOcrOptions(BaseModel):
    """Options of EasyOCR; folders are taken from the weights folder unless they are absolute.

    A recogniser of one's own is `NAME.yaml` and `NAME.py` in `user_network_directory`, which is code that the
    server runs, and `NAME.pth` in `model_storage_directory`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: tuple[Annotated[str, Field(pattern=r"^[a-z_]{2,16}$")], ...] = Field(
        ("en",), min_length=1, max_length=32, description="EasyOCR's codes of the languages"
    )
    recog_network: Annotated[str, OperatorOnly(PUBLISHED_NAME, "the name of a published recogniser")] = Field(
        "standard", pattern=r"^[A-Za-z_][\w-]*$", description="The recogniser's name"
    )
    user_network_directory: Annotated[str, OperatorOnly()] = Field(
        "easyocr", description="Where the code of one's own recogniser lies"
    )
    model_storage_directory: Annotated[str, OperatorOnly()] = Field(
        "easyocr", description="Where the networks' files lie"
    )
    decoder: Literal["greedy", "beamsearch"] = Field("greedy", description="How letters are chosen")
    allowlist: str | None = Field(None, max_length=4096, description="Read these characters only")


class EasyOcrReader:
    """One recogniser, and a detector from the first whole frame on."""

    def __init__(self, options: EasyOcrOptions, device: str, weights: WeightsStore) -> None:
        """Load the recogniser; raises WeightsNotFound where its file is neither here nor to be had."""
        self._network = options
        # How it reads; whoever borrows it sets this.
        self.options = options
        self._gpu = device == "cuda"
        self._weights = weights
        # The library asks torch for pinned memory even where there is no GPU.
        warnings.filterwarnings("ignore", message=".*pin_memory.*")
        self._reader, self._height = self._make(detector=False)
        self._finder: Any = None

    def read(self, image_bgr: Image, boxes_xyxy: Sequence[PixelBox]) -> list[Reading]:
        """Read all boxes in one call; tall ones are read upright and turned, too long ones in parts."""
        views = [
            (number, [corners_of(part, turns) for part in parts_of(box, turns)])
            for number, box in enumerate(boxes_xyxy)
            for turns in quarter_turns(box)
        ]
        polygons = [[list(corner) for corner in corners] for _, parts in views for corners in parts]
        answers = self._call(self._reader, "recognize", image_bgr, [], polygons) if polygons else []
        read = {
            tuple((int(x), int(y)) for x, y in corners): Reading(text.strip(), float(score))
            for corners, text, score in answers
        }
        numbered = [
            (number, joined([read.get(corners, NOTHING) for corners in parts])) for number, parts in views
        ]
        return best_of(numbered, len(boxes_xyxy))

    def find_and_read(self, image_bgr: Image) -> list[FoundText]:
        """Every line that EasyOCR's own detector finds; WeightsNotFound where that is not to be had."""
        if self._finder is None:
            with loading():
                self._finder, _ = self._make(detector=True)
        return [
            replace(found, corners=piece.back(found.corners))
            for piece in pieces_of_frame(image_bgr, CANVAS)
            for found in self._find_and_read(piece.image_bgr)
        ]

    def _find_and_read(self, image_bgr: Image) -> list[FoundText]:
        canvas = canvas_of(image_bgr)
        answers = self._call(self._finder, "readtext", image_bgr, canvas_size=canvas)
        found = []
        for corners, text, score in answers:
            # EasyOCR does not tell how sure its detector is, so the reading's score stands for both.
            reading = Reading(text.strip(), float(score))
            found.append(FoundText(corners_from(corners), float(score), reading))
        return found

    def _call(self, reader: Any, method: str, *args: Any, **more: Any) -> list[Any]:
        options = self.options
        with easyocr_module() as module:
            module.imgH = self._height
            call = getattr(reader, method)
            answers = call(
                *args, decoder=options.decoder, allowlist=options.allowlist, batch_size=BATCH, **more
            )
            return list(answers)

    def _make(self, *, detector: bool) -> tuple[Any, int]:
        """A Reader and its input's height, after fetching what it misses, one file at a time.

        Other readers work meanwhile.
        """
        storage, user_networks = folders(self._network, self._weights)
        with _making:
            while True:
                try:
                    return self._open(storage, user_networks, detector=detector)
                except FileNotFoundError as error:
                    fetch_missing(str(error), storage, self._weights)

    def _open(self, storage: Path, user_networks: Path, *, detector: bool) -> tuple[Any, int]:
        """A Reader and its input's height; FileNotFoundError where a file is missing or damaged."""
        from easyocr.config import imgH as standard_height

        with easyocr_module() as module:
            module.imgH = standard_height
            reader = module.Reader(
                list(self._network.languages),
                gpu=self._gpu,
                model_storage_directory=str(storage),
                user_network_directory=str(user_networks),
                recog_network=self._network.recog_network,
                detector=detector,
                download_enabled=False,
                verbose=False,
            )
            return reader, int(module.imgH)


@contextmanager
def easyocr_module() -> Iterator[Any]:
    """Hold EasyOCR's module for the body; PipelineError where another thread does not give it back."""
    import easyocr.easyocr as module

    if not _module_in_use.acquire(timeout=MODULE_WAIT_S):
        raise PipelineError(f"EasyOCR has been busy for more than {MODULE_WAIT_S:g} s: try again later")
    try:
        yield module
    finally:
        _module_in_use.release()


def load_easyocr(
    options: EasyOcrOptions, requested: str, networks: NetworkCache, weights: WeightsStore
) -> tuple[DeviceChoice, Readers]:
    """The reader that sessions with the same networks share; raises PipelineError."""
    reason = why_not_easyocr(options, weights)
    if reason:
        raise WeightsNotFound(reason)
    device = choose_device(requested, cuda_available())
    network = network_of(options, weights)
    shared = networks.get(
        ("easyocr", network, device.used), lambda: EasyOcrReader(network, device.used, weights), size=BYTES
    )
    return device, TunedReaders(shared, options)


def network_of(options: EasyOcrOptions, weights: WeightsStore) -> EasyOcrOptions:
    """The options that decide which networks are loaded, the same for all ways to write them."""
    storage, user_networks = folders(options, weights)
    return EasyOcrOptions(
        languages=tuple(sorted(set(options.languages))),
        recog_network=options.recog_network,
        user_network_directory=str(user_networks),
        model_storage_directory=str(storage),
    )


@dataclass(frozen=True)
class TunedReaders:
    """The shared reader, used with the options of one session."""

    shared: NetworkUse[EasyOcrReader]
    options: EasyOcrOptions

    @contextmanager
    def borrow(self) -> Iterator[TextReader]:
        """Hold the reader for the body, with these options; waits while another thread holds it."""
        with self.shared.borrow() as reader:
            reader.options = self.options
            yield reader


def why_not_easyocr(options: EasyOcrOptions, weights: WeightsStore) -> str | None:
    """A sentence on the files that one's own recogniser misses, or None; published ones are fetched."""
    try:
        storage, user_networks = folders(options, weights)
    except WeightsNotFound as error:
        return error.detail
    if options.recog_network in PUBLISHED:
        return None
    name = options.recog_network
    wanted = [user_networks / f"{name}.yaml", user_networks / f"{name}.py", storage / f"{name}.pth"]
    missing = [path.name for path in wanted if real_path(path, weights.roots) is None or not path.is_file()]
    if not missing:
        return None
    return (
        f"The EasyOCR recogniser '{name}' misses {', '.join(missing)}. Put the files into the folders of "
        "user_network_directory and model_storage_directory."
    )


def folders(options: EasyOcrOptions, weights: WeightsStore) -> tuple[Path, Path]:
    """The folder of the networks' files, and that of one's own code; raises WeightsNotFound."""
    return weights.folder(options.model_storage_directory), weights.folder(options.user_network_directory)


def fetch_missing(complaint: str, storage: Path, weights: WeightsStore) -> None:
    """Fetch the file that EasyOCR's complaint names; raises WeightsNotFound."""
    model = next((model for model in published() if model["filename"] in complaint), None)
    if model is None:
        # The complaint may name a path of the server.
        logger.error("easyocr_cannot_be_opened", extra={"fields": {"complaint": complaint}})
        raise PipelineError("EasyOCR cannot be opened; the server's log says why")
    target = storage / model["filename"]
    archive = storage / f"{model['filename']}.zip"
    try:
        if target.exists():
            raise DownloadFailed("the file is there and damaged: delete it")
        weights.downloads.fetch(model["url"], archive, Expected())
        unpack(archive, target, Expected(None, model["md5sum"], "md5"))
    except (DownloadFailed, zipfile.BadZipFile, KeyError) as error:
        raise WeightsNotFound(
            f"EasyOCR needs {target.name}, and the download of {model['url']} failed: {error}. "
            f"Fetch that archive elsewhere, and put the {target.name} from it into the folder of "
            "model_storage_directory."
        ) from error
    finally:
        archive.unlink(missing_ok=True)


def published() -> list[dict[str, Any]]:
    """EasyOCR's own networks: `filename`, `url` of a zip archive, and `md5sum` of the file in it."""
    from easyocr.config import detection_models, recognition_models

    recognisers = [model for models in recognition_models.values() for model in models.values()]
    return [*detection_models.values(), *recognisers]


def unpack(archive: Path, target: Path, expected: Expected) -> None:
    """Take one file out of an archive; DownloadFailed where its hash is wrong, KeyError where it misses."""
    with zipfile.ZipFile(archive) as files:
        content = files.read(target.name)
    expected.check(len(content), hashlib.new(expected.algorithm, content).hexdigest())
    with whole_file(target) as file:
        file.write(content)


def canvas_of(image_bgr: Image) -> int:
    """The longest side of the detector's input for a picture of this shape."""
    height, width = image_bgr.shape[:2]
    return min(CANVAS, math.isqrt(CANVAS_PIXELS * max(height, width) // min(height, width)))


def parts_of(box: PixelBox, turns: int) -> list[PixelBox]:
    """The box, cut across where it is too long for one line; in the order of reading after so many turns."""
    x1, y1, x2, y2 = box
    width, height = x2 - x1, y2 - y1
    count = math.ceil(max(width, height) / (MOST_HEIGHTS * min(width, height)))
    if count > MOST_PARTS:
        return []
    if width >= height:
        cuts = [x1 + width * number // count for number in range(count + 1)]
        return [(left, y1, right, y2) for left, right in pairwise(cuts)]
    cuts = [y1 + height * number // count for number in range(count + 1)]
    parts = [(x1, top, x2, bottom) for top, bottom in pairwise(cuts)]
    return parts[::-1] if turns == 3 else parts


def corners_of(box: PixelBox, turns: int) -> tuple[tuple[int, int], ...]:
    """The corners, beginning with the one that is at the top left after so many quarter turns to the left."""
    x1, y1, x2, y2 = box
    corners = ((x1, y1), (x2, y1), (x2, y2), (x1, y2))
    return corners[turns:] + corners[:turns]
