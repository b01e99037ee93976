"""Telegram end to end: `tomoni serve` as a process, a Bot API server on loopback, faults on the way."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.bot_api import TOKEN, BotApiServer, Sent
from tests.servers.tomoni import TomoniServer
from tests.small_base import write_base

QUESTION = "boss did not pay me in May"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    write_base(folder / "knowledge_base")
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_server(mode: str, api: BotApiServer, small: Path, folder: Path, **more: str) -> TomoniServer:
    port = free_port()
    return TomoniServer(
        folder,
        port=str(port),
        knowledge_base=str(small / "knowledge_base"),
        cache_dir=str(small / "cache"),
        telegram_token=TOKEN,
        telegram_api_url=api.url,
        quiet_seconds="0.3",
        **({"public_url": f"http://127.0.0.1:{port}"} if mode == "webhook" else {}),
        **more,
    )


@pytest.fixture(params=["polling", "webhook"])
def server(request: pytest.FixtureRequest, api: BotApiServer, small: Path, tmp_path: Path) -> Iterator[TomoniServer]:
    with make_server(request.param, api, small, tmp_path) as running:
        running.wait_for_line("Telegram: ")
        yield running


def answered(sent: list[Sent], times: int = 1) -> bool:
    return sum("The company must pay you" in message.text for message in sent) >= times


def test_the_whole_conversation(api: BotApiServer, server: TomoniServer) -> None:
    api.send_text(7, "/start")
    greeting = api.wait_for(7, lambda sent: sent)[0]
    assert greeting.silent
    api.press(7, greeting.button("English"))
    introduction = api.wait_for(7, lambda sent: len(sent) == 2)[1]
    api.press(7, introduction.button("Topics"))
    menu = api.wait_for(7, lambda sent: len(sent) == 3)[2]
    api.press(7, menu.button("Work"))
    category = api.wait_for(7, lambda sent: len(sent) == 4)[3]
    api.press(7, category.button("Salary"))
    article = api.wait_for(7, answered)[-1]
    assert "Source" in article.text
    api.press(7, article.button("counter"))
    assert "会社" in api.wait_for(7, lambda sent: len(sent) == 6)[-1].text
    api.send_text(7, QUESTION)
    article = api.wait_for(7, lambda sent: answered(sent, 2))[-1]
    api.press(7, article.button("Did not help"))
    asked = api.wait_for(7, lambda sent: "May I use what you wrote" in sent[-1].text)[-1]
    api.press(7, asked.button("Yes, use this"))
    asked = api.wait_for(7, lambda sent: "When did it happen" in sent[-1].text)[-1]
    api.press(7, asked.button("This month"))
    asked = api.wait_for(7, lambda sent: "In which prefecture" in sent[-1].text)[-1]
    api.press(7, asked.button("I do not want to say"))
    asked = api.wait_for(7, lambda sent: "Is it safe" in sent[-1].text)[-1]
    api.press(7, asked.button("Yes, any time"))
    api.wait_for(7, lambda sent: "call you" in sent[-1].text)
    api.send_text(7, "Ramu")
    asked = api.wait_for(7, lambda sent: "May I pass this on" in sent[-1].text)[-1]
    assert "Ramu" in asked.text
    api.press(7, asked.button("Yes, pass it on"))
    case = api.wait_for(7, lambda sent: "case number is" in sent[-1].text)[-1]
    api.press(7, case.button("Take the case back"))
    api.wait_for(7, lambda sent: "taken back" in sent[-1].text)
    api.send_text(7, "/forget")
    api.wait_for(7, lambda sent: "delete everything" in sent[-1].text)
    api.send_text(7, "yes")
    api.wait_for(7, lambda sent: "is deleted" in sent[-1].text)
    assert len(api.called("answerCallbackQuery")) == 12


def test_what_is_not_text_gets_a_helpful_reply(api: BotApiServer, server: TomoniServer) -> None:
    api.send_text(8, "/start")
    api.wait_for(8, lambda sent: sent)
    file = {"file_id": "x", "file_unique_id": "x"}
    contents: list[dict[str, object]] = [
        {"sticker": {**file, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}},
        {"voice": {**file, "duration": 3}},
        {"photo": [{**file, "width": 1, "height": 1}]},
        {"location": {"latitude": 35.0, "longitude": 139.0}},
        {"document": file},
    ]
    for number, content in enumerate(contents, start=2):
        api.send(8, **content)
        assert "119" in api.wait_for(8, lambda sent, n=number: len(sent) == n)[-1].text  # type: ignore[misc]
    api.send(8, photo=[{**file, "width": 1, "height": 1}], caption=QUESTION)
    api.wait_for(8, answered)


def test_an_edited_message_is_looked_at_again(api: BotApiServer, server: TomoniServer) -> None:
    update = api.send_text(9, "tell me a joke")
    api.wait_for(9, lambda sent: sent)
    api.edit_text(update, QUESTION)
    api.wait_for(9, answered)


def test_an_update_delivered_twice_is_answered_once(api: BotApiServer, server: TomoniServer) -> None:
    update = api.send_text(10, QUESTION)
    api.wait_for(10, answered)
    api.repeat(update)
    api.repeat(update)
    api.send_text(10, "/about")
    api.wait_for(10, lambda sent: "It is free" in sent[-1].text)
    assert sum(answered([message]) for message in api.messages(10)) == 1


def test_429_and_5xx_lose_nothing_and_keep_the_order(api: BotApiServer, server: TomoniServer) -> None:
    api.fail_next("sendMessage", "429", seconds=1)
    api.fail_next("sendMessage", "500", times=1)
    api.send_text(11, QUESTION)
    sent = api.wait_for(11, answered, timeout_s=30)
    assert len(sent) == 2
    assert answered(sent[1:])


def test_a_person_who_blocked_the_bot_stops_nobody_else(api: BotApiServer, server: TomoniServer) -> None:
    api.blocked.add(12)
    api.send_text(12, QUESTION)
    api.send_text(13, QUESTION)
    api.wait_for(13, answered)
    assert api.messages(12) == []


def test_many_people_at_once_each_get_their_own(api: BotApiServer, server: TomoniServer) -> None:
    people = range(100, 130)
    for person in people:
        api.send_text(person, QUESTION)
        api.send_text(person, "/about")
    for person in people:
        sent = api.wait_for(person, lambda sent: len(sent) == 3, timeout_s=30)
        assert answered(sent[1:2])
        assert "It is free" in sent[2].text


def test_several_short_messages_are_one_question(api: BotApiServer, server: TomoniServer) -> None:
    api.send_text(14, "/start")
    greeting = api.wait_for(14, lambda sent: sent)[0]
    api.press(14, greeting.button("English"))
    api.wait_for(14, lambda sent: len(sent) == 2)
    for fragment in ("weather", "the weather", "what is the weather"):
        api.send_text(14, fragment)
    sent = api.wait_for(14, lambda sent: len(sent) == 3)
    assert "no checked answer" in sent[2].text
    assert any(call["action"] == "typing" for call in api.called("sendChatAction") if int(call["chat_id"]) == 14)
    api.send_text(14, "/about")
    api.wait_for(14, lambda sent: "It is free" in sent[-1].text)
    assert len(api.messages(14)) == 4


@pytest.mark.parametrize("data", ["", "zzz", "a:../../x", "c:none:99", "l:xx", "m" * 64, "a:work/unpaid-wages:x"])
def test_data_made_up_by_hand_is_answered_kindly(api: BotApiServer, server: TomoniServer, data: str) -> None:
    api.press(15, data)
    assert "button is old" in api.wait_for(15, lambda sent: len(sent) == 2)[0].text


def test_the_commands_are_set_in_every_language(api: BotApiServer, server: TomoniServer) -> None:
    api.send_text(16, "/help")
    api.wait_for(16, lambda sent: sent)
    languages = {call.get("language_code") for call in api.called("setMyCommands")}
    assert languages == {None, "ne", "my", "ja", "en"}


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_a_process_killed_between_receiving_and_replying(
    mode: str, api: BotApiServer, small: Path, tmp_path: Path
) -> None:
    """Replies hang at Telegram when the plug is pulled; each person is answered after the restart, once."""
    server = make_server(mode, api, small, tmp_path)
    server.start()
    server.wait_for_line("Telegram: ")
    people = range(200, 210)
    api.fail_next("sendMessage", "500", times=40)
    for person in people:
        api.send_text(person, QUESTION)
    api.wait_until_taken()
    server.kill()
    api._faults.clear()
    already = {person: len(api.messages(person)) for person in people}
    assert set(already.values()) == {0}
    server.start()
    try:
        for person in people:
            sent = api.wait_for(person, answered, timeout_s=60)
            assert len(sent) == 2
    finally:
        server.stop()


def test_a_webhook_without_the_secret_is_refused(api: BotApiServer, small: Path, tmp_path: Path) -> None:
    import httpx  # noqa: PLC0415

    with make_server("webhook", api, small, tmp_path) as server:
        server.wait_for_line("Telegram: ")
        url = server.url + "/telegram/webhook"
        assert httpx.post(url, json={"update_id": 1}).status_code == 403
        headers = {"X-Telegram-Bot-Api-Secret-Token": api.webhook["secret_token"]}
        assert httpx.post(url, content=b"nonsense", headers=headers).status_code == 400
        assert httpx.post(url, content=b"\xff\xfe", headers=headers).status_code == 400
