# {% filter replace("sqlite", database) %}
"""The modules for the service's database, under names that the rest of the package imports."""

from kit.sql import sqlite as dialect
from kit.sql.upsert.sqlite import upsert_rows

__all__ = ["dialect", "upsert_rows"]
# {% endfilter %}
