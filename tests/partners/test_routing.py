"""Which partner takes a case, and why."""

from __future__ import annotations

from typing import Any

from bot.i18n import NEPALI
from bot.partners.partner import Partner
from bot.partners.routing import OPERATOR, Problem, Reason, ReasonKind, Route, route
from tests.partners.cast import make_partner
from tests.partners.test_opening import tokyo

OPEN = tokyo(24, 12)
WAGES = Problem(("work/unpaid-wages",), NEPALI, "saitama")


def ids(
    partners: dict[str, Partner], problem: Problem = WAGES, loads: dict[str, int] | None = None, **more: Any
) -> list[str]:
    return [found.partner_id for found in route(problem, partners, loads or {}, OPEN, **more)]


def test_the_operators_desk_always_stands_last() -> None:
    assert ids({}) == [OPERATOR]
    assert ids({"shelter": make_partner(takes=["emergency"])}) == [OPERATOR]
    assert ids({"labour": make_partner()}) == ["labour", OPERATOR]


def test_a_partner_elsewhere_does_not_come_into_question() -> None:
    partners = {"osaka": make_partner(prefectures=["osaka"]), "saitama": make_partner(prefectures=["saitama"])}
    assert ids(partners) == ["saitama", OPERATOR]


def test_where_the_place_is_not_told_all_of_them_do() -> None:
    partners = {"osaka": make_partner(prefectures=["osaka"]), "saitama": make_partner(prefectures=["saitama"])}
    assert ids(partners, Problem(("work/unpaid-wages",), NEPALI)) == ["osaka", "saitama", OPERATOR]


def test_someone_who_reads_the_language_comes_first_even_if_closed() -> None:
    closed = {"days": ["sun"], "opens": "10:00", "closes": "12:00"}
    partners = {"japanese": make_partner(languages=["ja"]), "nepali": make_partner(languages=["ne"], hours=[closed])}
    assert ids(partners) == ["nepali", "japanese", OPERATOR]


def test_someone_for_the_very_article_comes_before_someone_for_the_category() -> None:
    partners = {"any": make_partner(), "wages": make_partner(takes=["work/unpaid-wages"])}
    assert ids(partners) == ["wages", "any", OPERATOR]


def test_a_full_partner_comes_after_one_with_room() -> None:
    partners = {"full": make_partner(capacity=2), "room": make_partner(languages=["ja"])}
    assert ids(partners, loads={"full": 2}) == ["room", "full", OPERATOR]


def test_the_one_with_more_room_comes_first() -> None:
    partners = {"busy": make_partner(), "free": make_partner()}
    assert ids(partners, loads={"busy": 5, "free": 1}) == ["free", "busy", OPERATOR]


def test_who_was_tried_is_left_out_and_its_fallback_comes_first() -> None:
    partners = {
        "first": make_partner(fallback=["third"]), "second": make_partner(), "third": make_partner(languages=["ja"]),
    }  # fmt: skip
    assert ids(partners, tried=["first"], after="first") == ["third", "second", OPERATOR]


def test_a_case_without_a_topic_goes_to_whoever_serves_the_place() -> None:
    assert ids({"labour": make_partner()}, Problem((), NEPALI, "saitama")) == ["labour", OPERATOR]


def test_the_reasons_are_told() -> None:
    partners = {"labour": make_partner(prefectures=["saitama", "tokyo"])}
    best = route(WAGES, partners, {"labour": 3}, OPEN)[0]
    assert best == Route(
        "labour",
        (
            Reason(ReasonKind.COVERS, "saitama"),
            Reason(ReasonKind.READS, "ne"),
            Reason(ReasonKind.TAKES_CATEGORY, "work"),
            Reason(ReasonKind.OPEN_NOW),
            Reason(ReasonKind.LOAD, "3/10"),
        ),
    )
