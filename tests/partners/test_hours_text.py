"""A partner's opening hours as the person reads them."""

from __future__ import annotations

from bot.i18n import BURMESE, ENGLISH, JAPANESE, NEPALI
from bot.partners.hours_text import hours_in_words
from tests.partners.cast import WORKDAYS, make_partner

IN_BURMESE = {"days": ["fri", "tue"], "opens": "13:00", "closes": "24:00", "languages": ["my"]}


def test_days_in_a_row_are_joined_and_holidays_told() -> None:
    office = make_partner(hours=[WORKDAYS, {"days": ["sun"], "opens": "09:30", "closes": "12:00"}])
    assert hours_in_words(office, ENGLISH).replace("\u202f", " ").splitlines() == [
        "- Monday – Friday: 10:00 AM – 5:00 PM",
        "- Sunday: 9:30 AM – 12:00 PM",
        "- Closed on public holidays",
    ]


def test_a_language_with_hours_of_its_own_has_only_these() -> None:
    office = make_partner(hours=[WORKDAYS, IN_BURMESE], open_on_holidays=True)
    assert hours_in_words(office, BURMESE) == "- အင်္ဂါနှင့် သောကြာ: 13:00 – 0:00"
    assert hours_in_words(office, NEPALI) == "- सोमबार – शुक्रबार: 10:00 – 17:00"


def test_always_open_is_said_as_people_say_it() -> None:
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    shelter = make_partner(hours=[{"days": week, "opens": "00:00", "closes": "24:00"}], open_on_holidays=True)
    assert hours_in_words(shelter, ENGLISH) == "- Every day: 24 hours"
    assert hours_in_words(shelter, JAPANESE) == "- {毎日|まいにち}: 24{時間|じかん}"
