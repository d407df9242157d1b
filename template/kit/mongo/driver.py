# {% filter replace("pymongo", mongodb_driver) %}
"""The service's driver, under names that the rest of the package imports."""

from kit.mongo.pymongo import Client, Collection, Database, close, connect

__all__ = ["Client", "Collection", "Database", "close", "connect"]
# {% endfilter %}
