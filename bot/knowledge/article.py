"""What the knowledge base is made of: articles, their texts and phrases, contacts, facts, categories."""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from bot.i18n import LANGUAGES
from bot.messages import LanguageCode

VARIANTS = ("en", "ja", "ja-Latn", "ne", "ne-Latn", "my", "my-Latn")
PUBLIC_SHORT_NUMBERS = ("110", "118", "119", "188", "189")

Url = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
ArticleId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Part(BaseModel):
    """An entry of a YAML file, or a part of one: never changed, and nothing in it that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LocalText(Part):
    """The same short text in the four languages."""

    en: Words
    ja: Words
    ne: Words
    my: Words

    def in_language(self, language: str) -> str:
        """The text for a reader of `language`, one of LANGUAGES."""
        return str(getattr(self, language))


class Source(Part):
    """Where a statement comes from and when someone last looked there."""

    url: Url
    title: Words
    checked: dt.date | None = None


class Contact(Part):
    """A service a person can turn to. An unverified one never shows its number, only its page."""

    names: LocalText
    phone: str | None = None
    phones: dict[Literal["en", "ja", "ne", "my"], str] = Field(default_factory=dict)
    hours: LocalText | None = None
    languages: tuple[str, ...] = ()
    url: Url
    cost: Literal["free", "charged", "unknown"] = "unknown"
    source: Source
    checked: dt.date
    status: Literal["verified", "unverified"]

    @property
    def shows_number(self) -> bool:
        """Whether its number may be shown: it was verified, or is a public three-digit one."""
        return self.status == "verified" or self.phone in PUBLIC_SHORT_NUMBERS


class NextValue(Part):
    """An announced change of a fact and the day it takes effect."""

    value: Any
    valid_from: dt.date


class Fact(Part):
    """A figure that people act on, stated once. Amounts are yen, percentages whole per cent."""

    type: Literal["amount", "percentage", "duration", "date", "number", "text"]
    value: Any
    unit: Literal["hour", "day", "week", "month", "year"] | None = None
    valid_from: dt.date | None = None
    next: NextValue | None = None
    source: Source
    checked: dt.date

    @model_validator(mode="after")
    def _value_fits_type(self) -> Fact:
        for value in [self.value] + ([self.next.value] if self.next else []):
            if self.type == "date":
                fits = isinstance(value, dt.date)
            elif self.type == "text":
                fits = isinstance(value, dict) and set(value) == set(LANGUAGES)
            elif self.type == "amount":
                fits = isinstance(value, int) and not isinstance(value, bool)
            else:
                fits = isinstance(value, (int, float)) and not isinstance(value, bool)
            if not fits:
                raise ValueError(f"the value {value!r} is no {self.type}")
        if (self.type == "duration") != (self.unit is not None):
            raise ValueError("a duration needs a unit (hour, day, week, month, year), nothing else has one")
        return self

    def value_on(self, day: dt.date) -> Any:
        """The value in force on `day`: the announced one from the day it takes effect."""
        return self.next.value if self.next and day >= self.next.valid_from else self.value


class Category(Part):
    """A part of the menu; `articles` are the last parts of its articles' ids, in their order there."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z-]+$")]
    emoji: Words
    title: LocalText
    articles: tuple[str, ...] = ()


class SourceRevision(Part):
    """One state the source text has had: which text, and how much changed with it (Kitsune's grades)."""

    of: str
    grade: Literal["typo", "wording", "meaning"]
    date: dt.date


class ArticleFile(Part):
    """article.yaml."""

    sources: tuple[Source, ...] = Field(min_length=1)
    review_by: dt.date
    contacts: tuple[str, ...] = ()
    related: tuple[ArticleId, ...] = ()
    counter_card: LocalText | None = None
    revisions: tuple[SourceRevision, ...] = ()


class TranslationNote(Part):
    """Who made a translation, of which source text, and who reviewed it."""

    of: str | None = None
    by: Literal["machine", "person"]
    reviewed_by: str | None = None
    reviewed_on: dt.date | None = None


class FrontMatter(Part):
    """The head of a text file."""

    title: Words
    written_by: Literal["machine", "person"] | None = None
    reviewed_by: str | None = None
    reviewed_on: dt.date | None = None
    translation: TranslationNote | None = None


class PreparedMessage(Part):
    """What a caseworker sends by one tap: `title` is what the caseworker reads, `text` small Markdown for the person,
    with places such as {date} that are filled in (see bot.knowledge.prepared)."""

    title: LocalText
    text: LocalText
    translation: TranslationNote


@dataclass(frozen=True, slots=True)
class ArticleText:
    """One language of an article. `body_line` is where the body begins in `path`, for findings."""

    language: LanguageCode
    front: FrontMatter
    body: str
    path: Path
    body_line: int

    @property
    def title(self) -> str:
        return self.front.title

    @property
    def is_reviewed(self) -> bool:
        """Whether a person has reviewed this text."""
        note = self.front.translation
        return bool(note.reviewed_by if note else self.front.reviewed_by)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One real-life way of asking, and the line it stands on."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class PhraseFile:
    """The phrases of one variant (language, or language-Latn)."""

    path: Path
    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Article:
    """One topic of the knowledge base."""

    id: str
    file: ArticleFile
    path: Path
    texts: Mapping[LanguageCode, ArticleText]
    phrases: Mapping[str, PhraseFile]

    @property
    def category(self) -> str:
        return self.id.partition("/")[0]

    def change_since(self, text: ArticleText) -> Literal["none", "typo", "wording", "meaning"]:
        """The gravest change of the source since `text` was translated; an unknown origin is the gravest."""
        note = text.front.translation
        if note is None or not self.file.revisions:
            return "none"
        known = [revision.of for revision in self.file.revisions]
        if note.of not in known:
            return "meaning"
        later = {revision.grade for revision in self.file.revisions[known.index(note.of) + 1 :]}
        return "meaning" if "meaning" in later else "wording" if "wording" in later else (
            "typo" if later else "none"
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """All that editors wrote, read once; immutable."""

    root: Path
    categories: tuple[Category, ...]
    articles: Mapping[str, Article]
    contacts: Mapping[str, Contact]
    facts: Mapping[str, Fact]
    danger_articles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    danger: Mapping[str, Mapping[str, PhraseFile]] = field(default_factory=dict)
    smalltalk: Mapping[str, Mapping[str, PhraseFile]] = field(default_factory=dict)
    out_of_scope: Mapping[str, PhraseFile] = field(default_factory=dict)
    concepts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prepared: Mapping[str, PreparedMessage] = field(default_factory=dict)

    def in_category(self, category: str) -> list[Article]:
        """The articles of a category in the order of the menu; those that have no place in it come last."""
        found = [article for article in self.articles.values() if article.category == category]
        order = next((item.articles for item in self.categories if item.id == category), ())
        places = {f"{category}/{slug}": place for place, slug in enumerate(order)}
        return sorted(found, key=lambda article: places.get(article.id, len(places)))


def text_hash(title: str, body: str) -> str:
    """Twelve hexadecimal digits that stand for a source text; white space at line ends does not count."""
    lines = [line.rstrip() for line in f"{title}\n{body}".strip().splitlines()]
    return hashlib.sha256(unicodedata.normalize("NFC", "\n".join(lines)).encode()).hexdigest()[:12]
