"""A store on a server that many machines share, on Redis or Valkey."""

from app.store.redis.lifespan import router

__all__ = ["router"]
