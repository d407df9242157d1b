"""Run an identity provider on a port: its configuration, its key, and tokens for the example."""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from joserfc import jwt
from joserfc.jwk import ECKey

PORT = int(sys.argv[1])
ISSUER = f"http://127.0.0.1:{PORT}/default"
KEY = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)


def token() -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "example-service", "sub": "ada", "scope": "items:read items:write"}
    times = {"iat": now, "exp": now + 86400}
    return jwt.encode({"alg": "ES256", "kid": KEY.kid or "", "typ": "at+jwt"}, {**claims, **times}, KEY)


class Handler(BaseHTTPRequestHandler):
    """Answers each path with a document."""

    def do_GET(self) -> None:
        documents = {
            "/default/.well-known/openid-configuration": {"issuer": ISSUER, "jwks_uri": f"{ISSUER}/jwks"},
            "/default/jwks": {"keys": [KEY.as_dict(private=False)]},
        }
        found = documents.get(self.path)
        body = (token() if self.path == "/default/token" else json.dumps(found)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
