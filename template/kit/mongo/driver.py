# {% filter replace("pymongo", mongodb_driver) %}
"""The driver of this service, under names that the rest of the package shares."""

from kit.mongo.pymongo import Client, Collection, Database, close, connect

__all__ = ["Client", "Collection", "Database", "close", "connect"]
# {% endfilter %}
