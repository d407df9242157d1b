"""The words that belong to each answer; a service with other answers must not contain them."""

import functools
import re
from collections.abc import Mapping

from tests.combinations import Answer

SQL: set[Answer] = {"sqlite", "postgres", "mysql"}
JOBS: set[Answer] = {"apscheduler", "taskiq", "pgqueuer"}

# Kubernetes has its own Jobs, one of which migrates, and GitHub's workflows begin with the key `jobs`.
OTHER_JOBS = r"(?<!kind: )(?<!kubectl delete )(?!job/example-service-migrate)(?!(?<=\n)jobs:\n)"
JOB = rf"{OTHER_JOBS}\bjobs?\b"

# A regular expression, and the answers that allow it: any of these answers to any of these questions.
WORDS: dict[str, dict[str, set[Answer]]] = {
    r"sqlite": {"database": {"sqlite"}},
    r"postgres|asyncpg|psql|pgbouncer": {"database": {"postgres"}},
    r"mysql|mariadb|asyncmy": {"database": {"mysql"}},
    r"mongo": {"database": {"mongodb"}},
    r"motor": {"mongodb_driver": {"motor"}},
    r"asyncmongo|pymongo\.async|mongo[./]pymongo": {"mongodb_driver": {"pymongo"}},
    r"sqlalchemy|alembic|\bsql\b": {"database": SQL},
    r"testcontainers": {"database": {"postgres", "mysql", "mongodb"}, "scheduler": {"taskiq"}, "store": {"redis"}},
    r"app servers|testing.local": {
        "database": {"postgres", "mysql", "mongodb"},
        "scheduler": {"taskiq"},
        "store": {"redis"},
        "auth": {"oidc"},
    },
    r"pgserver": {"database": {"postgres"}},
    r"fiftyone": {"database": {"mongodb"}},
    r"database|migrat": {"database": {*SQL, "mongodb"}},
    r"apscheduler": {"scheduler": {"apscheduler"}},
    r"taskiq": {"scheduler": {"taskiq"}},
    r"pgqueuer|scheduled_jobs": {"scheduler": {"pgqueuer"}},
    r"scheduler|cron|app[./]jobs|health/jobs": {"scheduler": JOBS},
    JOB: {"scheduler": JOBS},
    # Tasks need two answers too.
    r"kit[./](tests[./])?tasks|deferred_tasks|testing[./]deferred|app tasks": {"scheduler": JOBS},
    r"kit[./](tests[./])?tasks|deferred_(tasks|effects)|testing[./]deferred": {"database": {*SQL, "mongodb"}},
    r"lmdb": {"store": {"lmdb"}},
    r"kit[./]store|storedep|store_\w+=": {"store": {"lmdb", "redis"}},
    r"leader|process.?lock": {"scheduler": {"apscheduler"}, "store": {"lmdb"}, "temp_files": {True}},
    r"redis|valkey": {"scheduler": {"taskiq"}, "store": {"redis"}},
    r"temp.?files|temporary files|obstore|multipart(?!/form-data)|\bs3\b": {"temp_files": {True}},
    r"kit[./](tests[./])?auth|items:(read|write)|jwt|\bauth_(?!source)": {"auth": {"oidc", "accounts"}},
    r"auth[./]oidc|testing[./](local[./])?(oidc|provider)": {"auth": {"oidc"}},
    r"oidc|openid|joserfc|issuer_|_issuer|identity provider": {"auth": {"oidc"}},
    r"(auth|testing|app)[./ ]accounts|argon2|pwdlib|smtp|auth_(mail|accounts|sessions)": {"auth": {"accounts"}},
    # API keys need two answers, so two expressions match them.
    r"api.?keys?": {"auth": {"oidc", "accounts"}},
    r"api.?key": {"database": {*SQL, "mongodb"}},
    r"\bv1[./]items": {"database": {*SQL, "mongodb"}},
    r"\bv1[./](items|examples)": {"example": {True}},
    r"(?<!fastapi\.)telemetry|otel_|prometheus|grafana|jaeger": {"telemetry": {"opentelemetry"}},
    r"heartbeat(?!FrequencyMS|_timeout| = now)|restock|put_in_stock": {"example": {True}},
}


def foreign_words(answers: Mapping[str, Answer]) -> set[str]:
    """Return the expressions that must not match in a service with these answers."""
    return {word for word, bringing in WORDS.items() if not _brings(answers, bringing)}


@functools.cache
def words_in(name: str, text: str) -> frozenset[str]:
    """Return the expressions that match in the name or the text of a file."""
    return frozenset(word for word in WORDS if re.search(word, f"{name}\n{text}", re.IGNORECASE))


def _brings(answers: Mapping[str, Answer], bringing: Mapping[str, set[Answer]]) -> bool:
    return any(answers.get(question) in chosen for question, chosen in bringing.items())
