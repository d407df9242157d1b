"""Alembic's entry point; the kit finds the models, and connects as the service does."""

from kit.sql import run_alembic

run_alembic()
