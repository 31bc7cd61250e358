"""Whatever the tables' classes have by now and the database has not."""

from __future__ import annotations

from typing import Any

from alembic import op
from alembic.autogenerate import produce_migrations
from alembic.operations.ops import AddColumnOp, ModifyTableOps

from issuer.models import Base

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Bring the database to what the classes say."""
    waiting: list[Any] = [produce_migrations(op.get_context(), Base.metadata).upgrade_ops]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, ModifyTableOps):
            with op.batch_alter_table(each.table_name, schema=each.schema) as batch:
                for change in each.ops:
                    if isinstance(change, AddColumnOp):
                        # Its index is a change of its own.
                        change.column.index = None
                    batch.invoke(change)
        elif hasattr(each, "ops"):
            waiting.extend(each.ops)
        else:
            op.invoke(each)


def downgrade() -> None:
    """Leave it: what is more does no harm."""
