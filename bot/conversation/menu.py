"""Moving about: topics by category, one article, related ones, the counter card, suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.conversation.buttons import Action, button
from bot.conversation.scene import Rows, Scene
from bot.knowledge.finding import ScoredArticle
from bot.knowledge.render import render_article, render_counter_card, title_of
from bot.markup import without_ruby
from bot.messages import Button, Reply

# Two pages hold the largest category, so that every article is three taps away: category, next page, article.
PAGE_SIZE: Final = 12
MAX_SUGGESTIONS: Final = 3


def show_menu(scene: Scene) -> Reply:
    """All categories that hold an article, two to a row."""
    knowledge_base = scene.knowledge_base
    items = [
        button(
            f"{category.emoji} {without_ruby(category.title.in_language(scene.language))}",
            Action.CATEGORY,
            category.id,
        )
        for category in knowledge_base.categories
        if knowledge_base.in_category(category.id)
    ]
    rows = tuple(tuple(items[start : start + 2]) for start in range(0, len(items), 2))
    footer = ((scene.person_button(), scene.language_button()),)
    return scene.say(scene.words("Choose a topic, or write your question."), rows + footer)


def show_category(scene: Scene, category_id: str, page: int) -> Reply | None:
    """One page of a category's articles; None where there is no such category."""
    articles = scene.knowledge_base.in_category(category_id)
    category = next((item for item in scene.knowledge_base.categories if item.id == category_id), None)
    if category is None or not articles:
        return None
    last_page = (len(articles) - 1) // PAGE_SIZE
    page = min(page, last_page)
    shown = articles[page * PAGE_SIZE : (page + 1) * PAGE_SIZE]
    rows = [(article_button(scene, article.id),) for article in shown]
    turning: list[Button] = []
    if page > 0:
        turning.append(button("◀️ " + scene.words("Back"), Action.CATEGORY, category_id, page - 1))
    else:
        turning.append(button("◀️ " + scene.words("Back"), Action.MENU))
    if page < last_page:
        turning.append(button(scene.words("More") + " ▶️", Action.CATEGORY, category_id, page + 1))
    title = f"{category.emoji} **{category.title.in_language(scene.language)}**"
    return scene.say(title, (*rows, tuple(turning)))


def article_button(scene: Scene, article_id: str) -> Button:
    """A button that opens an article, with its title in the reader's language."""
    article = scene.knowledge_base.articles[article_id]
    return button(without_ruby(title_of(article, scene.language)), Action.ARTICLE, article_id)


def show_article(scene: Scene, article_id: str) -> Reply | None:
    """The answer, with what may follow under it; None where there is no such article."""
    article = scene.knowledge_base.articles.get(article_id)
    if article is None:
        return None
    words = scene.words
    rendered = render_article(scene.knowledge_base, article, scene.language, scene.today)
    more: list[Button] = []
    if article.file.counter_card is not None:
        more.append(button("🪧 " + words("Show at the counter"), Action.COUNTER_CARD, article_id))
    if any(related in scene.knowledge_base.articles for related in article.file.related):
        more.append(button("🔗 " + words("Related topics"), Action.RELATED, article_id))
    rows: Rows = (
        (
            button("👍 " + words("Helped"), Action.HELPED, article_id),
            button("👎 " + words("Did not help"), Action.NOT_HELPED, article_id),
        ),
        *((tuple(more),) if more else ()),
        (scene.person_button(), button("◀️ " + words("Back"), Action.CATEGORY, article.category)),
    )
    return scene.say(rendered.text, rows)


def show_related(scene: Scene, article_id: str) -> Reply | None:
    """The articles related to one; None where there is no such article."""
    article = scene.knowledge_base.articles.get(article_id)
    if article is None:
        return None
    rows = [
        (article_button(scene, related),)
        for related in article.file.related
        if related in scene.knowledge_base.articles
    ]
    back = (button("◀️ " + scene.words("Back"), Action.ARTICLE, article_id),)
    return scene.say(scene.words("Related topics"), (*rows, back))


def show_counter_card(scene: Scene, article_id: str) -> Reply | None:
    """The sentence to show at an office, large; None where there is none."""
    article = scene.knowledge_base.articles.get(article_id)
    card = render_counter_card(article, scene.language) if article else None
    if card is None:
        return None
    rows = ((button("◀️ " + scene.words("Back"), Action.ARTICLE, article_id),),)
    return scene.say(card, rows, large=True)


def suggest(scene: Scene, articles: Sequence[ScoredArticle]) -> Reply:
    """Up to three articles as buttons, and a way out."""
    rows = [(article_button(scene, item.id),) for item in articles[:MAX_SUGGESTIONS]]
    none = (button("🚫 " + scene.words("None of these"), Action.NONE_OF_THESE),)
    return scene.say(scene.words("Do you mean one of these?"), (*rows, none))


def admit_not_knowing(scene: Scene) -> Reply:
    """Nothing fits: say so, and show the two ways on."""
    text = scene.words(
        "I have no checked answer to this. Please write it in other words, choose a topic, or let me pass "
        "it to a person."
    )
    return scene.say(text, ((scene.person_button(),), (scene.menu_button(),)))
