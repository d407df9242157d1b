"""Who may call the examples: everybody."""

from fastapi import Depends

from kit.auth import public

# A module without a router has options for all routers in its folder and below.
ROUTER_OPTIONS = {"dependencies": [Depends(public)]}
