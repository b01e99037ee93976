"""Forum supergroups as the Bot API shows them: topics, who may open them, what refuses; after tdlib/td."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

MAX_TITLE = 128


class Refused(Exception):
    """What the real server answers with `code`."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(description)
        self.code = code


@dataclass
class Topic:
    """One topic of a forum; its id is that of the message that opened it."""

    id: int
    name: str
    closed: bool = False


@dataclass
class Group:
    """A supergroup the bot is in."""

    id: int
    is_forum: bool = True
    may_manage_topics: bool = True
    may_delete: bool = True
    kicked: bool = False
    topics: dict[int, Topic] = field(default_factory=dict)
    _last_id: int = 1

    def chat(self) -> dict[str, Any]:
        return {"id": self.id, "type": "supergroup", "title": "Partner", "is_forum": self.is_forum}

    def create(self, name: str) -> dict[str, Any]:
        """createForumTopic."""
        self._let_in()
        if not self.is_forum:
            raise Refused(400, "Bad Request: the chat is not a forum")
        if not self.may_manage_topics:
            raise Refused(400, "Bad Request: not enough rights to create a topic")
        if not name.strip():
            raise Refused(400, "Bad Request: TOPIC_TITLE_EMPTY")
        topic = Topic(self.next_id(), name.strip()[:MAX_TITLE])
        self.topics[topic.id] = topic
        return {"message_thread_id": topic.id, "name": topic.name, "icon_color": 7322096}

    def close(self, thread_id: int) -> bool:
        """closeForumTopic."""
        self._let_in()
        topic = self.topics.get(thread_id)
        if topic is None:
            raise Refused(400, "Bad Request: TOPIC_ID_INVALID")
        if topic.closed:
            raise Refused(400, "Bad Request: TOPIC_NOT_MODIFIED")
        topic.closed = True
        return True

    def delete(self, thread_id: int) -> bool:
        """deleteForumTopic."""
        self._let_in()
        if thread_id not in self.topics:
            raise Refused(400, "Bad Request: TOPIC_ID_INVALID")
        if not self.may_delete:
            raise Refused(400, "Bad Request: not enough rights to delete messages")
        del self.topics[thread_id]
        return True

    def let_write(self, thread_id: int | None) -> None:
        """What sendMessage checks; who may manage topics writes in closed ones too."""
        self._let_in()
        if thread_id is None:
            return
        topic = self.topics.get(thread_id)
        if topic is None:
            raise Refused(400, "Bad Request: message thread not found")
        if topic.closed and not self.may_manage_topics:
            raise Refused(400, "Bad Request: TOPIC_CLOSED")

    def message(self, message_id: int, thread_id: int | None, sender: str = "") -> dict[str, Any]:
        """What a message of `sender`, or of the bot, holds besides its content; the topic “General” has no id."""
        who = {"id": 123456, "is_bot": True, "first_name": "Tomoni"} if not sender else _person(sender)
        message = {"message_id": message_id, "date": int(time.time()), "chat": self.chat(), "from": who}
        if thread_id is not None:
            message |= {"message_thread_id": thread_id, "is_topic_message": True}
        return message

    def says(self, thread_id: int | None, name: str = "Sato", **content: object) -> dict[str, Any]:
        """Somebody writes (text="…") or sends something in a topic, or in “General”."""
        return {"message": self.message(self.next_id(), thread_id, name) | content}

    def edits(self, thread_id: int, text: str, said: dict[str, Any] | None = None) -> dict[str, Any]:
        """Somebody changes a message: that of the update `said`, or any other."""
        message = said["message"] if said else self.message(self.next_id(), thread_id, "Sato")
        return {"edited_message": message | {"text": text, "edit_date": int(time.time())}}

    def answers(self, said: dict[str, Any], text: str) -> dict[str, Any]:
        """Somebody answers the message of the update `said`."""
        thread_id = said["message"]["message_thread_id"]
        return self.says(thread_id, text=text, reply_to_message=said["message"])

    def presses(
        self, thread_id: int | None, data: str, *, name: str = "Sato", old: bool = False, under: int | None = None,
        answered: dict[str, Any] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Somebody presses a button under a message of the bot, that with the id `under` if it matters, which answers
        the message `answered`; of an old message Telegram tells no more than its chat and id."""
        message = self.message(under or self.next_id(), thread_id) | {"text": "…"}
        if answered is not None:
            message["reply_to_message"] = answered
        if old:
            message = {"message_id": message["message_id"], "date": 0, "chat": self.chat()}
        query = {"id": str(self.next_id()), "from": _person(name), "chat_instance": "1", "data": data}
        return {"callback_query": query | {"message": message}}

    def next_id(self) -> int:
        """Ids of messages count up within a group."""
        self._last_id += 1
        return self._last_id

    def _let_in(self) -> None:
        if self.kicked:
            raise Refused(403, "Forbidden: bot was kicked from the supergroup chat")


def _person(name: str) -> dict[str, Any]:
    return {"id": 77, "is_bot": False, "first_name": name}
