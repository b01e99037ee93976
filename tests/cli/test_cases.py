"""`tomoni cases` as an operator calls it, on both databases."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.cases.service import erase_texts
from bot.cli import main
from bot.conversation.respond import Respondent
from bot.errors import ChannelError
from bot.knowledge.writer import dump_yaml
from bot.messages import Attachment, AttachmentKind, File, Press
from bot.storage.encryption import Cipher
from bot.storage.engine import Storage, create_engine
from bot.storage.migrate import upgrade
from bot.storage.models import JobKind, JobRow
from tests.conftest import ROOT, SECRET
from tests.delivery.house import MAIL, SOON, House
from tests.partners.cast import make_partner
from tests.storage.test_audit import tamper
from tests.test_helpline import ALICE, BOB, message

STORY = '=cmd|"/c calc"!A1; boss did not pay, call me at Asahi-cho'
NAME = "Sita"


class Terminal:
    """The command line over a database, and what it printed."""

    def __init__(self, url: str, small: Respondent, capsys: pytest.CaptureFixture[str]) -> None:
        self._url = url
        self._small = small
        self._capsys = capsys

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        code = main(["cases", *arguments])
        printed = self._capsys.readouterr()
        return code, printed.out, printed.err

    def house(self, work: Callable[[House], Awaitable[Any]]) -> Any:
        """Do something to the same database as the running server would."""

        async def inside() -> Any:
            storage = Storage(create_engine(self._url), Cipher(SECRET))
            await upgrade(storage)
            try:
                return await work(House(storage, self._small, labour=make_partner(channels=MAIL)))
            finally:
                await storage.close()

        return asyncio.run(inside())


@pytest.fixture
def tomoni(
    database_url: str,
    small_respondent: Respondent,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Terminal:
    partners = tmp_path / "partners.yaml"
    labour = make_partner(channels=MAIL).model_dump(mode="json", exclude_none=True)
    partners.write_text(dump_yaml({"labour": labour}), encoding="utf-8")
    for name, value in {
        "DATABASE_URL": database_url, "SECRET_KEY": SECRET, "PARTNERS": str(partners),
        "KNOWLEDGE_BASE": str(ROOT / "knowledge_base"),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"TOMONI_{name}", value)
    monkeypatch.chdir(tmp_path)
    return Terminal(database_url, small_respondent, capsys)


@pytest.fixture
def reference(tomoni: Terminal) -> str:
    """A case of somebody who wrote, gave a name, and lives in Saitama, if the directory knew it."""

    async def work(house: House) -> str:
        await house.helpline.receive(message(ALICE, 1, "boss did not pay me in May"))
        await house.helpline.receive(message(ALICE, 2, Press("p")))
        await house.helpline.receive(message(ALICE, 3, Press("i:new")))
        await house.helpline.receive(message(ALICE, 4, STORY))
        for number, said in enumerate(("i:skip", "i:skip", "i:safe-yes"), start=5):
            await house.helpline.receive(message(ALICE, number, Press(said)))
        await house.helpline.receive(message(ALICE, 8, NAME))
        receipt = await house.helpline.receive(message(ALICE, 9, Press("y")))
        await house.after(SOON)
        return receipt.replies[0].reply.text.partition("**")[2].partition("**")[0]

    return str(tomoni.house(work))


def kinds(tomoni: Terminal, reference: str) -> list[str]:
    return list(tomoni.house(lambda house: house.kinds(reference)))


class TestListAndShow:
    def test_open_cases_are_listed_and_all_of_them_on_demand(self, tomoni: Terminal, reference: str) -> None:
        assert tomoni("list")[1].split("\t")[:2] == [reference, "open"]
        tomoni("close", reference, "--outcome", "advised")
        assert tomoni("list")[1] == ""
        assert tomoni("list", "--all")[1].split("\t")[:2] == [reference, "closed"]

    def test_one_is_shown_with_consent_referral_reasons_and_deliveries(self, tomoni: Terminal, reference: str) -> None:
        code, out, _ = tomoni("show", reference.lower().replace("-", " "))
        assert code == 0
        lines = out.splitlines()
        assert lines[1].startswith("consent: labour, help with this case: what, topic, contact, name, language")
        assert lines[2].startswith("referral: labour, not accepted, since 2026-11-24 03:00 UTC")
        assert f"    {STORY}" in lines
        assert "    labour: prefecture_unknown, reads en, takes_category work, open_now, load 0/10" in lines
        assert "    labour by email, event 1" in lines

    @pytest.mark.parametrize("action", ["show", "accept --actor x", "decline --reason x", "close --outcome other"])
    def test_an_unknown_number_and_a_mistyped_one_are_told_apart(self, tomoni: Terminal, action: str) -> None:
        name, *rest = action.split()
        code, _, wrong = tomoni(name, "ABC-DEFG", *rest)
        assert (code, "is no case number" in wrong) == (2, True)
        code, _, unknown = tomoni(name, "333-3333", *rest)
        assert (code, unknown) == (1, "tomoni: there is no case 333-3333\n")


class TestDoing:
    def test_accept_answer_and_close(self, tomoni: Terminal, reference: str) -> None:
        assert tomoni("accept", reference, "--actor", "Sato")[0] == 0
        assert tomoni("answer", reference, "Please bring your payslip", "--actor", "Sato")[0] == 0
        code, out, _ = tomoni("close", reference, "--outcome", "advised")
        assert (code, out.split("\t")[:2]) == (0, [reference, "closed"])
        assert kinds(tomoni, reference)[-3:] == ["accepted", "answer", "closed"]

        async def heard(house: House) -> tuple[int, list[str]]:
            house.clock.now += SOON
            async with house.storage.reading() as session:
                rows = (await session.execute(select(JobRow.run_at))).scalars().all()
            await house.after(max(rows) - house.clock.now)
            return len(house.told("Please bring your payslip")), house.mail.kinds("labour")

        assert tomoni.house(heard) == (1, ["closed"])

    def test_what_cannot_be_is_said_in_words(self, tomoni: Terminal, reference: str) -> None:
        tomoni("accept", reference, "--actor", "Sato")
        assert tomoni("accept", reference, "--actor", "Abe")[::2] == (1, f"tomoni: {reference}: Sato has it already\n")
        assert tomoni("answer", reference, "  ")[0] == 1
        tomoni("close", reference, "--outcome", "solved")
        assert tomoni("answer", reference, "late")[::2] == (1, f"tomoni: {reference}: is closed\n")
        assert kinds(tomoni, reference).count("accepted") == 1

    def test_decline_gives_it_to_the_operator(self, tomoni: Terminal, reference: str) -> None:
        assert tomoni("decline", reference, "--reason", "too far away")[0] == 0
        assert "referral: operator, not accepted" in tomoni("show", reference)[1]
        assert "operator's desk" in tomoni("decline", reference, "--reason", "again")[2]

    def test_an_outcome_that_is_none_is_refused(self, tomoni: Terminal, reference: str) -> None:
        with pytest.raises(SystemExit) as stopped:
            tomoni("close", reference, "--outcome", "nonsense")
        assert stopped.value.code == 2


class TestExport:
    def secrets(self) -> tuple[str, ...]:
        return ("boss", "calc", "Asahi", NAME, "1001", "telegram", "Sato", "too far", "payslip", "yes")

    @pytest.mark.parametrize("form", ["csv", "json"])
    def test_without_personal_data_nothing_points_at_anybody(self, tomoni: Terminal, reference: str, form: str) -> None:
        tomoni("answer", reference, "Please bring your payslip", "--actor", "Sato")
        tomoni("decline", reference, "--reason", "too far away", "--actor", "Sato")
        code, out, _ = tomoni("export", "--format", form)
        assert code == 0
        assert [secret for secret in self.secrets() if secret in out] == []
        assert reference in out
        assert "work/unpaid-wages" in out

    @pytest.mark.parametrize("form", ["csv", "json"])
    def test_with_personal_data_it_is_all_there(self, tomoni: Terminal, reference: str, form: str) -> None:
        tomoni("answer", reference, "Please bring your payslip", "--actor", "Sato")
        tomoni("decline", reference, "--reason", "too far away", "--actor", "Sato")
        out = tomoni("export", "--personal", "--format", form)[1]
        assert [secret for secret in self.secrets() if secret not in out] == []

    def test_the_two_formats_say_the_same(self, tomoni: Terminal, reference: str) -> None:
        tomoni("close", reference, "--outcome", "referred")
        [row] = csv.DictReader(io.StringIO(tomoni("export")[1]))
        [item] = json.loads(tomoni("export", "--format", "json")[1])
        for name in ("reference", "status", "opened", "ended", "outcome", "language", "urgency", "partner"):
            assert row[name] == item[name]
        assert (item["status"], item["outcome"], item["partner"]) == ("closed", "referred", "labour")
        assert (item["attachments"], row["attachments"]) == ([], "")
        assert [event["kind"] for event in item["events"]][:2] == ["opened", "offered"]

    def test_no_cell_is_a_formula(self, tomoni: Terminal, reference: str) -> None:
        [row] = csv.DictReader(io.StringIO(tomoni("export", "--personal")[1]))
        assert row["what"] == f"'{STORY}"

    def test_a_case_whose_texts_are_gone_is_exported_without(self, tomoni: Terminal, reference: str) -> None:
        async def erase(house: House) -> None:
            async with house.storage.transaction() as session:
                await erase_texts(session, (await house.case(reference)).case.id)

        tomoni.house(erase)
        [item] = json.loads(tomoni("export", "--personal", "--format", "json")[1])
        assert (item["what"], item["name"], item["address"]) == ("", "", "")
        assert {event["text"] for event in item["events"]} == {""}

    def test_files_are_listed_and_what_is_in_them_never_leaves(self, tomoni: Terminal, reference: str) -> None:
        async def send(house: House) -> None:
            file = File("Sita.pdf", "application/pdf", 9, content=b"%PDF-Sita")
            await house.helpline.receive(message(ALICE, 40, Attachment(AttachmentKind.DOCUMENT, "", file)))

        tomoni.house(send)
        assert "file: document, application/pdf, 9 bytes, Sita.pdf" in tomoni("show", reference)[1]
        [item] = json.loads(tomoni("export", "--personal", "--format", "json")[1])
        assert item["attachments"] == [{"kind": "document", "size": 9}]
        [row] = csv.DictReader(io.StringIO(tomoni("export")[1]))
        assert row["attachments"] == "document 9"

    def test_without_cases_it_is_empty(self, tomoni: Terminal) -> None:
        assert tomoni("export", "--format", "json")[1] == "[]\n"
        assert tomoni("export")[1] == ""


class TestAudit:
    def test_who_looked_at_a_case_is_told_with_what_for(self, tomoni: Terminal, reference: str) -> None:
        tomoni("list")
        tomoni("show", reference, "--purpose", "call\n9\tback \udc80")
        tomoni("export")
        tomoni("export", "--personal", "--purpose", "court order")
        other = tomoni("show", "333-3333")
        assert other[0] == 1
        code, out, _ = tomoni("audit", reference.lower())
        lines = [line.split("\t") for line in out.splitlines()]
        assert code == 0
        assert [line[3:] for line in lines[:2]] == [
            ["opened", reference, "help with this case"], ["offered", reference, "help with this case"],
        ]  # fmt: skip
        assert [line[3:] for line in lines[-4:]] == [
            ["listed", "open cases", "overview"],
            ["seen", reference, "call�9�back ?"],
            ["exported", "all cases", "statistics"],
            ["exported with personal data", "all cases", "court order"],
        ]
        assert all(line[2].startswith("operator") for line in lines[-4:])
        assert [line for line in tomoni("audit")[1].splitlines() if line] == out.splitlines()

    def test_verify_prints_a_head_that_is_found_again_later(self, tomoni: Terminal, reference: str) -> None:
        code, out, _ = tomoni("audit", "verify")
        assert (code, "all whole" in out) == (0, True)
        head = out.split()[-1]
        tomoni("accept", reference, "--actor", "Sato")
        assert tomoni("audit", "verify", "--head", head)[0] == 0
        code, _, error = tomoni("audit", "verify", "--head", "0" * 64)
        assert (code, "its end was cut off" in error) == (1, True)

    def test_a_changed_entry_is_named(self, tomoni: Terminal, reference: str) -> None:
        async def change(house: House) -> None:
            await tamper(house.storage, "UPDATE audit SET actor = 'nobody' WHERE number = 2")

        tomoni.house(change)
        code, _, error = tomoni("audit", "verify")
        assert (code, error) == (1, "tomoni: entry 2 of the audit trail was changed or is missing\n")

    @pytest.mark.parametrize("call", ["audit ABC-DEFG", "audit --head x", "audit verify --head x"])
    def test_a_wrong_call_is_said(self, tomoni: Terminal, call: str) -> None:
        code, _, error = tomoni(*call.split())
        assert (code, error.startswith("tomoni: ")) == (2, True)

    def test_forgetting_at_the_terminal_stays_on_record(self, tomoni: Terminal, reference: str) -> None:
        assert main(["forget", reference]) == 0
        last = tomoni("audit", reference)[1].splitlines()[-1].split("\t")
        assert last[3:] == ["forgotten", reference, "the person's request"]


class TestDeadLetters:
    def test_what_was_given_up_is_listed_and_tried_again(self, tomoni: Terminal) -> None:
        assert tomoni("dead-letters")[1] == ""

        async def fail(house: House) -> None:
            house.mail.failures["labour"] = [ChannelError("no such address", permanent=True)]
            await house.open_case(BOB)
            await house.after(SOON)

        tomoni.house(fail)
        job, kind, channel, *_, error = tomoni("dead-letters")[1].strip().split("\t")
        assert (kind, channel, error) == (JobKind.DELIVER, "email", "no such address")
        assert tomoni("requeue", job)[:2] == (0, f"{job} is tried again.\n")
        assert tomoni("dead-letters")[1] == ""
        code, _, error = tomoni("requeue", job)
        assert (code, error) == (1, f"tomoni: no job {job} was given up\n")

    def test_what_is_no_job_is_said(self, tomoni: Terminal) -> None:
        code, _, error = tomoni("requeue", "x")
        assert (code, "is no job" in error) == (2, True)
