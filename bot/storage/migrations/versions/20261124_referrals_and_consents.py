"""referrals and consents"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KINDS = (
    "'opened', 'offered', 'reminded', 'unanswered', 'accepted', 'declined', 'revoked', 'note', 'answer', 'internal', "
    "'delivered', 'failed', 'withdrawn', 'closed', 'reopened', 'erased'"
)


def upgrade() -> None:
    # Never let SQLite make the table anew: dropping the old one would take the events of every case with it.
    op.add_column("cases", sa.Column("intake", sa.LargeBinary(), nullable=True))
    op.add_column("cases", sa.Column("prefecture", sa.String(length=32), nullable=False, server_default=""))
    with op.batch_alter_table("case_events") as batch_op:
        batch_op.add_column(sa.Column("partner_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("detail", sa.JSON(), nullable=True))
        batch_op.drop_constraint(batch_op.f("ck_case_events_kind"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_case_events_kind"), f"kind IN ({KINDS})")
        batch_op.create_index(batch_op.f("ix_case_events_partner_id"), ["partner_id"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_consents_case_id_cases"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
        sa.UniqueConstraint("case_id", "partner_id", "given_at", name=op.f("uq_consents_case_id_partner_id_given_at")),
    )
    op.create_table(
        "topics",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("partner_id", sa.String(length=64), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_topics_case_id_cases"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        sa.UniqueConstraint("case_id", "partner_id", name=op.f("uq_topics_case_id_partner_id")),
        sa.UniqueConstraint("chat_id", "thread_id", name=op.f("uq_topics_chat_id_thread_id")),
    )
    op.create_table(
        "received",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("message_id", sa.String(length=128), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_received")),
        sa.UniqueConstraint("source", "message_id", name=op.f("uq_received_source_message_id")),
    )
    with op.batch_alter_table("received") as batch_op:
        batch_op.create_index(batch_op.f("ix_received_received_at"), ["received_at"], unique=False)


def downgrade() -> None:
    op.drop_table("received")
    op.drop_table("topics")
    op.drop_table("consents")
