"""Everything search needs, built from the phrases once and kept in a cache until a phrase changes."""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.knowledge.article import KnowledgeBase, PhraseFile
from bot.knowledge.calibration import Calibration, load_calibration
from bot.knowledge.classifier import LinearClassifier, train
from bot.knowledge.concepts import ConceptLexicon
from bot.knowledge.search import NOTHING, PERSON, SMALLTALK, Search
from bot.language.identify import LatinIdentifier
from bot.language.reading import Reader

logger = logging.getLogger(__name__)

# Goes up when folding, features or training change, so that no old model is used with new code.
MODEL_FORMAT: Final = "5"
CALM: Final = "calm"


@dataclass(frozen=True, slots=True)
class Index:
    """What understands messages. `danger` is the model behind the safety check."""

    knowledge_base: KnowledgeBase
    reader: Reader
    search: Search
    danger: LinearClassifier
    calibration: Calibration


def build_index(knowledge_base: KnowledgeBase, cache_dir: Path | None) -> Index:
    """Build the index, taking trained models from `cache_dir` where the phrases have not changed.

    A cache that cannot be read or written costs time, never an error.
    """
    reader = Reader(LatinIdentifier(latin_samples(knowledge_base)))
    calibration = load_calibration(knowledge_base.root)
    lexicon = ConceptLexicon(knowledge_base.concepts)
    words = "\n".join(f"{concept}: {', '.join(forms)}" for concept, forms in knowledge_base.concepts.items())
    topics = _cached(cache_dir, "topics", topic_examples(knowledge_base), reader, lexicon, words)
    danger = _cached(cache_dir, "danger", danger_examples(knowledge_base), reader, lexicon, words)
    return Index(knowledge_base, reader, Search(topics, calibration), danger, calibration)


def latin_samples(knowledge_base: KnowledgeBase) -> dict[str, list[str]]:
    """Lines in each variant that is written in Latin letters."""
    samples: dict[str, list[str]] = {"en": [], "ne-Latn": [], "my-Latn": [], "ja-Latn": []}
    groups: list[Mapping[str, PhraseFile]] = [
        *(article.phrases for article in knowledge_base.articles.values()),
        *knowledge_base.danger.values(),
        *knowledge_base.smalltalk.values(),
        knowledge_base.out_of_scope,
    ]
    for group in groups:
        for variant, file in group.items():
            if variant in samples:
                samples[variant].extend(phrase.text for phrase in file.phrases)
    return samples


def topic_examples(knowledge_base: KnowledgeBase) -> list[tuple[str, str]]:
    """(phrase, label) pairs for the ranker: an article's id, a kind of small talk, person or nothing."""
    examples: list[tuple[str, str]] = []
    for article in knowledge_base.articles.values():
        examples += _labelled(article.phrases, article.id)
        examples += [(text.title, article.id) for text in article.texts.values()]
    for kind, group in knowledge_base.smalltalk.items():
        examples += _labelled(group, PERSON if kind == PERSON else SMALLTALK + kind)
    examples += _labelled(knowledge_base.out_of_scope, NOTHING)
    return examples


def danger_examples(knowledge_base: KnowledgeBase) -> list[tuple[str, str]]:
    """(phrase, label) pairs for the safety check: a kind of danger, or calm. Phrases of the emergency
    articles are neither: some speak of danger now, some ask what to do in case of it."""
    examples: list[tuple[str, str]] = []
    for kind, group in knowledge_base.danger.items():
        examples += _labelled(group, kind)
    emergency = {article for ids in knowledge_base.danger_articles.values() for article in ids}
    for article in knowledge_base.articles.values():
        if article.id not in emergency:
            examples += _labelled(article.phrases, CALM)
    for group in (*knowledge_base.smalltalk.values(), knowledge_base.out_of_scope):
        examples += _labelled(group, CALM)
    return examples


def _labelled(group: Mapping[str, PhraseFile], label: str) -> Iterable[tuple[str, str]]:
    return [(phrase.text, label) for file in group.values() for phrase in file.phrases]


def _cached(
    cache_dir: Path | None,
    name: str,
    examples: list[tuple[str, str]],
    reader: Reader,
    lexicon: ConceptLexicon,
    concepts: str,
) -> LinearClassifier:
    material = "\n".join([MODEL_FORMAT, concepts, *(f"{label}\t{text}" for text, label in examples)])
    digest = hashlib.sha256(material.encode()).hexdigest()[:24]
    path = cache_dir / f"{name}-{digest}.npz" if cache_dir else None
    if path is not None:
        try:
            return LinearClassifier.load(path, lexicon)
        except (OSError, ValueError, KeyError):
            pass
    logger.info("learning from %d %s phrases; half a minute, and only when they have changed", len(examples), name)
    model = train([(reader.read(text).normal_form, label) for text, label in examples], lexicon)
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.stem}.{os.getpid()}.partial.npz")
            model.save(partial)
            partial.replace(path)
        except OSError:
            return model
    return model
