from sqlalchemy.orm import Mapped, mapped_column

from kit.sql import Base


class Item(Base):
    """An article in stock, identified by its `sku`."""

    __tablename__ = "items"

    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    quantity: Mapped[int] = mapped_column(default=0)
