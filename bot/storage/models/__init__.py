"""All tables, imported here so that the metadata is whole wherever one of them is used."""

from bot.storage.models.attachment import AttachmentRow
from bot.storage.models.audit import AuditRow
from bot.storage.models.base import Base
from bot.storage.models.case import CaseEventKind, CaseEventRow, CaseRow, ConsentRow
from bot.storage.models.conversation import ConversationRow, MessageRow, ReplyRow
from bot.storage.models.job import JobKind, JobRow
from bot.storage.models.limit import RateLimitRow
from bot.storage.models.partner import ReceivedRow, TopicRow

__all__ = [
    "AttachmentRow",
    "AuditRow",
    "Base",
    "CaseEventKind",
    "CaseEventRow",
    "CaseRow",
    "ConsentRow",
    "ConversationRow",
    "JobKind",
    "JobRow",
    "MessageRow",
    "RateLimitRow",
    "ReceivedRow",
    "ReplyRow",
    "TopicRow",
]
