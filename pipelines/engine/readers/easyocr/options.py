"""The options of EasyOCR, and the recogniser that reads the languages asked for."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pipelines.tools.parameters import OperatorOnly

LATIN = (
    "af az bs cs cy da de en es et fr ga hr hu id is it ku la lt lv mi ms mt nl no oc pi pl pt ro rs_latin "
    "sk sl sq sv sw tl tr uz vi"
)
CYRILLIC = "ru rs_cyrillic be bg uk mn abq ady kbd ava dar inh che lbe lez tab tjk"
# The languages of each recogniser beside English. The first that has one of those asked for reads them all.
STANDARD: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (name, frozenset([*codes.split(), "en"]))
    for name, codes in (
        ("thai_g1", "th"),
        ("zh_tra_g1", "ch_tra"),
        ("zh_sim_g2", "ch_sim"),
        ("japanese_g2", "ja"),
        ("korean_g2", "ko"),
        ("tamil_g1", "ta"),
        ("telugu_g2", "te"),
        ("kannada_g2", "kn"),
        ("bengali_g1", "bn as mni"),
        ("arabic_g1", "ar fa ug ur"),
        ("devanagari_g1", "hi mr ne bh mai ang bho mah sck new gom sa bgc"),
        ("cyrillic_g2", CYRILLIC),
        ("latin_g2", LATIN),
    )
)
LANGUAGES = frozenset().union(*(codes for _, codes in STANDARD))
# EasyOCR's own recognisers; `standard` chooses one by the languages.
OLDER = ("latin_g1", "zh_sim_g1", "japanese_g1", "korean_g1", "cyrillic_g1")
PUBLISHED = ("standard", "english_g2", *(name for name, _ in STANDARD), *OLDER)


class EasyOcrOptions(BaseModel):
    """Options of EasyOCR; folders are taken from the weights folder unless they are absolute.

    A recogniser of one's own is `NAME.yaml` and `NAME.py` in `user_network_directory`, which is code that the
    server runs, and `NAME.pth` in `model_storage_directory`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: tuple[Annotated[str, Field(pattern=r"^[a-z_]{2,16}$")], ...] = Field(
        ("en",), min_length=1, max_length=32, description="EasyOCR's codes of the languages"
    )
    recog_network: Annotated[str, OperatorOnly("|".join(PUBLISHED), "the name of a published recogniser")] = (
        Field("standard", pattern=r"^[A-Za-z_][\w-]*$", description="The recogniser's name")
    )
    user_network_directory: Annotated[str, OperatorOnly()] = Field(
        "easyocr", description="Where the code of one's own recogniser lies"
    )
    model_storage_directory: Annotated[str, OperatorOnly()] = Field(
        "easyocr", description="Where the networks' files lie"
    )
    decoder: Literal["greedy", "beamsearch"] = Field("greedy", description="How letters are chosen")
    allowlist: str | None = Field(None, max_length=4096, description="Read these characters only")


def recogniser_of(options: EasyOcrOptions) -> str:
    """The name of the recogniser; ValueError with a sentence where none reads all the languages."""
    if options.recog_network not in PUBLISHED:
        return options.recog_network
    languages = frozenset(options.languages)
    if unknown := sorted(languages - LANGUAGES):
        raise ValueError(f"EasyOCR reads no language '{unknown[0]}'; it reads {', '.join(sorted(LANGUAGES))}")
    if options.recog_network != "standard":
        return options.recog_network
    if languages == {"en"}:
        return "english_g2"
    name, known = next(
        (name, known) for name, known in STANDARD if languages & (known - {"en"}) or name == STANDARD[-1][0]
    )
    if others := sorted(languages - known):
        first = min(languages & known - {"en"})
        raise ValueError(f"EasyOCR reads '{others[0]}' and '{first}' with different recognisers: choose one")
    return name
