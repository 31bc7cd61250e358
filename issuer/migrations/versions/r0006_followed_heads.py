"""The watch keeps the heads that records make, to see that none is withheld; differences are told once, as alerts are.

Revision: 0006, after 0005. Made 2026-11-23.
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision; the next look reads the registry's records from their beginning, once.

    What earlier reconciliations found and nobody was told is told then, the oldest first.
    """
    with op.batch_alter_table("records_followed", schema=None) as batch_op:
        batch_op.add_column(sa.Column("heads", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
        batch_op.create_index(op.f("ix_reconciliation_told_at"), ["told_at"], unique=False)
    with op.batch_alter_table("alert_mail", schema=None) as batch_op:
        batch_op.alter_column("transaction_hash", existing_type=sa.LargeBinary(), nullable=True)
        batch_op.add_column(sa.Column("reconciliation_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_alert_mail_reconciliation_id_reconciliation"),
            "reconciliation",
            ["reconciliation_id"],
            ["id"],
        )
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reconciliation_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_webhook_delivery_reconciliation_id_reconciliation"),
            "reconciliation",
            ["reconciliation_id"],
            ["id"],
        )


def downgrade() -> None:
    """Undo it; messages about reconciliations that were not delivered are lost."""
    for table in ("webhook_delivery", "alert_mail"):
        op.execute(sa.text(f"DELETE FROM {table} WHERE reconciliation_id IS NOT NULL"))  # noqa: S608 — two names
    with op.batch_alter_table("webhook_delivery", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_webhook_delivery_reconciliation_id_reconciliation"), type_="foreignkey")
        batch_op.drop_column("reconciliation_id")
    with op.batch_alter_table("alert_mail", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_alert_mail_reconciliation_id_reconciliation"), type_="foreignkey")
        batch_op.drop_column("reconciliation_id")
        batch_op.alter_column("transaction_hash", existing_type=sa.LargeBinary(), nullable=False)
    with op.batch_alter_table("reconciliation", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_reconciliation_told_at"))
        batch_op.drop_column("told_at")
    with op.batch_alter_table("records_followed", schema=None) as batch_op:
        batch_op.drop_column("heads")
