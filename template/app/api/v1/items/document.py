from typing import ClassVar

from pymongo import IndexModel

from kit.mongo import Document


class Item(Document):
    """An article in stock, identified by its `sku`."""

    collection: ClassVar = "items"
    indexes: ClassVar = [IndexModel("sku", unique=True)]

    sku: str
    name: str
    quantity: int = 0
