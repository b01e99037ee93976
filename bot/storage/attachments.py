"""Queries of the files of cases."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.messages import Attachment, AttachmentKind, SentFile
from bot.storage.models import AttachmentRow, CaseEventRow, CaseRow


def attachment_row(attachment: Attachment) -> AttachmentRow:
    """A row for a file that was let in, still to be added. Raises ValueError for what is no file."""
    file = attachment.file
    if file is None:
        raise ValueError("there is no file in it")
    return AttachmentRow(
        id=uuid.uuid4(), kind=attachment.kind, media_type=file.media_type, size=file.size or len(file.content),
        name=file.name or None, remote=file.remote or None, content=file.content or None,
    )  # fmt: skip


async def add_attachment(session: AsyncSession, event: CaseEventRow, row: AttachmentRow) -> None:
    """Write a file down with the event it was sent with."""
    row.case_id, row.position, row.created_at = event.case_id, event.position, event.at
    session.add(row)
    await session.flush()


async def attachments_of(session: AsyncSession, case_id: uuid.UUID) -> list[AttachmentRow]:
    """The files of a case in the order of their events, without what is in them."""
    query = select(AttachmentRow).where(AttachmentRow.case_id == case_id)
    rows = await session.execute(query.order_by(AttachmentRow.position, AttachmentRow.created_at, AttachmentRow.id))
    return list(rows.scalars())


async def all_attachments(session: AsyncSession) -> dict[uuid.UUID, list[tuple[str, int]]]:
    """Kind and size in bytes of every file, by case."""
    query = select(AttachmentRow.case_id, AttachmentRow.kind, AttachmentRow.size).order_by(AttachmentRow.position)
    found: dict[uuid.UUID, list[tuple[str, int]]] = {}
    for case_id, kind, size in await session.execute(query):
        found.setdefault(case_id, []).append((kind, size))
    return found


async def find_attachment(session: AsyncSession, attachment_id: uuid.UUID) -> tuple[CaseRow, AttachmentRow] | None:
    """A file and its case, without what is in it; None where it is gone."""
    query = select(CaseRow, AttachmentRow).join(AttachmentRow, AttachmentRow.case_id == CaseRow.id)
    row = (await session.execute(query.where(AttachmentRow.id == attachment_id))).one_or_none()
    return (row[0], row[1]) if row is not None else None


async def content_of(session: AsyncSession, attachment_id: uuid.UUID) -> bytes | None:
    """What is in a file that we hold; None where its channel keeps it, or it is gone."""
    query = select(AttachmentRow.content).where(AttachmentRow.id == attachment_id)
    return (await session.execute(query)).scalar_one_or_none()


async def held_bytes(session: AsyncSession, case_id: uuid.UUID) -> int:
    """How many bytes of a case's files we hold ourselves."""
    query = select(func.coalesce(func.sum(AttachmentRow.size), 0)).where(
        AttachmentRow.case_id == case_id, AttachmentRow.content.is_not(None)
    )
    return int((await session.execute(query)).scalar_one())


async def delete_attachments(session: AsyncSession, case_id: uuid.UUID) -> None:
    """Delete the files of a case."""
    await session.execute(delete(AttachmentRow).where(AttachmentRow.case_id == case_id))


def up_to(rows: Sequence[AttachmentRow], position: int) -> list[AttachmentRow]:
    """Those of `rows` that came before the event at `position`."""
    return [row for row in rows if row.position < position]


def sent_file(row: AttachmentRow) -> SentFile:
    """A file as a reply shows it."""
    return SentFile(str(row.id), AttachmentKind(row.kind), row.media_type, row.name or "", row.size, row.remote or "")
