"""Whom an event names, and who signed or sent it, so that all that one person did can be listed.

The index is emptied, so that every event is read again.

Revision: 0006, after 0005. Made 2026-11-23 14:05:41.318072.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_FROM_THE_CHAIN = (
    "agencies",
    "batches",
    "blocks",
    "council_members",
    "council_proposals",
    "council_thresholds",
    "council_votes",
    "events",
    "findings",
    "grants",
    "hosts",
    "keys",
    "leaves",
    "officers",
    "registry",
    "statuses",
    "successors",
    "transactions",
    "types",
)


def upgrade() -> None:
    """Bring the tables to this revision."""
    for name in _FROM_THE_CHAIN:
        op.execute(sa.delete(sa.table(name)))
    op.create_table(
        "parties",
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("begins", "address", "part", name=op.f("pk_parties")),
    )
    op.create_index(op.f("ix_parties_address_part_begins"), "parties", ["address", "part", "begins"])


def downgrade() -> None:
    """Undo it."""
    op.drop_table("parties")
