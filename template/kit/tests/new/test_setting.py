"""`python -m kit new setting`."""

from pathlib import Path

import pytest

from kit.tests.new.conftest import Make, written

SETTINGS = ("free_from:int=50", "carrier:str", "carrier_key:secret?", "ratio:float=0.5", "fast:bool=false")


def test_settings_have_a_class_a_test_and_their_lines(project: Path, make: Make) -> None:
    (project / ".env.example").write_text("# A=1\n", "utf-8")
    (project / "tests").mkdir()
    (project / "tests/settings.env").write_text("# Yours below.\n", "utf-8")
    result = make("setting", "trial_parcels", *SETTINGS)
    assert result.exit_code == 0, result.output
    module = (project / "app/api/v1/trial_parcels/settings.py").read_text("utf-8")
    assert "    free_from: int = 50\n    carrier: str\n    carrier_key: SecretStr | None = None\n" in module
    assert "# A=1\n\n# TRIAL_PARCELS_FREE_FROM=50\n# TRIAL_PARCELS_CARRIER=\n" in (project / ".env.example").read_text(
        "utf-8"
    )
    assert (project / "tests/settings.env").read_text("utf-8") == "# Yours below.\nTRIAL_PARCELS_CARRIER=one\n"
    assert "| `TRIAL_PARCELS_FREE_FROM` | `50` |" in result.stdout
    assert (project / "tests/api/v1/trial_parcels/test_settings.py").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Trial", "a:int=1"), "such as trial"),
        (("trial_parcels",), "at least one setting"),
        (("trial_parcels", "a"), "Write a setting like"),
        (("trial_parcels", "a:date"), "one of the types"),
        (("trial_parcels", "a:int=x"), "32 bits"),
        (("trial_parcels", "a:secret=x"), "without defaults"),
        (("trial_parcels", "a:int?=1"), "either ? or a default"),
        (("trial_parcels", "model_config:int=1"), "its_model_config"),
        (("trial_parcels", "a:int=1", "a:int=1"), "TRIAL_PARCELS_A already"),
        (("secret", "key:str="), "SECRET_KEY already"),
    ],
)
def test_wrong_settings_are_refused_and_nothing_is_written(
    project: Path, make: Make, arguments: tuple[str, ...], said: str
) -> None:
    result = make("setting", *arguments)
    assert (result.exit_code, written(project)) == (2, [])
    assert said in " ".join(result.stderr.split())


def test_settings_that_exist_are_refused_and_a_dry_run_writes_nothing(project: Path, make: Make) -> None:
    assert make("setting", "trial_parcels", "a:int=1", "--dry-run").exit_code == 0
    assert written(project) == []
    assert make("setting", "trial_parcels", "a:int=1").exit_code == 0
    assert "exists already" in make("setting", "trial_parcels", "b:int=1").stderr
