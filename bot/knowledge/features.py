"""What the ranker looks at in a message: pieces of its normal form, in every script we read.

All variants share one space. Every script also appears in folded Latin, so that phrases in one script teach the
other. Burmese and Japanese, which put spaces anywhere or nowhere, are cut into character n-grams without regard to
them, and so are runs of Latin: people who romanise Burmese put spaces where they like.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt

from bot.knowledge.concepts import ConceptLexicon
from bot.language.romanise import read_japanese, romanise_burmese, romanise_japanese, romanise_nepali

Hashes = npt.NDArray[np.uint64]

_RUNS = re.compile(
    "(?P<deva>[\u0900-\u097f]+)|(?P<mymr>[\u1000-\u109f]+)|(?P<jpan>[\u3040-\u30ff\u3400-\u9fff]+)|(?P<latn>[a-z0-9]+)"
)
_VOWELS = re.compile("[aeiouy]+")
_MAX_RUN = 400


def extract(normal_form: str, lexicon: ConceptLexicon) -> Counter[str]:
    """The features of a normal form and how often each stands in it."""
    counts: Counter[str] = Counter()
    latin: list[str] = []
    nepali: list[str] = []
    burmese: list[str] = []
    japanese: list[str] = []
    for match in _RUNS.finditer(normal_form):
        run = match[0][:_MAX_RUN]
        if match.lastgroup == "latn":
            latin.append(run)
        elif match.lastgroup == "deva":
            nepali.append(run)
        elif match.lastgroup == "mymr":
            _add_grams(counts, run, 1, 5, "mymr")
            burmese += romanise_burmese(run)
        else:
            _add_grams(counts, run, 1, 5, "jpan")
            words = read_japanese(run)
            kana = "".join(words)
            if kana != run:
                _add_grams(counts, kana, 2, 5, "jpan")
            japanese += romanise_japanese(words)
    for word in nepali:
        counts["w:" + word] += 1
        _add_grams(counts, f"^{word}$", 2, 5, "deva")
    if nepali:
        latin += romanise_nepali(" ".join(nepali)).split()
    for words in (latin, burmese, japanese):
        _add_latin(counts, words)
    for first, second in pairwise(nepali):
        counts[f"b:{first} {second}"] += 1
    concepts = sorted(lexicon.find(normal_form))
    counts.update(f"c:{concept}" for concept in concepts)
    counts.update(f"p:{first}+{second}" for first, second in combinations(concepts, 2))
    return counts


@lru_cache(maxsize=16)
def hash_features(normal_form: str, lexicon: ConceptLexicon) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """The features of a normal form as 64-bit hashes, and how often each stands in it. Several models look at one
    message, so the last few are kept."""
    counts = extract(normal_form, lexicon)
    hashes = np.fromiter(map(hash_feature, counts), dtype=np.uint64, count=len(counts))
    return hashes, np.fromiter(counts.values(), dtype=np.int64, count=len(counts))


def hash_feature(feature: str) -> int:
    """Eight bytes that stand for a feature, the same on every machine; a table of them is a tenth of the strings."""
    return int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _add_latin(counts: Counter[str], words: list[str]) -> None:
    for word in words:
        counts["w:" + word] += 1
        _add_grams(counts, f"^{word}$", 2, 5, "latn")
        skeleton = _VOWELS.sub("", word)
        if len(skeleton) > 1:
            counts["s:" + skeleton] += 1
    for first, second in pairwise(words):
        counts[f"b:{first} {second}"] += 1
    joined = "".join(words)
    _add_grams(counts, joined, 3, 6, "j")
    _add_grams(counts, _VOWELS.sub("", joined), 3, 5, "k")


def _add_grams(counts: Counter[str], run: str, shortest: int, longest: int, prefix: str) -> None:
    for size in range(shortest, longest + 1):
        for start in range(len(run) - size + 1):
            counts[f"{prefix}:{run[start : start + size]}"] += 1
