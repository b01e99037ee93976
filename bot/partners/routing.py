"""Which partner takes a case: one pure function that gives its reasons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.messages import LanguageCode
from bot.partners.opening import is_open
from bot.partners.partner import EVERYWHERE, Partner

# The operator's own desk: takes what no partner takes, so that a case always has somewhere to be.
OPERATOR = "operator"


class ReasonKind(StrEnum):
    """What speaks for a partner, or against it; and why a case comes to somebody by another way than routing: it was
    passed on, declined or left without an answer elsewhere, or a fault of ours stopped the thinking."""

    COVERS = "covers"
    COVERS_ALL = "covers_all"
    PREFECTURE_UNKNOWN = "prefecture_unknown"
    READS = "reads"
    DOES_NOT_READ = "does_not_read"
    TAKES_ARTICLE = "takes_article"
    TAKES_CATEGORY = "takes_category"
    TAKES_ANYTHING = "takes_anything"
    OPEN_NOW = "open_now"
    CLOSED_NOW = "closed_now"
    LOAD = "load"
    FULL = "full"
    FALLBACK = "fallback"
    TRANSFERRED = "transferred"
    DECLINED = "declined"
    UNANSWERED = "unanswered"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, and what it is about: a prefecture, a language, a topic, or “3/10” open cases."""

    kind: ReasonKind
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What routing looks at. `articles` best first; `prefecture` empty where the person did not say."""

    articles: tuple[str, ...]
    language: LanguageCode
    prefecture: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A partner for a case and why; the operator's desk has the id OPERATOR and no partner."""

    partner_id: str
    reasons: tuple[Reason, ...]


def route(
    problem: Problem,
    partners: Mapping[str, Partner],
    open_cases: Mapping[str, int],
    now: dt.datetime,
    *,
    tried: Collection[str] = (),
    after: str | None = None,
) -> list[Route]:
    """The partners that may take a case, best first; the operator's desk always stands last.

    1. Only partners that take one of the articles or their category, and serve the prefecture, if it is known. A
       case without an article goes to partners that take any topic at all.
    2. Not those in `tried`: they declined, were silent, or the person did not want them.
    3. In this order counts: named as fallback by `after`, the partner a case comes from; room for another case;
       reads the person's language; takes the very article; open now; serves this prefecture in particular;
       the smallest share of its capacity taken; its place in the file.
    """
    fallback = partners[after].fallback if after in partners and after is not None else ()
    ranked: list[tuple[tuple[object, ...], Route]] = []
    for place, (partner_id, partner) in enumerate(partners.items()):
        topic = _topic(problem, partner)
        if partner_id in tried or topic is None or not (problem.prefecture == "" or partner.serves(problem.prefecture)):
            continue
        load = open_cases.get(partner_id, 0)
        full = load >= partner.capacity
        reads = problem.language in partner.languages
        open_now = is_open(partner, now, problem.language if reads else None)
        here = problem.prefecture != "" and problem.prefecture in partner.prefectures
        reasons = (
            _place_reason(problem, partner),
            Reason(ReasonKind.READS if reads else ReasonKind.DOES_NOT_READ, problem.language),
            topic,
            Reason(ReasonKind.OPEN_NOW if open_now else ReasonKind.CLOSED_NOW),
            Reason(ReasonKind.FULL if full else ReasonKind.LOAD, f"{load}/{partner.capacity}"),
            *((Reason(ReasonKind.FALLBACK, after or ""),) if partner_id in fallback else ()),
        )
        order = (
            fallback.index(partner_id) if partner_id in fallback else len(fallback),
            full,
            not reads,
            topic.kind != ReasonKind.TAKES_ARTICLE,
            not open_now,
            not here,
            load / partner.capacity,
            place,
        )
        ranked.append((order, Route(partner_id, reasons)))
    routes = [found for _, found in sorted(ranked, key=lambda item: item[0])]
    return [*routes, Route(OPERATOR, (Reason(ReasonKind.TAKES_ANYTHING),))]


def _topic(problem: Problem, partner: Partner) -> Reason | None:
    """Why a partner takes this problem; None where it does not."""
    if not problem.articles:
        return Reason(ReasonKind.TAKES_ANYTHING)
    # The first article is what the case is most likely about; the others were only close.
    article = problem.articles[0]
    if article in partner.takes:
        return Reason(ReasonKind.TAKES_ARTICLE, article)
    if partner.takes_topic(article):
        return Reason(ReasonKind.TAKES_CATEGORY, article.partition("/")[0])
    return None


def _place_reason(problem: Problem, partner: Partner) -> Reason:
    if problem.prefecture == "":
        return Reason(ReasonKind.PREFECTURE_UNKNOWN)
    if EVERYWHERE in partner.prefectures:
        return Reason(ReasonKind.COVERS_ALL)
    return Reason(ReasonKind.COVERS, problem.prefecture)
