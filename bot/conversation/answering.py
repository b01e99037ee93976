"""What is said to a question once search has come to something."""

from __future__ import annotations

from bot.conversation import handover, menu, welcome
from bot.conversation.buttons import Action, data_for
from bot.conversation.scene import Scene
from bot.conversation.state import MAX_KEPT, Step
from bot.conversation.turn import Decision, Turn
from bot.knowledge.finding import Finding, Outcome
from bot.knowledge.search import Search
from bot.language.reading import Reading
from bot.messages import Reply


def answer(scene: Scene, reading: Reading, question: str, finding: Finding) -> Turn:
    """The turn for what search came to on `question`: an article, suggestions, small talk, the way to a person, or
    that nothing is known."""
    state = scene.state.but(step=Step.READY if scene.state.language else Step.CHOOSING_LANGUAGE, waiting=False)
    if state.language is None and reading.certain:
        state = state.but(language=scene.language, step=Step.READY)
    replies: tuple[Reply, ...]
    record = ""
    decision = decision_of(finding)
    asked = state.but(
        question=question[:MAX_KEPT],
        articles=tuple(item.id for item in finding.articles[:3]),
        shown_in=scene.language,
        in_danger=False,
        kept_question="",
    )
    match finding.outcome:
        case Outcome.ANSWER:
            article = menu.show_article(scene, finding.articles[0].id)
            assert article is not None  # noqa: S101 - search knows only articles of this knowledge base
            replies = (article,)
            state = asked.but(fragments="", fragments_at=None)
        case Outcome.SUGGEST:
            replies = (menu.suggest(scene, finding.articles),)
            # Yes to "one of these?" opens the likeliest, no is "none of these".
            yes = data_for(Action.ARTICLE, finding.articles[0].id)
            state = asked.but(fragments=question[-MAX_KEPT:], fragments_at=scene.now).but(
                yes=yes, no=data_for(Action.NONE_OF_THESE)
            )
        case Outcome.SMALLTALK:
            replies = (welcome.small_talk(scene, finding.smalltalk),)
            # Thanks or hello between two halves of a question does not answer the question.
            state = state.but(waiting=scene.state.waiting)
        case Outcome.PERSON:
            turn = handover.hand_over(scene.with_state(state))
            return turn.but(reading=reading, found=finding.articles)
        case Outcome.UNKNOWN:
            replies = (menu.admit_not_knowing(scene),)
            state = asked.but(fragments=question[-MAX_KEPT:], fragments_at=scene.now)
            record = question
    return Turn(replies, state, decision, (), reading, finding.articles, record)


def decision_of(finding: Finding) -> Decision:
    """The decision an outcome of search stands for."""
    return Decision.HANDOVER if finding.outcome == Outcome.PERSON else Decision(finding.outcome.value)


def find_joined(search: Search, reading: Reading, together: Reading) -> tuple[Finding, Reading]:
    """Search for a message alone and `together` with the fragments before it, the same reading where there are none.
    Returns what the surer one came to, and its reading."""
    alone = search.find(reading)
    if together is reading:
        return alone, reading
    joined = search.find(together)
    best_alone = alone.articles[0].confidence if alone.articles else 0.0
    best_joined = joined.articles[0].confidence if joined.articles else 0.0
    if alone.outcome in (Outcome.SMALLTALK, Outcome.PERSON) or best_alone > best_joined:
        return alone, reading
    return joined, together
