"""Which transaction an event stands in, who sent it, and the ways in which auditors look things up.

The index is emptied, so that the transactions are read.

Revision: 0004, after 0003. Made 2026-11-23 11:45:20.512804.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
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
    "types",
)
_INDEXES = (
    ("batches", ("agency", "certificate_type", "begins")),
    ("batches", ("root",)),
    ("batches", ("transaction_hash",)),
    ("blocks", ("hash",)),
    ("blocks", ("timestamp",)),
    ("events", ("kind", "begins")),
    ("events", ("agency", "kind", "begins")),
    ("events", ("certificate_type", "kind", "begins")),
    ("events", ("agency", "certificate_type", "kind", "begins")),
    ("officers", ("officer",)),
    ("statuses", ("new_leaf",)),
    ("transactions", ("sender", "block", "position")),
    ("transactions", ("block", "position")),
)


def upgrade() -> None:
    """Bring the tables to this revision."""
    # What was read before left no transactions behind; everything is read again from the registry's first block.
    for name in _FROM_THE_CHAIN:
        op.execute(sa.delete(sa.table(name)))
    op.create_table(
        "transactions",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("sender", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("to", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_transactions")),
    )
    # SQLite adds no column without a default that may not be null, so the table is made anew; it is empty.
    op.drop_table("events")
    op.create_table(
        "events",
        sa.Column("begins", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("arguments", sa.LargeBinary(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.BigInteger(), nullable=True),
        sa.Column("certificate_type", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("begins", name=op.f("pk_events")),
    )
    for table, columns in _INDEXES:
        op.create_index(op.f(_named(table, columns)), table, list(columns))


def downgrade() -> None:
    """Undo it."""
    for table, columns in reversed(_INDEXES):
        op.drop_index(op.f(_named(table, columns)), table_name=table)
    for name in ("certificate_type", "agency", "transaction_hash"):
        op.drop_column("events", name)
    op.drop_table("transactions")


def _named(table: str, columns: tuple[str, ...]) -> str:
    return f"ix_{table}_{'_'.join(columns)}"
