"""What the settings of all databases have in common."""

NAMES_ELSEWHERE = {
    r"DATABASE__(\w+)__URL": r"set DATABASE_URL, or DATABASES__\1__URL for a further database",
    "DATABASE_(HOST|SERVER|PORT|USER|USERNAME|NAME)": "set DATABASE_URL, which has all parts of the address",
    "DATABASE_HEALTH_CHECK_TIMEOUT": "set DATABASE_HEALTH_TIMEOUT",
}
