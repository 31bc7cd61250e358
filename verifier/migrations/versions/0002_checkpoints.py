"""Events as they were, and checkpoints; the index is emptied, so that the events are read.

Revision: 0002, after 0001. Made 2026-11-22 23:57:04.120433.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
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
    "findings",
    "grants",
    "hosts",
    "keys",
    "leaves",
    "officers",
    "registry",
    "statuses",
    "successors",
    "types",
)


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "events",
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("arguments", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("begins", name=op.f("pk_events")),
    )
    op.create_table(
        "checkpoints",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("registry_id", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("history_digest", sa.LargeBinary(), nullable=False),
        sa.Column("attestations", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_checkpoints")),
    )
    # What was read before left no events behind; everything is read again from the registry's first block.
    for name in _FROM_THE_CHAIN:
        op.execute(sa.delete(sa.table(name)))


def downgrade() -> None:
    """Undo it."""
    op.drop_table("checkpoints")
    op.drop_table("events")
