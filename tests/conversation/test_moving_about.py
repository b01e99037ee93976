"""Topics, articles, what may follow an answer, and the way back from everywhere."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

import pytest

from bot.conversation.respond import Respondent
from bot.conversation.turn import Decision
from bot.i18n import LANGUAGES, NATIVE_NAMES
from bot.knowledge.article import KnowledgeBase, SourceRevision
from bot.markup import without_ruby
from bot.messages import LanguageCode
from tests.conversation.talk import WAGES, Talk, all_shown, button, buttons, data, shown, words


def with_base(respondent: Respondent, knowledge_base: KnowledgeBase) -> Respondent:
    return Respondent(knowledge_base, respondent.reader, respondent.search, respondent.safety)


@pytest.fixture(scope="session")
def many(respondent: Respondent) -> Respondent:
    """A category of thirty articles."""
    base = respondent.knowledge_base
    one = base.articles["work/unpaid-wages"]
    articles = {f"work/topic-{number:02}": replace(one, id=f"work/topic-{number:02}") for number in range(30)}
    return with_base(respondent, replace(base, articles=articles))


class TestMenu:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_article_can_be_reached_and_every_way_leads_back(self, respondent: Respondent, language: str) -> None:
        reached: set[str] = set()
        for category in [item for item in data(Talk(respondent, language).command("menu")) if item.startswith("c:")]:
            talk = Talk(respondent, language)
            talk.command("menu")
            pages = [category, *(item for item in data(talk.press(category)) if item.startswith(f"{category}:"))]
            # Three taps: the category, perhaps its next page, the article.
            for page in pages:
                for article in [item for item in data(talk.press(page)) if item.startswith("a:")]:
                    reached.add(article.removeprefix("a:"))
                    turn = talk.press(article)
                    assert turn.replies[0].language == language
                    assert button(turn, words(language, "Back")).data == category
                    assert "m" in data(talk.press(category))
        assert reached == set(respondent.knowledge_base.articles)

    def test_a_long_category_is_paged_forth_and_back(self, many: Respondent) -> None:
        talk = Talk(many, "en")
        pages = [talk.press("c:work")]
        while any("More" in item.label for item in buttons(pages[-1])):
            pages.append(talk.tap("More"))
        titles = [[item for item in data(page) if item.startswith("a:")] for page in pages]
        assert [len(page) for page in titles] == [12, 12, 6]
        assert len(set(itertools.chain(*titles))) == 30
        assert data(talk.tap("Back")) == data(pages[1])
        assert data(talk.tap("Back")) == data(pages[0])
        assert "c:work" in data(talk.tap("Back"))

    @pytest.mark.parametrize("page", ["99", "3", "9999"])
    def test_a_page_beyond_the_last_is_the_last(self, many: Respondent, page: str) -> None:
        assert len(data(Talk(many, "en").press(f"c:work:{page}"))) == 7

    def test_words_can_be_written_at_any_time(self, respondent: Respondent) -> None:
        ways = [
            ["m"],
            ["m", "c:work"],
            ["a:work/resigning"],
            ["s:work/resigning"],
            ["r:work/resigning"],
            ["g"],
            ["p", "i:stop"],
        ]
        for way in ways:
            talk = Talk(respondent, "en")
            for step in way:
                talk.press(step)
            assert "h:work/unpaid-wages" in data(talk.say(WAGES["en"])), way


class TestAfterAnAnswer:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_it_can_be_judged_shown_at_a_counter_or_followed_up(self, respondent: Respondent, language: str) -> None:
        talk = Talk(respondent, language)
        turn = talk.press("a:work/unpaid-wages")
        labels = {item.data[0]: item.label for item in buttons(turn)}
        assert set(labels) == {"h", "n", "s", "r", "p", "c"}
        for action, text in (
            ("h", "Helped"),
            ("n", "Did not help"),
            ("s", "Show at the counter"),
            ("p", "Ask a person"),
        ):
            assert words(language, text) in labels[action]

    def test_helped_is_thanked_for(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.say(WAGES["en"])
        assert "glad" in all_shown(talk.tap("Helped"))

    def test_related_ones_open_and_lead_back(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "ne")
        talk.press("a:work/unpaid-wages")
        turn = talk.press("r:work/unpaid-wages")
        related = [item for item in data(turn) if item.startswith("a:") and item != "a:work/unpaid-wages"]
        assert related
        assert button(turn, words("ne", "Back")).data == "a:work/unpaid-wages"
        assert f"h:{related[0][2:]}" in data(talk.press(related[0]))

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_article_has_a_counter_card_in_japanese_with_its_meaning(
        self, respondent: Respondent, language: str
    ) -> None:
        for article_id, article in respondent.knowledge_base.articles.items():
            talk = Talk(respondent, language)
            talk.press(f"a:{article_id}")
            [reply] = talk.press(f"s:{article_id}").replies
            card = article.file.counter_card
            assert card is not None, article_id
            assert reply.large
            assert card.ja in reply.text
            assert language == "ja" or card.in_language(language) in reply.text
            assert button(talk.turn, words(language, "Back")).data == f"a:{article_id}"


class TestLanguagesOfTexts:
    def without(self, small_respondent: Respondent, *missing: str) -> Respondent:
        base = small_respondent.knowledge_base
        article = base.articles["work/unpaid-wages"]
        texts = {code: text for code, text in article.texts.items() if code not in missing}
        return with_base(
            small_respondent, replace(base, articles={**base.articles, article.id: replace(article, texts=texts)})
        )

    @pytest.mark.parametrize(
        ("language", "missing", "instead"),
        [
            ("my", ["my"], "en"),
            ("ne", ["ne"], "en"),
            ("ja", ["ja"], "en"),
            ("en", ["en"], "ja"),
            ("my", ["my", "en"], "ja"),
        ],
    )
    def test_a_missing_one_is_replaced_and_that_is_said(
        self, small_respondent: Respondent, language: str, missing: list[str], instead: str
    ) -> None:
        turn = Talk(self.without(small_respondent, *missing), language).press("a:work/unpaid-wages")
        notice = words(
            language,
            "This text does not exist in your language yet. It is in %(language)s.",
            language=NATIVE_NAMES[LanguageCode(instead)],
        )
        assert notice in all_shown(turn)
        texts = small_respondent.knowledge_base.articles["work/unpaid-wages"].texts
        assert texts[LanguageCode(instead)].title in turn.replies[0].text

    def test_one_that_is_there_has_no_such_notice(self, small_respondent: Respondent) -> None:
        for language in LANGUAGES:
            assert "⚠️" not in all_shown(Talk(small_respondent, language).press("a:work/unpaid-wages"))

    @pytest.mark.parametrize("language", ["ne", "my", "ja"])
    @pytest.mark.parametrize(("grade", "warned"), [("meaning", True), ("wording", False), ("typo", False)])
    def test_a_translation_older_than_a_major_change_warns_its_reader(
        self, small_respondent: Respondent, language: str, grade: str, warned: bool
    ) -> None:
        base = small_respondent.knowledge_base
        article = base.articles["work/unpaid-wages"]
        change = SourceRevision(of="0123456789ab", grade=grade, date=dt.date(2026, 11, 24))  # type: ignore[arg-type]
        file = article.file.model_copy(update={"revisions": (*article.file.revisions, change)})
        newer = with_base(
            small_respondent, replace(base, articles={**base.articles, article.id: replace(article, file=file)})
        )
        warning = words(
            language,
            "Careful: this translation is older than an important change. Please also look at the English text.",
        )
        turn = Talk(newer, language).press("a:work/unpaid-wages")
        assert (warning in all_shown(turn)) == warned
        assert warning not in all_shown(Talk(newer, "en").press("a:work/unpaid-wages"))


class TestSuggestions:
    def unsure(self, respondent: Respondent, language: str) -> tuple[Talk, str]:
        for text in ("boss problem", "visa", "company bad", "my job", "tax office"):
            talk = Talk(respondent, language)
            if talk.say(text).decision == Decision.SUGGEST:
                return talk, text
        raise AssertionError("this model is sure of everything")

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_at_most_three_titles_and_none_of_these(self, respondent: Respondent, language: str) -> None:
        talk, _text = self.unsure(respondent, language)
        reply = talk.turn.replies[0]
        labels = [item for row in reply.buttons for item in row]
        articles = [item for item in labels if item.data.startswith("a:")]
        assert 1 <= len(articles) <= 3
        assert [item.data for item in labels[len(articles) :]] == ["x"]
        for item in articles:
            title = respondent.knowledge_base.articles[item.data[2:]].texts[reply.language].title
            assert without_ruby(title).startswith(item.label.rstrip("…"))

    def test_none_of_these_hands_the_question_over(self, respondent: Respondent) -> None:
        talk, text = self.unsure(respondent, "en")
        turn = talk.tap("None of these")
        assert turn.decision == Decision.HANDOVER
        assert talk.state.intake is not None
        assert talk.state.intake.what == text

    @pytest.mark.parametrize("yes", ["yes", "1", "१", "၁", "１", "hajur", "ဟုတ်ကဲ့", "はい", "एक"])
    def test_yes_or_one_opens_the_first(self, respondent: Respondent, yes: str) -> None:
        talk, _text = self.unsure(respondent, "en")
        first = talk.turn.found[0].id
        assert f"h:{first}" in data(talk.say(yes))

    @pytest.mark.parametrize("no", ["no", "होइन", "haina", "မဟုတ်ဘူး", "いいえ", "chaina"])
    def test_no_is_none_of_these(self, respondent: Respondent, no: str) -> None:
        talk, _text = self.unsure(respondent, "en")
        assert talk.say(no).decision == Decision.HANDOVER

    def test_a_number_beyond_the_buttons_presses_none(self, respondent: Respondent) -> None:
        talk, _text = self.unsure(respondent, "en")
        assert talk.say("77").decision not in (Decision.HANDOVER, Decision.NAVIGATION)


@pytest.mark.parametrize("typed", ["2", "२", "၂", "２", "2.", "2)", "dui", "two", "နှစ်"])
def test_a_typed_number_presses_that_button(respondent: Respondent, typed: str) -> None:
    talk = Talk(respondent, "en")
    second = data(talk.command("menu"))[1]
    assert data(talk.say(typed)) == data(Talk(respondent, "en").press(second))


class TestButtonsOfOldOrForgedOnes:
    @pytest.mark.parametrize(
        "pressed",
        ["", ":", "zz", "a", "a:", "a:gone/article", "a:../../etc/passwd", "c:none", "c:work:x", "c:work:-1", "l:xx",
         "l:", "s:gone/x", "r:x", "w:AAA-AAAA", "a:work/unpaid-wages:1:2", "\ud800", "a:<b>", "m" * 64, "ဟ" * 21],
    )  # fmt: skip
    def test_they_are_answered_kindly_with_the_topics(self, respondent: Respondent, pressed: str) -> None:
        turn = Talk(respondent, "ja").press(pressed)
        assert shown(turn.replies[0]) == words("ja", "This button is old. Here are the topics.")
        assert "c:work" in data(turn)
        assert turn.effects == ()

    def test_a_button_of_long_ago_still_works(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.say(WAGES["en"])
        talk.command("menu")
        talk.say("hello")
        assert talk.press("s:work/unpaid-wages").replies[0].large

    def test_nobody_can_take_back_a_case_by_guessing(self, respondent: Respondent) -> None:
        talk = Talk(respondent, "en")
        talk.hand_over()
        assert talk.press("w:777-7777").effects == ()
        assert talk.state.case


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["x", "startt", "stop", "धन्यवाद", ""])
def test_an_unknown_command_lists_those_there_are(respondent: Respondent, language: str, name: str) -> None:
    text = all_shown(Talk(respondent, language).command(name))
    assert words(language, "I do not know this command.") in text
    for known in ("/menu", "/person", "/language", "/about", "/forget"):
        assert known in text
