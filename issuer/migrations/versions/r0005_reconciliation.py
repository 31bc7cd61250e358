"""Reconciliation: what was compared, what the registry recorded that nobody here had queued, and who is told of it.

Revision: 0005, after 0004. Made 2026-11-23.
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from issuer.tables.models import Big

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and let a webhook's message tell of a record."""
    op.create_table(
        "alert_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("delivered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_answer", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_mail")),
        sa.UniqueConstraint("agency", "transaction_hash", name=op.f("uq_alert_mail_agency_transaction_hash")),
    )
    with op.batch_alter_table("alert_mail", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_alert_mail_delivered_at_next_at"), ["delivered_at", "next_at"], unique=False)

    op.create_table(
        "foreign_record",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("facts", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", Big(), nullable=False),
        sa.Column("block_timestamp", Big(), nullable=False),
        sa.Column("found_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("acknowledged_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("acknowledged_by", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_foreign_record")),
        sa.UniqueConstraint("digest", name=op.f("uq_foreign_record_digest")),
    )
    with op.batch_alter_table("foreign_record", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_foreign_record_agency_acknowledged_at"), ["agency", "acknowledged_at"])
        batch_op.create_index(op.f("ix_foreign_record_transaction_hash"), ["transaction_hash"], unique=False)

    op.create_table(
        "reconciliation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agency", sa.Integer(), nullable=False),
        sa.Column("who", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("begun_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ended_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("agreement", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("block_number", Big(), nullable=True),
        sa.Column("block_hash", sa.LargeBinary(), nullable=True),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("certificates", sa.Integer(), nullable=False),
        sa.Column("statuses", sa.Integer(), nullable=False),
        sa.Column("documents", sa.Integer(), nullable=False),
        sa.Column("findings", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=True),
        sa.Column("unsigned_because", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliation")),
    )
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_reconciliation_agency_id"), ["agency", "id"], unique=False)

    op.create_table(
        "records_followed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("since_block", Big(), nullable=False),
        sa.Column("block_number", Big(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records_followed")),
    )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("record_id", sa.Integer(), nullable=True))
        batch_op.create_unique_constraint(
            batch_op.f("uq_webhook_delivery_webhook_id_record_id"), ["webhook_id", "record_id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_webhook_delivery_record_id_foreign_record"), "foreign_record", ["record_id"], ["id"]
        )


def downgrade() -> None:
    """Take the tables away; alerts that were not delivered are lost with them."""
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_webhook_delivery_record_id_foreign_record"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_webhook_delivery_webhook_id_record_id"), type_="unique")
        batch_op.drop_column("record_id")
    for table in ("records_followed", "reconciliation", "foreign_record", "alert_mail"):
        op.drop_table(table)
