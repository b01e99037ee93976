"""`tomoni ask`: one question and its answer, or many as JSON lines."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from typing import Any

from bot.app import Understanding
from bot.conversation.respond import Respondent
from bot.conversation.state import ConversationState, Step
from bot.conversation.turn import Turn
from bot.i18n import LANGUAGES
from bot.markup import to_plain
from bot.messages import LanguageCode, Text
from bot.settings import load_settings

MAX_ARTICLES = 5
NO_REFERENCE = "000-0000"


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("ask", help="ask one question, or many with --jsonl")
    parser.add_argument("question", nargs="?", help="the question, in any of the languages and scripts")
    parser.add_argument("--language", choices=LANGUAGES, help="the language the conversation is in")
    parser.add_argument("--jsonl", action="store_true", help='read {"text": …, "language": …} lines from stdin')
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if not arguments.jsonl and arguments.question is None:
        print("tomoni: ask needs a question, or --jsonl and lines on standard input", file=sys.stderr)
        return 2
    respondent = Understanding(load_settings(), quiet=False).respondent
    if arguments.jsonl:
        return _answer_lines(respondent)
    turn = ask(respondent, arguments.question, arguments.language)
    print(json.dumps(describe(arguments.question, turn), ensure_ascii=False))
    for reply in turn.replies:
        print(f"\n{to_plain(reply.text)}")
    return 0


def ask(respondent: Respondent, question: str, language: str | None) -> Turn:
    """The turn for `question` as the first message of a new conversation (in `language`, if given)."""
    state = ConversationState()
    if language in LANGUAGES:
        state = ConversationState(step=Step.READY, language=LanguageCode(language))
    return respondent.respond(state, Text(question), dt.datetime.now(dt.UTC), reference=NO_REFERENCE)


def describe(question: str, turn: Turn) -> dict[str, object]:
    """What was understood and decided, as the contract of `ask --jsonl` has it."""
    reading = turn.reading
    return {
        "text": question,
        "language": (reading.language if reading else "") or "other",
        "script": reading.script if reading else "Zyyy",
        "decision": str(turn.decision),
        "articles": [{"id": item.id, "confidence": round(item.confidence, 4)} for item in turn.found[:MAX_ARTICLES]],
    }


def _answer_lines(respondent: Respondent) -> int:
    failed = False
    for number, line in enumerate(sys.stdin, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            text, language = row["text"], row.get("language")
            if not isinstance(text, str):
                raise TypeError
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
            print(f'tomoni: line {number} is not of the form {{"text": "…"}}', file=sys.stderr)
            failed = True
            continue
        answer = json.dumps(describe(text, ask(respondent, text, language)), ensure_ascii=False)
        # A lone surrogate in the question must not stop the lines after it.
        sys.stdout.buffer.write(answer.encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()
    return 1 if failed else 0
