"""Which names a temporary file may have."""

import pytest

from kit.temp_files import FileNameError, TempFileService
from kit.temp_files.names import check_name, numbered

LONGEST = "a" * 251 + ".txt"


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", "it is empty"),
        ("/etc/passwd", "absolute path"),
        ("\\\\server\\share", "absolute path"),
        ("C:evil", "absolute path"),
        ("..", "are folders"),
        (".", "are folders"),
        ("../secret", "are folders"),
        ("a\\..\\secret", "are folders"),
        ("a/b", "separator"),
        ("a\\b", "separator"),
        ("a\0.txt", "contains NUL"),
        ("a\nb", "control character"),
        ("a\x7f", "control character"),
        ("a\u2028b", "control character"),
        ("a\N{RIGHT-TO-LEFT OVERRIDE}txt.exe", "direction"),
        ("a\N{LEFT-TO-RIGHT ISOLATE}", "direction"),
        ("\N{RIGHT-TO-LEFT MARK}a", "direction"),
        ("a\N{ARABIC LETTER MARK}b", "direction"),
        ("con", "device"),
        ("NUL.txt", "device"),
        ("com1 .tar.gz", "device"),
        ("lpt²", "device"),
        ("a" * 256, "it has 256 bytes, and at most 255 are allowed"),
        ("é" * 128, "it has 256 bytes"),
        ("." + "a" * 253, "it has 256 bytes"),
        ("caf\udce9", "not valid UTF-8"),
    ],
)
def test_an_invalid_name(name: str, fault: str) -> None:
    with pytest.raises(FileNameError, match=fault) as refused:
        check_name(name)
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "\N{HEBREW LETTER ALEF}.txt",
        "a b.txt",
        "été.日本",
        "a..b",
        "console",
        "12:30",
        "a#b",
        "#1a",
        "100%",
        "a'b\"c",
        LONGEST,
        "com10",
    ],
)
def test_other_names_are_kept_as_they_are(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (".env", "%2Eenv"),
        ("...", "%2E.."),
        ("%2Eenv", "%2Eenv"),
        ("a#1", "a%231"),
        ("#12", "%2312"),
        ("a%231", "a%231"),
    ],
)
def test_a_leading_dot_and_a_final_number_are_escaped_once(name: str, kept: str) -> None:
    assert check_name(name) == check_name(kept) == kept


@pytest.mark.parametrize(
    ("name", "next_name"),
    [
        ("a.txt", "a.1.txt"),
        ("a", "a.1"),
        ("a.tar.gz", "a.tar.1.gz"),
        ("v2.5 final.pdf", "v2.5 final.1.pdf"),
        (LONGEST, "a" * 249 + ".1.txt"),
        ("é" * 127, "é" * 126 + ".1"),
        ("a." + "b" * 253, "a." + "b" * 251 + ".1"),
    ],
)
def test_a_number_comes_before_the_suffix(name: str, next_name: str) -> None:
    assert (numbered(name, 0), numbered(name, 1)) == (name, next_name)
    assert check_name(next_name) == next_name


@pytest.mark.anyio
@pytest.mark.parametrize("name", [LONGEST, "é" * 127, "a#1b", "a?b&c=d+e%20", '[a]{b}^`|<>"*', "end.", "end ", "日本"])
async def test_a_file_can_be_saved_under_every_valid_name(files: TempFileService, name: str) -> None:
    first, second = [await files.save(name, name) for _ in range(2)]
    assert first == name
    assert [await files.read(first), await files.read(second)] == [name, name]
    assert sorted([each async for each in files.list()]) == sorted([first, second])
