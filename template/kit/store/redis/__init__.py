"""A store on a server that many machines share, on Redis or Valkey."""

from kit.store.redis.lifespan import router

__all__ = ["router"]
