"""The places in the template's files where owners add their own lines."""

from pathlib import Path

FILES = {
    "app/billing/__init__.py": '''"""Bills what was ordered."""

from fastapi import APIRouter

router = APIRouter()
''',
    "deploy/monitoring.yaml": "services:\n  monitoring:\n    image: prom/prometheus:v3\n",
    "deploy/kubernetes/ingress.yaml": "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: shop\n",
}
SERVICE = """
  mail:
    image: axllent/mailpit:v1
    restart: unless-stopped
"""
JOB = """
  smoke:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - run: ./smoke-test.sh
"""
MOUNT = """            - name: reports
              mountPath: /reports
"""
MARK = "# Yours below."
# A file, what the line begins with behind which the text goes (the last that does), and the text.
PLACES = (
    (".env.example", "", "ORDERS_LIMIT=10\n"),
    (".gitignore", "", "/reports/\n"),
    (".dockerignore", "!uv.lock", "!templates\n"),
    (".github/workflows/check.yml", f"      {MARK}", "      ORDERS_LIMIT: 10\n"),
    (".github/workflows/check.yml", "      - run: uv run pytest", "      - run: ./smoke-test.sh\n"),
    (".github/workflows/check.yml", "", JOB),
    ("README.md", "| `", "| `ORDERS_LIMIT` | `10` | of an order |\n"),
    ("app/main.py", "from fastapi", "\nfrom app import billing\n"),
    ("app/main.py", f"    {MARK}", "    billing.router,\n"),
    (
        "deploy/Dockerfile",
        "WORKDIR /app",
        "RUN apt-get update && apt-get install -y libmagic1\n",
    ),
    ("deploy/Dockerfile", "COPY app app", "COPY templates templates\n"),
    ("deploy/compose.yaml", f"{MARK[:-1]}: include", "\ninclude:\n  - monitoring.yaml\n"),
    ("deploy/compose.yaml", f"      {MARK}", "      - ORDERS_LIMIT=10\n"),
    ("deploy/compose.yaml", "", SERVICE),
    ("tests/settings.env", MARK, "ORDERS_LIMIT=10\n"),
    ("deploy/kubernetes/kustomization.yaml", f"  {MARK}", "  - ingress.yaml\n"),
    ("deploy/kubernetes/kustomization.yaml", f"      {MARK}", "      - ORDERS_LIMIT=10\n"),
    ("deploy/kubernetes/deployment.yaml", "              mountPath: /tmp", MOUNT),
    ("deploy/kubernetes/deployment.yaml", "            sizeLimit", "        - name: reports\n          emptyDir: {}\n"),
    ("pyproject.toml", "package = false", 'constraint-dependencies = ["pydantic<3", "sqlalchemy<3", "pymongo<5"]\n'),
    ("pyproject.toml", "branch = true", 'omit = ["app/generated/*"]\n'),
    ("pyproject.toml", '    "TRY003",', '    "TD",       # tasks are in the tracker\n'),
    ("pyproject.toml", "", "\n[tool.codespell]\nskip = 'uv.lock'\n"),
)


def insert(path: Path, start: str | tuple[str, ...], text: str) -> None:
    """Insert a text after the last line that begins with `start`, or with one of several."""
    lines = path.read_text("utf-8").splitlines(keepends=True)
    last = max(number for number, each in enumerate(lines) if each.startswith(start))
    path.write_text("".join([*lines[: last + 1], text, *lines[last + 1 :]]), "utf-8")
