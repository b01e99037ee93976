"""An article as a reader sees it: body with contacts and facts filled in, and the footer that says where
it comes from. Small Markdown throughout (see bot.markup)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Final

from bot.i18n import FALLBACKS, NATIVE_NAMES, SOURCE_LANGUAGE, Translator, translator
from bot.knowledge.article import Article, ArticleText, Contact, Fact, KnowledgeBase
from bot.markup import escape
from bot.messages import LanguageCode

PLACE: Final = re.compile(r"\{(contact|fact):([a-z0-9-]+)\}")
# Leaves a Telegram message (4096 characters) room for title, footer and furigana.
MAX_BODY: Final = 1600


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text ready to send. `language` is the one it is really in, which a fallback may have changed."""

    title: str
    text: str
    language: LanguageCode


def choose_text(article: Article, language: LanguageCode) -> ArticleText:
    """The article's text for a reader of `language`, or the first fallback there is."""
    for candidate in (language, *FALLBACKS[language], *article.texts):
        if candidate in article.texts:
            return article.texts[candidate]
    raise KeyError(f"{article.id} has no text in any language")


def title_of(article: Article, language: LanguageCode) -> str:
    """The article's title for a reader of `language`."""
    return choose_text(article, language).title


def render_article(knowledge_base: KnowledgeBase, article: Article, language: LanguageCode, today: dt.date) -> Rendered:
    """The whole answer for a reader of `language` on `today`.

    Returns title, text (notice of fallback or staleness, body, footer) and the language the body is in.
    """
    chosen = choose_text(article, language)
    words = translator(language)
    parts = [f"**{chosen.title}**"]
    if chosen.language != language:
        missing = words(
            "This text does not exist in your language yet. It is in %(language)s.",
            language=NATIVE_NAMES[chosen.language],
        )
        parts.append(f"⚠️ {missing}")
    elif article.change_since(chosen) == "meaning":
        warning = words(
            "Careful: this translation is older than an important change. Please also look at the English text."
        )
        parts.append(f"⚠️ {warning}")
    parts.append(render_body(knowledge_base, chosen.body, chosen.language, today))
    parts.append(_footer(article, chosen, words))
    return Rendered(chosen.title, "\n\n".join(parts), chosen.language)


def render_body(knowledge_base: KnowledgeBase, body: str, language: LanguageCode, today: dt.date) -> str:
    """`body` with its {contact:…} and {fact:…} places filled in from the registries."""
    words = translator(language)

    def fill(match: re.Match[str]) -> str:
        kind, key = match.groups()
        if kind == "contact":
            return render_contact(knowledge_base.contacts[key], words)
        return render_fact(knowledge_base.facts[key], words, today)

    return PLACE.sub(fill, body)


def render_fact(fact: Fact, words: Translator, today: dt.date) -> str:
    """The figure in force on `today` as its reader writes it."""
    value: Any = fact.value_on(today)
    if fact.type == "amount":
        return words.yen(value)
    if fact.type == "percentage":
        return words.percentage(value)
    if fact.type == "duration":
        return words.duration(value, fact.unit or "day")
    if fact.type == "date":
        return words.date(value)
    if fact.type == "number":
        return words.number(value)
    return str(value[words.language])


def render_contact(contact: Contact, words: Translator) -> str:
    """A service on one line: name, number or page, hours, languages, cost."""
    language = words.language
    name = contact.names.in_language(language)
    ja_name = contact.names.ja
    shown_name = f"**{name}**" if language == "ja" or ja_name == name else f"**{name}** ({ja_name})"
    details: list[str] = []
    if contact.shows_number:
        own_line = next((number for code, number in contact.phones.items() if code == language), None)
        number = own_line or contact.phone
        if number:
            dialled = re.sub(r"[^0-9+#*]", "", number).replace("#", "%23")
            details.append(f"☎ [{number}](tel:{dialled})" + (f" ({NATIVE_NAMES[language]})" if own_line else ""))
        if contact.hours is not None:
            details.append(contact.hours.in_language(language))
    if not contact.shows_number or not contact.phone:
        details.append(f"[{_host(contact.url)}]({contact.url})")
    spoken = [code for code in ("ne", "my", "en", "ja") if code in contact.languages]
    others = len([code for code in contact.languages if code not in spoken])
    if spoken:
        names = words.list([words.language_name(code) for code in spoken])
        if others:
            names = words.plural(
                "%(names)s and %(count)s more language",
                "%(names)s and %(count)s more languages",
                others,
                names=names,
            )
        details.append(names)
    if contact.shows_number and contact.cost == "free":
        details.append(words("free"))
    return f"{shown_name}: {' · '.join(details)}"


def render_counter_card(article: Article, language: LanguageCode) -> str | None:
    """The sentence to show at a counter: Japanese with readings, and what it means. None if there is none."""
    card = article.file.counter_card
    if card is None:
        return None
    meaning = "" if language == "ja" else f"\n\n{card.in_language(language)}"
    return f"**{card.ja}**{meaning}"


def _host(url: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", url).partition("/")[0]


def _footer(article: Article, text: ArticleText, words: Translator) -> str:
    sources = article.file.sources
    # The oldest look at a source is what the reader can rely on.
    checked = min((source.checked for source in sources if source.checked), default=None)
    links = ", ".join(f"[{escape(source.title)}]({source.url})" for source in sources[:2])
    if checked is not None:
        line = words("Source: %(source)s. Checked on %(date)s.", source=links, date=words.date(checked))
    else:
        line = words("Source: %(source)s.", source=links)
    notes = [f"ℹ️ {line}"]
    if not text.is_reviewed:
        if text.language == SOURCE_LANGUAGE:
            notes.append(words("No person has reviewed this text yet."))
        else:
            notes.append(words("This translation has not been reviewed by a person yet."))
    return " ".join(notes)
