"""A mark by which one reading of the chain is told from the next, so that what is kept of it is not kept too long.

Revision: 0003, after 0002. Made 2026-11-23 07:12:09.318205.
"""

from __future__ import annotations

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    mark: sa.Column[str] = sa.Column(
        "generation", sqlmodel.sql.sqltypes.AutoString(), nullable=False, server_default=""
    )
    op.add_column("registry", mark)


def downgrade() -> None:
    """Undo it."""
    op.drop_column("registry", "generation")
