"""Migrations of the verifier's index, run by Alembic."""
