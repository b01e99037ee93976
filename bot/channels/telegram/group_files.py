"""Photos and files that caseworkers put into a case's topic, inside the caller's transaction."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.ext.asyncio import AsyncSession

from bot.cases.answer import file_replies
from bot.cases.service import answer_person
from bot.channels.telegram.files import ROUND_VIDEO, type_of
from bot.messages import Attachment
from bot.storage.attachments import add_attachment, attachment_row, sent_file
from bot.storage.cases import CaseWithEvents


async def send_file(
    session: AsyncSession, found: CaseWithEvents, actor: str, partner_name: str, admitted: Attachment, now: dt.datetime
) -> None:
    """Send a file that was let in to the person, with its caption. Raises CaseError where the case does not allow
    it."""
    row = attachment_row(admitted)
    # Telegram shows no words under a round video.
    captioned = type_of(row.remote or "") != ROUND_VIDEO
    replies = file_replies(found.case, partner_name, admitted.caption, sent_file(row), captioned=captioned)
    event = await answer_person(session, found, actor, replies, admitted.caption.strip(), now)
    await add_attachment(session, event, row)
