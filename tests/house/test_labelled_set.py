"""The labelled messages that understanding is measured on: enough of them, and none among the phrases."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.knowledge.article import VARIANTS, KnowledgeBase, PhraseFile
from bot.knowledge.labelled import Labelled, read_labelled, split
from bot.language.folding import clean, fold
from tests.conftest import ROOT

LABELLED = ROOT / "tests" / "labelled"
# How many of each kind there must be in every variant; romaji, which few write, has half.
ENOUGH = {"urgent": 50, "calm": 40, "out_of_scope": 40, "smalltalk": 15, "human": 10}
QUESTIONS_PER_ARTICLE = 6


@pytest.fixture(scope="module")
def rows() -> dict[str, list[Labelled]]:
    return {variant: read_labelled([LABELLED / f"{variant}.jsonl"]) for variant in VARIANTS}


@pytest.mark.parametrize("variant", VARIANTS)
def test_there_are_enough_of_each_kind(rows: dict[str, list[Labelled]], variant: str) -> None:
    counts = Counter(row.kind for row in rows[variant])
    share = 0.5 if variant == "ja-Latn" else 1
    assert {kind: counts[kind] for kind, enough in ENOUGH.items() if counts[kind] < enough * share} == {}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_article_is_asked_for(
    rows: dict[str, list[Labelled]], knowledge_base: KnowledgeBase, variant: str
) -> None:
    counts = Counter(row.expect[0] for row in rows[variant] if row.kind == "question")
    enough = QUESTIONS_PER_ARTICLE / 2 if variant == "ja-Latn" else QUESTIONS_PER_ARTICLE
    assert {article: counts[article] for article in knowledge_base.articles if counts[article] < enough} == {}


def test_every_expected_article_exists(rows: dict[str, list[Labelled]], knowledge_base: KnowledgeBase) -> None:
    expected = {article for own in rows.values() for row in own for article in row.expect}
    assert expected <= set(knowledge_base.articles)


def test_no_message_stands_twice(rows: dict[str, list[Labelled]]) -> None:
    forms = Counter(fold(clean(row.question)) for own in rows.values() for row in own)
    assert [form for form, count in forms.items() if count > 1] == []


def test_none_stands_among_the_phrases(rows: dict[str, list[Labelled]], knowledge_base: KnowledgeBase) -> None:
    groups = [
        *(article.phrases for article in knowledge_base.articles.values()),
        *knowledge_base.danger.values(),
        *knowledge_base.smalltalk.values(),
        knowledge_base.out_of_scope,
    ]
    phrases = {form for group in groups for file in group.values() for form in _forms(file)}
    # Small talk and bare cries have only so many ways of being said.
    longer = [row.question for own in rows.values() for row in own if row.kind not in ("smalltalk", "human")]
    assert [question for question in longer if len(question) > 20 and fold(clean(question)) in phrases] == []


def test_the_halves_share_no_message_and_hold_the_same_mix(rows: dict[str, list[Labelled]]) -> None:
    everything = [row for own in rows.values() for row in own]
    calibration, test = split(everything)
    assert len(calibration) + len(test) == len(everything)
    assert not {row.question for row in calibration} & {row.question for row in test}
    ours, theirs = (Counter((row.group, row.kind) for row in half) for half in (calibration, test))
    assert all(abs(ours[key] - theirs[key]) <= 1 for key in ours | theirs)


def _forms(file: PhraseFile) -> list[str]:
    return [fold(clean(phrase.text)) for phrase in file.phrases]
