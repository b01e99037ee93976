"""What the ranker looks at in a message: pieces of its normal form, in every script we read.

All variants share one space. Romanised Nepali and Devanagari meet in folded Latin; Burmese and Japanese,
which put spaces anywhere or nowhere, are cut into character n-grams without regard to them.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from bot.language.folding import romanise_nepali

_RUNS = re.compile(
    "(?P<deva>[\u0900-\u097f]+)|(?P<mymr>[\u1000-\u109f]+)|(?P<jpan>[\u3040-\u30ff\u3400-\u9fff]+)|(?P<latn>[a-z0-9]+)"
)
_VOWELS = re.compile("[aeiouy]+")
_MAX_RUN = 400


def extract(normal_form: str) -> Counter[str]:
    """The features of a normal form and how often each stands in it."""
    counts: Counter[str] = Counter()
    latin: list[str] = []
    nepali: list[str] = []
    for match in _RUNS.finditer(normal_form):
        run = match[0][:_MAX_RUN]
        if match.lastgroup == "latn":
            latin.append(run)
        elif match.lastgroup == "deva":
            nepali.append(run)
        else:
            _add_grams(counts, run, 1, 5, match.lastgroup or "")
    for word in nepali:
        counts["w:" + word] += 1
        _add_grams(counts, f"^{word}$", 2, 5, "deva")
    if nepali:
        latin += romanise_nepali(" ".join(nepali)).split()
    for word in latin:
        counts["w:" + word] += 1
        _add_grams(counts, f"^{word}$", 2, 5, "latn")
        skeleton = _VOWELS.sub("", word)
        if len(skeleton) > 1:
            counts["s:" + skeleton] += 1
    for words in (latin, nepali):
        for first, second in pairwise(words):
            counts[f"b:{first} {second}"] += 1
    return counts


def _add_grams(counts: Counter[str], run: str, shortest: int, longest: int, prefix: str) -> None:
    for size in range(shortest, longest + 1):
        for start in range(len(run) - size + 1):
            counts[f"{prefix}:{run[start : start + size]}"] += 1
