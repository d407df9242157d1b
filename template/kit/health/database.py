"""The response of `/health/db`, the same for every database."""

from typing import Literal

from pydantic import BaseModel


class ConnectionPool(BaseModel):
    active_connections: int
    pool_size: int


class DatabaseHealth(BaseModel):
    status: Literal["healthy", "unhealthy"]
    database_connected: bool
    response_time_ms: float
    connection_pool: ConnectionPool
    migration_status: Literal["up_to_date", "pending", "unknown"]
