"""The libraries of the documentation's page are, byte for byte, those that their lock names, with their licences."""

import hashlib

import pytest

from explorer.vendored import FOLDER, LOCK, vendored

pytestmark = pytest.mark.render


def test_each_file_has_the_checksum_of_the_lock() -> None:
    different = [each.file for each in vendored() if hashlib.sha256(each.file.read_bytes()).hexdigest() != each.sha256]
    assert different == []


def test_there_is_no_other_file() -> None:
    assert {path for path in FOLDER.rglob("*") if path.is_file()} == {LOCK, *(each.file for each in vendored())}


def test_each_library_has_its_licence() -> None:
    packages = {each.package for each in vendored()}
    assert packages == {each.package for each in vendored() if each.path == "LICENSE"}
