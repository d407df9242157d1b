"""Which words belong to which answers: a service that gave another answer must not contain them."""

from collections.abc import Mapping

from tests.combinations import Answer

SQL: set[Answer] = {"sqlite", "postgres", "mysql"}

# A regular expression, the question, and the answers that bring it.
WORDS: dict[str, tuple[str, set[Answer]]] = {
    r"sqlite": ("database", {"sqlite"}),
    r"postgres|asyncpg|psql|pgbouncer": ("database", {"postgres"}),
    r"mysql|mariadb|asyncmy": ("database", {"mysql"}),
    r"mongo": ("database", {"mongodb"}),
    r"motor": ("mongodb_driver", {"motor"}),
    r"asyncmongo|pymongo\.async|mongo[./]pymongo": ("mongodb_driver", {"pymongo"}),
    r"sqlalchemy|alembic|\bsql\b": ("database", SQL),
    r"testcontainers": ("database", {"postgres", "mysql", "mongodb"}),
    r"database|migrat": ("database", {*SQL, "mongodb"}),
    r"\bv1[./]items": ("database", {*SQL, "mongodb"}),
    r"\bv1[./](items|examples)": ("example", {True}),
}


def foreign_words(answers: Mapping[str, Answer]) -> list[str]:
    """Return the expressions that must not be found in a service with these answers."""
    return [word for word, (question, bringing) in WORDS.items() if answers.get(question) not in bringing]
