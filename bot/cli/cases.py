"""`tomoni cases`: what waits for a person, without the web."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import sys
import uuid
from collections.abc import Mapping
from typing import Any, Final

from bot.app import opened_storage
from bot.cases.case import referral_of, status_of
from bot.cases.dispatch import dispatch
from bot.cases.export import FORMATS, Exported, export_case, write_cases
from bot.cases.reference import normalise_reference
from bot.cases.service import OUTCOMES, PERSON, accept_case, close_case, decline_case
from bot.cases.transfer import ask_transfer
from bot.cli import audit
from bot.cli.case_answers import add_answer_arguments, answer_from_terminal, list_prepared, texts_for
from bot.partners.directory import load_directory
from bot.settings import Settings, load_settings
from bot.storage.attachments import all_attachments, attachments_of
from bot.storage.audit import ALL_CASES, OPEN_CASES
from bot.storage.cases import HELP, CaseWithEvents, consents_of, each_case, find_case
from bot.storage.models import CaseEventKind, JobRow
from bot.storage.undelivered import failed_jobs, requeue_job

OPERATOR_AT_THE_TERMINAL: Final = "operator"


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("cases", help="list cases, show one, do what a caseworker does, export")
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    listing = actions.add_parser("list", help="one line a case: reference, status, opened, language, topics")
    listing.add_argument("--all", action="store_true", help="also closed and withdrawn ones")
    showing = _about_one(actions, "show", "one case with what was written")
    accepting = _about_one(actions, "accept", "take a case for whoever it is offered to")
    accepting.add_argument("--actor", required=True, help="who takes it")
    declining = _about_one(actions, "decline", "decline a case for the partner it is offered to")
    declining.add_argument("--reason", required=True)
    closing = _about_one(actions, "close", "close a case; the person and the partner are told")
    closing.add_argument("--outcome", required=True, choices=OUTCOMES)
    transferring = _about_one(actions, "transfer", "ask the person whether their case may go to another partner")
    transferring.add_argument("--to", required=True, help="the id of that partner in the partners' file")
    transferring.add_argument("--reason", required=True, help="why, for that partner to read")
    answering = _about_one(actions, "answer", "write to the person of a case")
    add_answer_arguments(answering)
    for one in (declining, closing, transferring, answering):
        one.add_argument("--actor", default=OPERATOR_AT_THE_TERMINAL, help="in whose name")
    actions.add_parser("prepared", help="the messages that `answer --prepared` sends: id, title, what to fill in")
    exporting = actions.add_parser("export", help="all cases; without --personal nothing that points at a person")
    exporting.add_argument("--personal", action="store_true", help="with texts, names, places and ways to reach people")
    exporting.add_argument("--format", choices=FORMATS, default=FORMATS[0])
    audit.add_parser(actions)
    for one, purpose in ((listing, "overview"), (showing, HELP), (exporting, "statistics")):
        one.add_argument("--purpose", default=purpose, help="what for, as the audit trail keeps it (%(default)s)")
    actions.add_parser("dead-letters", help="one line for each job that was given up, and why")
    requeueing = actions.add_parser("requeue", help="let a job that was given up be tried again")
    requeueing.add_argument("job", help="its id, as dead-letters shows it")
    parser.set_defaults(run=run)


def _about_one(actions: Any, name: str, what: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=what)
    parser.add_argument("reference", help="the case number, as the person reads it out")
    return parser


def run(arguments: argparse.Namespace) -> int:
    settings = load_settings()
    match arguments.action:
        case "list":
            return asyncio.run(_list(settings, everything=arguments.all, purpose=arguments.purpose))
        case "export":
            return asyncio.run(_export(settings, arguments.format, arguments.purpose, personal=arguments.personal))
        case "prepared":
            return list_prepared(settings)
        case "audit":
            return audit.run(arguments)
        case "dead-letters":
            return asyncio.run(_dead_letters(settings))
        case "requeue":
            return asyncio.run(_requeue(settings, arguments.job))
    reference = normalise_reference(arguments.reference)
    if reference is None:
        print(f"tomoni: {arguments.reference!r} is no case number; a letter or digit is wrong", file=sys.stderr)
        return 2
    if arguments.action == "show":
        return asyncio.run(_show(settings, reference, arguments.purpose))
    return asyncio.run(_change(settings, reference, arguments))


async def _list(settings: Settings, *, everything: bool, purpose: str) -> int:
    async with opened_storage(settings) as storage:
        await audit.record_reading(storage, "listed", ALL_CASES if everything else OPEN_CASES, purpose)
        async with storage.reading() as session:
            async for item in each_case(session):
                if everything or status_of(item.events).name == "open":
                    print(_line(item))
    return 0


async def _show(settings: Settings, reference: str, purpose: str) -> int:
    async with opened_storage(settings) as storage:
        async with storage.reading() as session:
            found = await find_case(session, reference)
            consents = await consents_of(session, found.case.id) if found is not None else []
            files = await attachments_of(session, found.case.id) if found is not None else []
        if found is None:
            return _unknown(reference)
        await audit.record_reading(storage, "seen", reference, purpose)
    print(_line(found))
    for consent in consents:
        withdrawn = f", withdrawn {_time(consent.withdrawn_at)}" if consent.withdrawn_at else ""
        print(
            f"consent: {consent.partner_id}, {consent.purpose}: {', '.join(consent.kinds) or '-'} "
            f"(version {consent.version}, {consent.language}, {_time(consent.given_at)}{withdrawn})"
        )
    referral = referral_of(found.events)
    state = f"accepted by {referral.accepted_by}" if referral.accepted_by else "not accepted"
    print(f"referral: {referral.partner_id}, {state}, since {_time(referral.offered_at)}")
    for event in found.events:
        print(f"{_time(event.at)}  {event.kind:<10} {event.actor}")
        if about := _about(event.kind, event.partner_id, event.detail or {}):
            print(f"    {about}")
        if event.text:
            print(f"    {event.text}")
        for row in files:
            if row.position == event.position:
                print(f"    file: {row.kind}, {row.media_type}, {row.size} bytes, {row.name or '-'}")
    return 0


def _about(kind: str, partner_id: str | None, detail: Mapping[str, Any]) -> str:
    """What an event is about, besides its text: to whom, why, by which channel."""
    match kind:
        case CaseEventKind.OFFERED:
            reasons = ", ".join(
                " ".join(filter(None, (reason["kind"], reason["subject"]))) for reason in detail.get("reasons", [])
            )
            return f"{partner_id}: {reasons}" if reasons else str(partner_id)
        case CaseEventKind.DELIVERED | CaseEventKind.FAILED:
            why = f": {detail['reason']}" if detail.get("reason") else ""
            way = "to the person" if detail.get("to") == PERSON else f"{partner_id} by {detail.get('channel')}"
            return f"{way}, event {detail.get('of')}{why}"
        case CaseEventKind.CLOSED:
            return str(detail.get("outcome", ""))
    return partner_id or ""


async def _change(settings: Settings, reference: str, arguments: argparse.Namespace) -> int:
    """Do to a case what was asked. Raises CaseError where that cannot be."""
    partners = load_directory(settings.knowledge_base, settings.partners).recipients
    knowledge_base = texts_for(arguments, settings)
    now = dt.datetime.now(dt.UTC)
    async with opened_storage(settings) as storage, storage.transaction() as session:
        found = await find_case(session, reference)
        if found is None:
            return _unknown(reference)
        match arguments.action:
            case "accept":
                await accept_case(session, found, arguments.actor, now)
            case "decline":
                await decline_case(session, found, arguments.actor, arguments.reason, now, partners)
            case "transfer":
                await ask_transfer(session, found, arguments.actor, arguments.to, arguments.reason, now, partners)
            case "close":
                event = await close_case(session, found, arguments.actor, arguments.outcome, now)
                dispatch(session, event, event.partner_id, partners)
            case "answer":
                await answer_from_terminal(session, found, arguments, knowledge_base, partners, now)
        changed = await find_case(session, reference)
    if changed is not None:
        print(_line(changed))
    return 0


async def _export(settings: Settings, form: str, purpose: str, *, personal: bool) -> int:
    async with opened_storage(settings) as storage:
        action = "exported with personal data" if personal else "exported"
        await audit.record_reading(storage, action, ALL_CASES, purpose)
        async with storage.reading() as session:
            files = await all_attachments(session)
            cases: list[Exported] = [
                export_case(item, files.get(item.case.id, ()), personal=personal) async for item in each_case(session)
            ]
    write_cases(cases, form, sys.stdout)
    return 0


async def _dead_letters(settings: Settings) -> int:
    async with opened_storage(settings) as storage, storage.reading() as session:
        for job in await failed_jobs(session):
            print(_job_line(job))
    return 0


async def _requeue(settings: Settings, text: str) -> int:
    try:
        job_id = uuid.UUID(text)
    except ValueError:
        print(f"tomoni: {text!r} is no job; `tomoni cases dead-letters` lists them", file=sys.stderr)
        return 2
    async with opened_storage(settings) as storage, storage.transaction() as session:
        if not await requeue_job(session, job_id, dt.datetime.now(dt.UTC)):
            print(f"tomoni: no job {job_id} was given up", file=sys.stderr)
            return 1
    print(f"{job_id} is tried again.")
    return 0


def _unknown(reference: str) -> int:
    print(f"tomoni: there is no case {reference}", file=sys.stderr)
    return 1


def _job_line(job: JobRow) -> str:
    channel = job.subject.partition(":")[2] or "-"
    return "\t".join((str(job.id), job.kind, channel, _time(job.run_at), str(job.attempts), job.error or "-"))


def _time(at: dt.datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _line(item: CaseWithEvents) -> str:
    case = item.case
    return "\t".join(
        (
            case.reference,
            status_of(item.events).name,
            f"{case.created_at:%Y-%m-%d %H:%M}",
            case.language,
            case.urgency,
            ", ".join(case.articles) or "-",
        )
    )
