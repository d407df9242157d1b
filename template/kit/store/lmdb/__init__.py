"""A store in a folder of this machine, which the processes of the service share, on LMDB."""

from kit.store.lmdb.lifespan import router

__all__ = ["router"]
