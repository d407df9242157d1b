"""The code flow with PKCE of the provider of the tests, which asks nobody for a password."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

HERE = {"localhost", "127.0.0.1", "::1"}
# A page of the service, which is another origin, reads the documents and gets the token.
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Requested-With",
}


class CodeFlow:
    """The codes that pages have got, and not yet changed for a token."""

    def __init__(self) -> None:
        self._started: dict[str, dict[str, str]] = {}

    def start(self, query: str) -> str | None:
        """Return where the browser goes next with a code, or `None` for a request that makes no sense."""
        asked = dict(parse_qsl(query))
        target = asked.get("redirect_uri", "")
        has_challenge = asked.get("code_challenge_method") == "S256" and "code_challenge" in asked
        if asked.get("response_type") != "code" or not has_challenge or urlsplit(target).hostname not in HERE:
            return None
        code = uuid4().hex
        self._started[code] = asked
        return f"{target}?{urlencode({'code': code, 'state': asked.get('state', '')})}"

    def finish(self, form: Mapping[str, str]) -> Mapping[str, str] | None:
        """Return what a page has asked for, once, if it is the page that has the code verifier."""
        asked = self._started.pop(form.get("code", ""), None)
        digest = sha256(form.get("code_verifier", "").encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != challenge or asked["redirect_uri"] != form.get("redirect_uri"):
            return None
        return asked
