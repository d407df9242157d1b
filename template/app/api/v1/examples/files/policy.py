"""Who may upload and download: users."""

from fastapi import Depends

from kit.auth import authenticated

# The folders around this one have policies too, and a request must pass all of them.
ROUTER_OPTIONS = {"dependencies": [Depends(authenticated)]}
