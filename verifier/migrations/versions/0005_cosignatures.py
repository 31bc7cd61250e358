"""What witnesses signed of the registry's history.

Revision: 0005, after 0004. Made 2026-11-23 11:50:12.730114.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    op.create_table(
        "cosignatures",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kid", sa.LargeBinary(), nullable=False),
        sa.Column("registry_id", sa.LargeBinary(), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", "kid", name=op.f("pk_cosignatures")),
    )


def downgrade() -> None:
    """Undo it."""
    op.drop_table("cosignatures")
