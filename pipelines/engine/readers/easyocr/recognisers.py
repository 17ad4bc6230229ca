"""Describes the recognisers that EasyOCR publishes, and those of one's own."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pipelines.engine.readers.easyocr.files import PublishedFile, folders, published_file
from pipelines.engine.readers.easyocr.options import PUBLISHED, EasyOcrOptions, recogniser_of
from pipelines.engine.weights.store import WeightsStore
from pipelines.errors import PipelineError

# Where a recogniser does not list what stands between letters.
SYMBOLS = "0123456789!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "
HEIGHT = 64
# EasyOCR's two architectures: the module, and the size of its layers.
ARCHITECTURES = {"gen1": ("easyocr.model.model", 512), "gen2": ("easyocr.model.vgg_model", 256)}


@dataclass(frozen=True)
class Recogniser:
    """A recogniser: its file, the height of its input, and its characters in the order of its classes.

    `wanted` are the characters of the languages; `code` is the module, or the file of one's own code, whose
    class takes the `layers`.
    """

    name: str
    file: Path
    height: int
    characters: str
    wanted: frozenset[str]
    code: Path | str
    layers: dict[str, Any]

    @property
    def is_own(self) -> bool:
        """True if its code is not EasyOCR's."""
        return isinstance(self.code, Path)

    @property
    def right_to_left(self) -> bool:
        """True for Arabic script, whose letters come from the left as they stand in the picture."""
        return self.name == "arabic_g1"

    @property
    def can_search(self) -> bool:
        """False for Chinese, which EasyOCR reads letter by letter whatever the decoder."""
        return not self.name.startswith("zh_")


def find_recogniser(options: EasyOcrOptions, weights: WeightsStore) -> Recogniser:
    """The recogniser of these options with its checked file; raises PipelineError."""
    try:
        name = recogniser_of(options)
    except ValueError as error:
        raise PipelineError(str(error)) from error
    return (published if name in PUBLISHED else own)(name, options, weights)


def published(name: str, options: EasyOcrOptions, weights: WeightsStore) -> Recogniser:
    """One of EasyOCR's; raises WeightsNotFound."""
    from easyocr.config import recognition_models

    generation, model = next(
        (key, models[name]) for key, models in recognition_models.items() if name in models
    )
    storage, _ = folders(options, weights)
    file = published_file(PublishedFile.of(model), storage, weights)
    code, size = ARCHITECTURES[generation]
    wanted = characters_of(options.languages) | frozenset(model.get("symbols", SYMBOLS))
    layers = {"input_channel": 1, "output_channel": size, "hidden_size": size}
    return Recogniser(name, file, HEIGHT, model["characters"], wanted, code, layers)


def own(name: str, options: EasyOcrOptions, weights: WeightsStore) -> Recogniser:
    """One's own, as its YAML file describes it; raises PipelineError."""
    import yaml

    storage, code = folders(options, weights)
    try:
        notes = yaml.safe_load((code / f"{name}.yaml").read_text(encoding="utf-8"))
        layers, characters, languages = (
            notes[key] for key in ("network_params", "character_list", "lang_list")
        )
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        raise PipelineError(
            f"The EasyOCR recogniser '{name}' cannot be used: {name}.yaml needs network_params, "
            "character_list and lang_list"
        ) from error
    if unknown := sorted(set(options.languages) - set(languages)):
        raise PipelineError(f"The EasyOCR recogniser '{name}' reads no language '{unknown[0]}'")
    wanted = characters_of(options.languages) | frozenset(characters)
    height = int(notes.get("imgH") or HEIGHT)
    file = storage / f"{name}.pth"
    return Recogniser(name, file, height, characters, wanted, code / f"{name}.py", layers)


def characters_of(languages: tuple[str, ...]) -> frozenset[str]:
    """The letters of these languages, as far as EasyOCR lists them."""
    folder = files("easyocr") / "character"
    lists = [folder / f"{language}_char.txt" for language in languages]
    return frozenset().union(
        *(known.read_text("utf-8-sig").replace("\n", "") for known in lists if known.is_file())
    )
