"""Alembic migrations of the schema; ``Database.migrate`` runs them."""
