"""The recogniser that reads the languages asked for is the one that EasyOCR itself would take."""

import pytest

from pipelines.engine.readers.easyocr.options import (
    LANGUAGES,
    PUBLISHED,
    STANDARD,
    EasyOcrOptions,
    recogniser_of,
)


@pytest.mark.parametrize(
    ("languages", "name"),
    [
        (("en",), "english_g2"),
        (("de",), "latin_g2"),
        (("en", "fr"), "latin_g2"),
        (("en", "ja"), "japanese_g2"),
        (("ru", "en"), "cyrillic_g2"),
        (("ch_sim",), "zh_sim_g2"),
    ],
)
def test_the_standard_recogniser_follows_the_languages(languages: tuple[str, ...], name: str) -> None:
    assert recogniser_of(EasyOcrOptions(languages=languages)) == name


def test_a_recogniser_that_is_named_is_taken() -> None:
    assert recogniser_of(EasyOcrOptions(recog_network="latin_g1")) == "latin_g1"
    assert recogniser_of(EasyOcrOptions(recog_network="mine", languages=("xx",))) == "mine"


def test_unknown_languages_are_named() -> None:
    with pytest.raises(ValueError, match=r"^EasyOCR reads no language 'xx'; it reads abq, ady, af, "):
        recogniser_of(EasyOcrOptions(languages=("en", "xx")))


def test_languages_that_no_recogniser_reads_together_are_named() -> None:
    with pytest.raises(ValueError, match=r"^EasyOCR reads 'de' and 'ja' with different recognisers"):
        recogniser_of(EasyOcrOptions(languages=("de", "ja")))


@pytest.mark.model
def test_the_lists_are_easyocrs_own() -> None:
    from easyocr import config

    assert {*config.all_lang_list} == LANGUAGES
    known = dict(STANDARD)
    assert known["latin_g2"] == {*config.latin_lang_list}
    assert known["cyrillic_g2"] == {*config.cyrillic_lang_list, "en"}
    assert known["devanagari_g1"] == {*config.devanagari_lang_list, "en"}
    assert known["arabic_g1"] == {*config.arabic_lang_list, "en"}
    assert known["bengali_g1"] == {*config.bengali_lang_list, "en"}
    names = {name for generation in config.recognition_models.values() for name in generation}
    assert {*PUBLISHED} == {*names, "standard"}
    assert len(PUBLISHED) == len(names) + 1


def test_options_can_be_part_of_a_key() -> None:
    assert hash(EasyOcrOptions()) == hash(EasyOcrOptions(languages=("en",)))
