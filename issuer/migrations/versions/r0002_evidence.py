"""Batches keep the evidence that they were anchored.

Revision: 0002, after 0001. Made 2026-11-23 00:02:11.420915.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.add_column("batch", sa.Column("evidence", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Undo it, in place: a copy of the table would leave its certificates without their batch."""
    op.drop_column("batch", "evidence")
