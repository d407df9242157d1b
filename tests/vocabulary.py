"""Which words belong to which answers: a service that gave another answer must not contain them."""

from collections.abc import Mapping

from tests.combinations import Answer

SQL: set[Answer] = {"sqlite", "postgres", "mysql"}

DATABASES: set[Answer] = {*SQL, "mongodb"}

# A regular expression, and the answers that bring it, by their questions: one of them is enough.
WORDS: dict[str, dict[str, set[Answer]]] = {
    r"sqlite": {"database": {"sqlite"}},
    r"postgres|asyncpg|psql|pgbouncer": {"database": {"postgres"}},
    r"mysql|mariadb|asyncmy": {"database": {"mysql"}},
    r"mongo": {"database": {"mongodb"}},
    r"motor\b": {"mongodb_driver": {"motor"}},
    r"sqlalchemy|alembic|\bsql\b": {"database": SQL},
    r"testcontainers": {"database": DATABASES - {"sqlite"}, "store": {"redis"}},
    r"database|migrat": {"database": DATABASES},
    r"lmdb": {"store": {"lmdb"}},
    r"redis|valkey": {"store": {"redis"}},
    r"app[./]store|storedep|store_\w+=": {"store": {"lmdb", "redis"}},
    r"leader": {"store": {"lmdb"}},
    r"\bv1[./]items": {"database": DATABASES},
    r"\bv1[./](items|examples)": {"example": {True}},
}


def foreign_words(answers: Mapping[str, Answer]) -> list[str]:
    """Return the expressions that must not be found in a service with these answers."""
    return [word for word, bringing in WORDS.items() if not any(answers.get(q) in bringing[q] for q in bringing)]
