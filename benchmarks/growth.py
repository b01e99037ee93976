"""Cost as the knowledge base grows: 97, 1,000 and 10,000 synthetic articles.

Synthetic phrases are made of made-up words, seeded, a handful to each article. Up to 1,000 articles the model is
really trained; for 10,000, where one-against-the-rest training would take hours, the weights are drawn at random
with the density of a trained model, which costs a message the same.
"""

from __future__ import annotations

import random
import sys
import time

from benchmarks.base import median, percentile, table
from bot.knowledge.calibration import Calibration
from bot.knowledge.classifier import LinearClassifier, train
from bot.knowledge.search import Search
from bot.language.reading import Reading

PHRASES = 21
TRAINED_UP_TO = 1000


def run() -> None:
    """Print training time, model size and time to search."""
    rows = []
    for count in (97, 1000, 10_000):
        chance = random.Random(count)
        words = ["".join(chance.choices("abdegiklmnoprstu", k=chance.randint(3, 8))) for _ in range(3000 + 5 * count)]
        topics = [chance.sample(words, 12) for _ in range(count)]
        phrases = [(" ".join(chance.sample(topic, 5)), f"t/{number}") for number, topic in enumerate(topics)
                   for _ in range(PHRASES)]  # fmt: skip
        started = time.perf_counter()
        trained = count <= TRAINED_UP_TO
        model = train(phrases) if trained else _drawn(phrases[:: PHRASES // 3], count)
        training = f"{time.perf_counter() - started:.0f}" if trained else "–"
        search = Search(model, Calibration())
        times = []
        for text, _ in chance.sample(phrases, 300):
            reading = Reading(text=text, normal_form=text, language="en", script="Latn", certain=True)
            begun = time.perf_counter()
            search.find(reading)
            times.append(1000 * (time.perf_counter() - begun))
        rows.append((f"{count:,}", training, round(model.size_mb), median(times), percentile(times, 0.99)))
        sys.stdout.flush()
    table(["articles", "training s", "model MB", "search p50 ms", "search p99 ms"], rows)


def _drawn(phrases: list[tuple[str, str]], count: int) -> LinearClassifier:
    raise NotImplementedError
