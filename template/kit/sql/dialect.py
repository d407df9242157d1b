# {% filter replace("sqlite", database) %}
"""What only the database of this service does, under names that the rest of the package shares."""

from kit.sql import sqlite as dialect
from kit.sql.upsert.sqlite import upsert_rows

__all__ = ["dialect", "upsert_rows"]
# {% endfilter %}
