"""The libraries of the page, which the repository has: `uv run python -m explorer.vendored` fetches them again.

docs/explorer/vendor/lock.toml names each package of npm with its version, its licence and its files. For a new version,
change it there and run this with `--write`, which also writes the new checksums.
"""

import argparse
import hashlib
import re
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "docs/explorer/vendor"
LOCK = FOLDER / "lock.toml"


@dataclass(frozen=True)
class Vendored:
    """A file of a package."""

    package: str
    path: str
    sha256: str

    @property
    def file(self) -> Path:
        return FOLDER / self.package.rpartition("@")[0] / self.path


def vendored() -> list[Vendored]:
    lock = tomllib.loads(LOCK.read_text("utf-8"))
    return [
        Vendored(f"{each['name']}@{each['version']}", path, checksum)
        for each in lock["package"]
        for path, checksum in each["files"].items()
    ]


def fetched(packages: set[str]) -> Iterator[tuple[str, str, bytes]]:
    """Yield the package, the path and the content of each file that npm has for these packages."""
    with tempfile.TemporaryDirectory() as folder:
        for package in sorted(packages):
            command = ["npm", "pack", "--silent", package]  # runs no script of the package
            name = subprocess.check_output(command, cwd=folder, text=True).strip()  # noqa: S603 - packages of the lock
            with tarfile.open(Path(folder) / name) as archive:
                for member in archive:
                    if content := archive.extractfile(member):
                        yield package, member.name.removeprefix("package/"), content.read()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the checksums of what is fetched into the lock")
    write, wanted = parser.parse_args().write, {(each.package, each.path): each for each in vendored()}
    for package, path, content in fetched({package for package, _ in wanted}):
        if each := wanted.get((package, path)):
            checksum = hashlib.sha256(content).hexdigest()
            if write:
                _lock(each.sha256, checksum)
            elif checksum != each.sha256:
                msg = f"{path} of {package} has the checksum {checksum}, and the lock says {each.sha256}"
                raise SystemExit(msg)
            each.file.parent.mkdir(parents=True, exist_ok=True)
            each.file.write_bytes(content)


def _lock(former: str, checksum: str) -> None:
    LOCK.write_text(re.sub(rf'"{former}"', f'"{checksum}"', LOCK.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
