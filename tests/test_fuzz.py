"""The fullest service of each database answers every request that its OpenAPI document allows or forbids."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.combinations import fullest_per_database
from tests.environments import Environment
from tests.serving import serving

# The same examples in every run: you can reproduce a failure, and a green run means the same as the last one.
OPTIONS = (
    "--generation-deterministic",
    "--no-color",
    # The routes that show errors fail on purpose, as does the one that calls a missing service.
    # A log out would end the session of the fuzzer.
    "--exclude-path-regex=/examples/(errors|neighbour)|/auth/logout",
    # A schema cannot say which cursors are valid, and Pydantic accepts `false` as the integer 0.
    "--exclude-checks=positive_data_acceptance,negative_data_rejection",
)


@pytest.mark.axis("examples", default=[10], every=[50])
@pytest.mark.sample(fullest_per_database()[-1:])
@pytest.mark.combinations(fullest_per_database())
def test_a_fuzz_of_the_openapi_document_finds_nothing(
    examples: int, environment: Environment, workspace: Path, settings: dict[str, str], tmp_path: Path
) -> None:
    with serving(environment, workspace, settings) as service:
        login = [f"--header={name}: {value}" for name, value in service.headers.items()]
        document = f"{service.url}/openapi.json"
        run = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "run", document, *OPTIONS, *login, f"--max-examples={examples}"],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert run.returncode == 0, f"{run.stdout}\n{service.program.output()}"
