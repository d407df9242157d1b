"""Servers that run without Docker: how they are found, started and stopped. The server of these tests serves files."""

import sys
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from kit.settings import BaseSettings
from kit.testing.local.commands import run, wanted
from kit.testing.local.kinds import how_to_get, kind_of
from kit.testing.local.programs import Command, ServerError, in_wheel
from kit.testing.local.server import Server, temporary


class Files(Server):
    """A server of files."""

    name = "Files"
    schemes = ("files",)
    default_url = "files://localhost:4711/"
    wheel = "no-such-wheel"
    program_in_wheel = "bin/files"
    options: tuple[str, ...] = ("-m", "http.server")

    @classmethod
    def in_system(cls) -> Path | None:
        return Path(sys.executable)

    def command(self, program: Path) -> Command:
        return [program, *self.options, "--bind=127.0.0.1", f"--directory={self.folder}", str(self.port)]


class Ending(Files):
    """A server that ends by itself."""

    options = ("-c", "print('no room')")


class Absent(Files):
    """A server that this machine does not have."""

    name = "Absent"

    @classmethod
    def in_system(cls) -> Path | None:
        return None


class FilesSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="FILES_")

    url: SecretStr = SecretStr(Files.default_url)
    password: SecretStr | None = None


def free_url() -> str:
    with temporary(Files) as url:
        return url


def test_a_server_answers_stops_and_starts_again_with_its_data(tmp_path: Path) -> None:
    url = free_url()
    first, second = Files(url, tmp_path / "data"), Files(url, tmp_path / "data")
    for server in (first, second):
        server.start()
        try:
            assert server.runs
            assert not server.port_is_free
            (server.folder / "note").write_text("kept", "utf-8")
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/note") as response:
                assert response.read() == b"kept"
        finally:
            server.stop()
        assert not server.runs
        assert server.port_is_free
    assert {path.name for path in (tmp_path / "data").iterdir()} == {first.folder.name, f"{first.folder.name}.log"}


def test_a_server_that_ends_says_why(tmp_path: Path) -> None:
    with pytest.raises(ServerError, match=r"Files has ended; the last lines of .+log:\nno room"):
        Ending(free_url(), tmp_path).start()


def test_what_an_interrupted_start_left_is_not_the_data(tmp_path: Path) -> None:
    server = Files(free_url(), tmp_path)
    left = server.folder.with_name(f"{server.folder.name}.new")
    left.mkdir()
    (left / "half").touch()
    server.start()
    server.stop()
    assert list(server.folder.iterdir()) == []


def test_a_temporary_server_leaves_nothing() -> None:
    with temporary(Files) as url:
        assert not Files(url, Path()).port_is_free
    assert Files(url, Path()).port_is_free


def test_settings_that_point_at_this_machine_want_a_server() -> None:
    url = SecretStr("files://me:a%20b@127.0.0.1:4712/shop")
    ((server, settings),) = wanted([FilesSettings(url=url), FilesSettings(url=url)])
    assert isinstance(server, Files)
    assert settings == {"FILES_URL": url.get_secret_value()}
    assert (server.port, server.user, server.password, server.path) == (4712, "me", "a b", "shop")
    assert server.folder == Path("data/files-4712").absolute()
    ((server, _),) = wanted([FilesSettings(password=SecretStr("secret"))])
    assert (server.port, server.password, server.folder.name) == (4711, "secret", "files")


@pytest.mark.parametrize("host", ["files.example.com:1", "localhost:1,localhost:2"])
def test_other_machines_are_left_alone(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert wanted([FilesSettings(url=SecretStr(f"files://{host}/"))]) == []
    assert capsys.readouterr().out == "FILES_URL does not point at a server of this machine.\n"


def test_a_port_that_is_taken_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with temporary(Files) as url, pytest.raises(ServerError, match=r"^There is no server to start\.$"):
        run(wanted([FilesSettings(url=SecretStr(url))]))
    port = urlsplit(url).port
    assert capsys.readouterr().out == f"FILES_URL: port {port} is taken; perhaps Files runs already.\n"


def test_a_missing_program_is_said_with_the_command_that_brings_it() -> None:
    assert how_to_get({Files}) == ""
    said = how_to_get({Absent, Files}, "pytest")
    assert said == "This machine has no Absent: run: uv run --with no-such-wheel pytest"


def test_the_servers_of_the_service_are_found() -> None:
    assert kind_of("URL", Files.default_url) is Files
    assert kind_of("URL", "https://example.com") is None


def test_a_program_of_a_wheel_is_found() -> None:
    found = in_wheel("pytest", "pytest/__init__.py")
    assert found
    assert found.exists()
    assert in_wheel("no-such-wheel", "bin/files") is None
