"""An identity provider for development: the one of the tests, which gives a token to everybody who asks."""

import sys
from pathlib import Path

from kit.auth.oidc.settings import DEFAULT_ISSUER
from kit.discovery import PROJECT_FOLDER
from kit.testing.local.programs import Command
from kit.testing.local.server import Server


class OidcProvider(Server):
    """The provider of `kit.testing.provider`; its keys are new after each start."""

    name = "an identity provider"
    setting = "ISSUER"
    schemes = ("http",)
    default_url = DEFAULT_ISSUER

    @classmethod
    def in_system(cls) -> Path | None:
        return Path(sys.executable)

    def command(self, program: Path) -> Command:
        path = f"import sys; sys.path.insert(0, {str(PROJECT_FOLDER)!r})"
        return [program, "-c", f"{path}; from kit.testing.provider import serve; serve({self.port})"]

    def hint(self) -> str:
        form = "-d grant_type=client_credentials -d client_id=ada -d client_secret=any -d 'scope=a:scope another:scope'"
        return f"A token of the user ada: curl {form} {self.url}/token"
