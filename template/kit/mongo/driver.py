# {% filter replace("pymongo", mongodb_driver) %}
"""The service's driver, under names that the rest of the package imports."""

from kit.mongo.pymongo import Client, Collection, DriverDatabase, close, connect

__all__ = ["Client", "Collection", "DriverDatabase", "close", "connect"]
# {% endfilter %}
