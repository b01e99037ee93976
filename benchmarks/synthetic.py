"""A knowledge base grown to any size: the real one, and articles made up of its words, the same on every run."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.knowledge.article import Article, KnowledgeBase

# How many words are an article's own; a phrase holds some of them among common ones.
OWN_WORDS = 8
# Japanese puts no spaces, so its "words" are pieces of this many characters.
PIECE = 3


class Writer:
    """Makes up articles after the manner of the real ones: as many phrases in each variant, as long."""

    def __init__(self, knowledge_base: KnowledgeBase) -> None:
        self._real = list(knowledge_base.articles.values())
        self._words: dict[str, list[str]] = {}
        lines: dict[str, int] = {}
        for article in self._real:
            for variant, file in article.phrases.items():
                lines[variant] = lines.get(variant, 0) + len(file.phrases)
                for phrase in file.phrases:
                    self._words.setdefault(variant, []).extend(_words(variant, phrase.text))
        self._lines = {variant: round(count / len(self._real)) for variant, count in lines.items()}
        self._vocabulary = {variant: sorted(set(words)) for variant, words in self._words.items()}
        self._lengths = {
            variant: len(words) / max(1, lines[variant]) for variant, words in self._words.items()
        }  # words a phrase

    def grow(self, root: Path, size: int) -> None:
        """Copy the real knowledge base to `root` and add articles until there are `size`."""
        shutil.copytree(self._real[0].path.parents[3], root)
        for number in range(size - len(self._real)):
            self._write(root, self._real[number % len(self._real)], number)

    def questions(self, size: int, count: int) -> list[str]:
        """Phrases about articles of a base of `size` that stand in none of their files."""
        rng = random.Random(size)
        made = max(1, size - len(self._real))
        variants = sorted(self._words)
        return [
            self._phrase(rng, variant, self._own_words(rng.randrange(made))[variant])
            for variant in (variants[number % len(variants)] for number in range(count))
        ]

    def _write(self, root: Path, model: Article, number: int) -> None:
        folder = root / "articles" / model.category / f"synthetic-{number:05}"
        (folder / "phrases").mkdir(parents=True)
        shutil.copy(model.path, folder / "article.yaml")
        own = self._own_words(number)
        rng = random.Random(f"phrases {number}")
        for language, text in model.texts.items():
            title = self._phrase(rng, language, own[language])
            whole = text.path.read_text("utf-8")
            before, _, after = whole.partition("\ntitle: ")
            whole = f"{before}\ntitle: '{title}'\n{after.partition(chr(10))[2]}"
            (folder / f"{language}.md").write_text(whole, encoding="utf-8")
        for variant, count in self._lines.items():
            phrases = [self._phrase(rng, variant, own[variant]) for _ in range(count)]
            (folder / "phrases" / f"{variant}.txt").write_text("\n".join(phrases) + "\n", encoding="utf-8")

    def _own_words(self, number: int) -> Mapping[str, Sequence[str]]:
        rng = random.Random(f"article {number}")
        return {variant: rng.sample(words, OWN_WORDS) for variant, words in sorted(self._vocabulary.items())}

    def _phrase(self, rng: random.Random, variant: str, own: Sequence[str]) -> str:
        length = max(2, round(rng.gauss(self._lengths[variant], 1.5)))
        mine = rng.sample(own, min(OWN_WORDS, max(2, length // 3)))
        words = mine + rng.choices(self._words[variant], k=length - len(mine))
        rng.shuffle(words)
        return ("" if variant == "ja" else " ").join(words)


def _words(variant: str, phrase: str) -> list[str]:
    phrase = re.sub("['\"#:|{}]", " ", phrase)
    if variant == "ja":
        return re.findall(rf"\S{{1,{PIECE}}}", phrase)
    return phrase.split()
