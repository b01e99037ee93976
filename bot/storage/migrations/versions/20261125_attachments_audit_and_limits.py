"""attachments, audit trail and rate limits"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS = (
    "'opened', 'offered', 'reminded', 'unanswered', 'accepted', 'declined', 'revoked', 'note', 'answer', 'internal', "
    "'edited', 'taken_back', 'transfer_asked', 'transfer_refused', 'advice_asked', 'advice_given', 'escalated', "
    "'delivered', 'failed', 'withdrawn', 'closed', 'reopened', 'erased'"
)


def upgrade() -> None:
    op.add_column("conversations", sa.Column("hashed_by", sa.String(length=8), nullable=True))
    op.add_column("replies", sa.Column("channel_message_id", sa.String(length=64), nullable=True))
    op.add_column("jobs", sa.Column("payload", sa.LargeBinary(), nullable=True))
    op.add_column("jobs", sa.Column("way", sa.String(length=80), nullable=True))
    # SQLite makes this table anew; no other table refers to it.
    with op.batch_alter_table("case_events") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_case_events_kind"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_case_events_kind"), f"kind IN ({KINDS})")
    op.create_table(
        "attachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=True),
        sa.Column("remote", sa.LargeBinary(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_attachments_case_id_cases"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_case_id"), "attachments", ["case_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_subject"), "audit", ["subject"], unique=False)
    _refuse_changes()
    op.create_table(
        "rate_limits",
        sa.Column("bucket", sa.String(length=128), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("bucket", name=op.f("pk_rate_limits")),
    )


def _refuse_changes() -> None:
    """The database itself refuses to change or delete an entry of the audit trail."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION audit_is_final() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit trail is never changed'; END $$"
        )
        op.execute(
            "CREATE TRIGGER audit_is_final BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_is_final()"
        )
        op.execute(
            "CREATE TRIGGER audit_is_kept BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_final()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_is_final_{verb.lower()} BEFORE {verb} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit trail is never changed'); END"
        )


def downgrade() -> None:
    for table in ("rate_limits", "audit", "attachments"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_final()")
    op.drop_column("jobs", "way")
    op.drop_column("jobs", "payload")
    op.drop_column("replies", "channel_message_id")
    op.drop_column("conversations", "hashed_by")
