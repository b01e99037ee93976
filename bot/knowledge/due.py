"""What a person must check before someone is hurt by it: unverified contacts, old facts, overdue articles."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from bot.knowledge.article import KnowledgeBase

# After this long a fact or contact is to be looked at again.
CHECK_EVERY: Final = dt.timedelta(days=180)
_HARM: Final = {"emergency": 0, "work": 1, "residence": 1, "health": 1}


@dataclass(frozen=True, slots=True, order=True)
class DueItem:
    """One thing to check. `harm` sorts: 0 stands in an emergency article, 1 in one about work, visa or health,
    2 elsewhere, 3 nowhere."""

    harm: int
    kind: str
    id: str
    reason: str
    where: str
    url: str

    def as_line(self) -> str:
        return "\t".join((self.kind, self.id, self.reason, self.where or "not used", self.url))


def list_due(knowledge_base: KnowledgeBase, today: dt.date) -> list[DueItem]:
    """Everything that is unverified, older than CHECK_EVERY or past its review date, worst harm first."""
    users = _users(knowledge_base)
    items: list[DueItem] = []
    for key, contact in knowledge_base.contacts.items():
        where = users.get(f"contact:{key}", [])
        if contact.status == "unverified":
            items.append(DueItem(_harm(where), "contact", key, "unverified", ", ".join(where), contact.url))
        elif contact.checked + CHECK_EVERY < today:
            reason = f"checked {contact.checked}"
            items.append(DueItem(_harm(where), "contact", key, reason, ", ".join(where), contact.url))
    for key, fact in knowledge_base.facts.items():
        where = users.get(f"fact:{key}", [])
        if fact.checked + CHECK_EVERY < today:
            reason = f"checked {fact.checked}"
            items.append(DueItem(_harm(where), "fact", key, reason, ", ".join(where), fact.source.url))
        if fact.next is not None and fact.next.valid_from <= today:
            reason = f"changed on {fact.next.valid_from}; make the new value the current one"
            items.append(DueItem(_harm(where), "fact", key, reason, ", ".join(where), fact.source.url))
    for article in knowledge_base.articles.values():
        if article.file.review_by <= today:
            reason = f"review by {article.file.review_by}"
            items.append(DueItem(_harm([article.id]), "article", article.id, reason, "", article.file.sources[0].url))
    return sorted(items)


def _users(knowledge_base: KnowledgeBase) -> dict[str, list[str]]:
    users: dict[str, list[str]] = {}
    for article in knowledge_base.articles.values():
        places = {f"contact:{key}" for key in article.file.contacts}
        for text in article.texts.values():
            places |= {part.split("}")[0] for part in text.body.split("{")[1:]}
        for place in places:
            users.setdefault(place, []).append(article.id)
    return users


def _harm(articles: list[str]) -> int:
    return min((_HARM.get(article.partition("/")[0], 2) for article in articles), default=3)
