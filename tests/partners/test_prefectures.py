"""Finding a prefecture in any script and spelling."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from bot.partners.prefectures import Prefecture, PrefectureFinder

FILE = Path(__file__).parents[2] / "knowledge_base" / "prefectures.yaml"


@pytest.fixture(scope="module")
def prefectures() -> dict[str, Prefecture]:
    raw = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {key: Prefecture.model_validate(value) for key, value in raw.items()}


@pytest.fixture(scope="module")
def finder(prefectures: dict[str, Prefecture]) -> PrefectureFinder:
    return PrefectureFinder(prefectures)


def test_there_are_forty_seven(prefectures: dict[str, Prefecture]) -> None:
    assert len(prefectures) == 47


def test_each_is_found_by_each_of_its_names(prefectures: dict[str, Prefecture], finder: PrefectureFinder) -> None:
    for key, prefecture in prefectures.items():
        for name in (prefecture.en, prefecture.ja, prefecture.kana, prefecture.ne, prefecture.my, *prefecture.also):
            assert finder.find(name) == [key], name


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("saitama", "saitama"), ("さいたま", "saitama"), ("साइतामा", "saitama"), ("ဆိုင်တာမာ", "saitama"),
        ("saitma", "saitama"), ("SAITAMA-KEN", "saitama"), ("埼玉県川口市", "saitama"), ("tokio", "tokyo"),
        ("とうきょうとしんじゅくく", "tokyo"), ("म टोकियोमा बस्छु", "tokyo"), ("i live in nagoya", "aichi"),
        ("kanagava", "kanagawa"), ("fukuoka ken", "fukuoka"), ("हिरोशिमा", "hiroshima"), ("oosaka", "osaka"),
        ("အိုဆာကာမှာနေတယ်", "osaka"), ("shizoka", "shizuoka"), ("hokaido", "hokkaido"),
    ],
)  # fmt: skip
def test_misspelt_and_in_sentences(finder: PrefectureFinder, typed: str, meant: str) -> None:
    assert finder.find(typed) == [meant]


@pytest.mark.parametrize("typed", ["", "???", "hello", "I don't know", "थाहा छैन", "မသိဘူး", "ひみつ"])
def test_what_is_no_place_finds_none(finder: PrefectureFinder, typed: str) -> None:
    assert finder.find(typed) == []
