"""A person who talks to the thinking part: sends, taps what is shown, waits."""

from __future__ import annotations

import datetime as dt

from bot.conversation.respond import Quiet, Respondent
from bot.conversation.scene import Standing
from bot.conversation.state import ConversationState, IntakeStep
from bot.conversation.turn import Turn
from bot.i18n import translator
from bot.markup import to_plain
from bot.messages import Button, Command, Content, LanguageCode, Press, Reply, Text

NOON = dt.datetime(2026, 11, 24, 3, tzinfo=dt.UTC)
REFERENCE = "367-9CDF"
# One everyday way of saying the same in each language and script.
WAGES = {
    "ne": "मालिकले दुई महिनाको तलब दिएको छैन",
    "ne-Latn": "malik le 2 mahina ko talab diyeko xaina",
    "my": "သူဌေးက လစာ နှစ်လ မပေးသေးဘူး",
    "Zawgyi": "သူေဌးက လစာ ႏွစ္လ မေပးေသးဘူး",
    "my-Latn": "thu htay ka la kha hna la ma pay thay bu",
    "ja": "社長が 2か月 給料を はらって くれません",
    "ja-Latn": "shachou ga nikagetsu kyuuryou wo haratte kuremasen",
    "en": "my boss did not pay my salary for two months",
}
ATTACK = {
    "ne": "श्रीमानले अहिले मलाई चक्कुले हान्दैछ बचाउनुस्",
    "ne-Latn": "sriman le ahile malai chakku le handai xa bachaunus",
    "my": "ယောက်ျားက အခု ကျွန်မကို ဓားနဲ့ ထိုးနေတယ် ကယ်ပါ",
    "Zawgyi": "ေယာက္်ားက အခု ကြၽန္မကို ဓားနဲ႔ ထိုးေနတယ္ ကယ္ပါ",
    "my-Latn": "yauk kyar ka akhu kyama ko dar ne hto nay tal kal par",
    "ja": "夫に いま ナイフで なぐられています たすけて",
    "ja-Latn": "otto ni ima naifu de nagurarete imasu tasukete",
    "en": "my husband is hitting me now with a knife help",
}


def language_of(variant: str) -> LanguageCode:
    return LanguageCode("my" if variant == "Zawgyi" else variant.partition("-")[0])


class Talk:
    """One conversation. Each call is one thing sent, five seconds after the one before."""

    def __init__(self, respondent: Respondent, language: str = "", *, hint: str = "en") -> None:
        """With a `language`, that was chosen before."""
        self.respondent = respondent
        self.state = ConversationState()
        self.now = NOON
        self.hint = hint
        self.standing: Standing | None = None
        self.turn: Turn
        if language:
            self.press(f"l:{language}")

    def say(self, content: Content | Quiet | str, *, after_s: float = 5) -> Turn:
        self.now += dt.timedelta(seconds=after_s)
        said = Text(content) if isinstance(content, str) else content
        self.turn = self.respondent.respond(
            self.state, said, self.now, reference=REFERENCE, locale_hint=self.hint, standing=self.standing
        )  # fmt: skip
        self.state = ConversationState.from_json(self.turn.state.to_json())
        assert self.state == self.turn.state
        return self.turn

    def press(self, data: str) -> Turn:
        return self.say(Press(data))

    def command(self, name: str, argument: str = "") -> Turn:
        return self.say(Command(name, argument))

    def hand_over(self, way: str = "p") -> Turn:
        """Ask for a person, skip every question of the intake, and agree."""
        self.press(way)
        for _ in range(6):
            if self.state.intake is not None and self.state.intake.step != IntakeStep.CONSENT:
                self.press("i:skip")
        return self.press("y")

    def tap(self, label: str) -> Turn:
        """Tap the button on screen whose label holds `label`."""
        return self.press(button(self.turn, label).data)


def buttons(turn: Turn) -> list[Button]:
    return [item for reply in turn.replies for row in reply.buttons for item in row]


def button(turn: Turn, label: str) -> Button:
    found = [item for item in buttons(turn) if label in item.label]
    assert found, f"no button {label!r} among {[item.label for item in buttons(turn)]}"
    return found[0]


def data(turn: Turn) -> list[str]:
    return [item.data for item in buttons(turn)]


def words(code: str, message: str, **values: object) -> str:
    """An interface text as it is shown, without markup."""
    return to_plain(translator(LanguageCode(code))(message, **values))


def shown(reply: Reply) -> str:
    return to_plain(reply.text)


def all_shown(turn: Turn) -> str:
    return "\n".join(map(shown, turn.replies))


HELLO = "Hello, this is Tomoni. Ask me anything about living in Japan. Which language?"
INTRODUCTION = "I know about work, visa, health, money, housing and emergencies in Japan."
NUMBERS = "🆘 In danger now: **police 110**, **ambulance and fire 119**. Free, day and night."
DANGER_NOW = "In danger now? Police 110. Ambulance and fire 119. The call is free."
NOT_KNOWN = (
    "I have no checked answer to this. Please write it in other words, choose a topic, or let me pass it to a person."
)
