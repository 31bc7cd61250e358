"""Runs migrations, on the connection that the caller gives."""

from __future__ import annotations

import importlib
import pkgutil

from alembic import context

from issuer import tables
from issuer.tables.models import Base

# Every module of tables belongs to the same database.
for module in pkgutil.iter_modules(tables.__path__):
    if module.name.endswith("models"):
        importlib.import_module(f"{tables.__name__}.{module.name}")

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
