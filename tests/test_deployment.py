"""The files that build, check and deploy a service are valid, and fit each other and the answers."""

import functools
import json
import re
import subprocess
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from tests.contents import Content, distinct
from tests.rendering import Tree
from tests.template import TEMPLATE, render
from tests.tracing import Traced, for_each_service

pytestmark = [pytest.mark.render, pytest.mark.quick]

SCRIPTS = Path(sysconfig.get_path("scripts"))
WORKFLOW = ".github/workflows/check.yml"
KUBERNETES = "deploy/kubernetes"
SQL = ("sqlite", "postgres", "mysql")
DATABASES = (*SQL, "mongodb")
SERVERS = ("postgres", "mysql", "mongodb")
SCHEMA = ("check-jsonschema", "--default-filetype=yaml", "--builtin-schema")
TOOLS = [
    ("deploy/Dockerfile", ("hadolint",)),
    ("deploy/compose", (*SCHEMA, "vendor.compose-spec")),
    (WORKFLOW, (*SCHEMA, "vendor.github-workflows")),
    (WORKFLOW, ("zizmor", "--offline", "--quiet")),
]
FILES = re.compile("deploy/|\\.github/")
PROCESSES = ("scheduler", "worker")
EMBEDDED = {"database": "sqlite", "scheduler": "apscheduler", "store": "lmdb", "temp_files": True}


class StrictLoader(yaml.SafeLoader):
    """A loader that refuses duplicate keys, as Compose and Kubernetes do."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        mapping = super().construct_mapping(node, deep=deep)
        assert len(mapping) == len(node.value), f"a key is there twice{node.start_mark}"
        return mapping


def load(service: Traced, name: str) -> Any:  # noqa: ANN401
    return parse(service.read(name))


@functools.cache
def parse(text: str) -> Any:  # noqa: ANN401
    return StrictLoader(text).get_single_data()


def manifests(service: Traced) -> dict[str, Any]:
    return {Path(name).name: load(service, name) for name in service.names(f"{KUBERNETES}/")}


def of_kind(service: Traced, kind: str) -> list[dict[str, Any]]:
    return [each for each in manifests(service).values() if each["kind"] == kind]


def deployment(service: Traced, component: str = "server") -> dict[str, Any]:
    (found,) = [each for each in of_kind(service, "Deployment") if component_of(each) == component]
    return found["spec"]


def component_of(manifest: dict[str, Any]) -> str:
    return manifest["metadata"]["labels"]["app.kubernetes.io/component"]


def containers(service: Traced) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return each container with the pod it is in."""
    pods = [each["spec"]["template"]["spec"] for kind in ("Deployment", "Job") for each in of_kind(service, kind)]
    return [(pod, each) for pod in pods for each in (*pod["containers"], *pod.get("initContainers", []))]


def is_embedded(service: Traced) -> bool:
    """Whether the service keeps data on its own disk."""
    return any(service.answers[question] == answer for question, answer in EMBEDDED.items())


def processes(service: Traced) -> list[str]:
    """Return the names of the processes other than the server."""
    return {"taskiq": [*map(str, PROCESSES)], "pgqueuer": ["worker"]}.get(str(service.answers["scheduler"]), [])


def deployed_beside(service: Traced) -> list[str]:
    return [] if is_embedded(service) else processes(service)


def servers(service: Traced) -> set[str]:
    redis = service.answers["scheduler"] == "taskiq" or service.answers["store"] == "redis"
    oidc = service.answers["auth"] == "oidc"
    return only(service, SERVERS) | {name for name, needed in (("redis", redis), ("oidc", oidc)) if needed}


def keeping_data(service: Traced) -> set[str]:
    """Return the servers without the provider of development, which has no data, no shell, and no part in tests."""
    return servers(service) - {"oidc"}


def only(service: Traced, names: tuple[str, ...]) -> set[str]:
    return {name for name in names if service.answers["database"] == name}


def faults(contents: Iterable[Content], folder: Path) -> list[str]:
    """Return what the linters and schemas report; each tool runs once for all contents of its files."""
    files = {place(content, folder): content for content in contents}
    found = [_output(tool, [path for path in files if kind in path.as_posix()]) for kind, tool in TOOLS]
    for content in files.values():
        if KUBERNETES in content.name and (manifest := parse(content.text))["kind"] != "Kustomization":
            kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)
    return [each for each in found if each]


def place(content: Content, folder: Path) -> Path:
    """Write a content to its path, in a folder that names its combination."""
    path = (
        folder
        / (content.trees[0].id.replace(":", "=").replace("/", ",") if content.trees else "template")
        / content.name
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content.text, "utf-8")
    return path


def _output(command: tuple[str, ...], paths: list[Path]) -> str:
    run = subprocess.run([SCRIPTS / command[0], *command[1:], *paths], capture_output=True, text=True, check=False)
    return run.stdout + run.stderr if run.returncode else ""


def test_the_files_are_valid_before_they_are_rendered(tmp_path: Path) -> None:
    names = (path.relative_to(TEMPLATE).as_posix() for path in TEMPLATE.rglob("*") if path.is_file())
    contents = [Content(name, (TEMPLATE / name).read_text("utf-8")) for name in names if FILES.match(name)]
    assert faults(contents, tmp_path) == []


def test_the_files_are_valid(trees: list[Tree], tmp_path: Path) -> None:
    assert faults([each for each in distinct(trees) if FILES.match(each.name)], tmp_path) == []


@for_each_service
def test_the_image_takes_exactly_what_the_service_has(service: Traced) -> None:
    ignored = [line for line in service.read(".dockerignore").splitlines() if not line.startswith("#")]
    sent = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", service.read("deploy/Dockerfile"), re.MULTILINE)
    assert ignored[0] == "*"
    assert sent == {name.rstrip("*") for names in copied for name in names.split()}
    assert sent == {"app", "kit", "pyproject.toml", "uv.lock", *(["migrations"] if only(service, SQL) else [])}


@for_each_service
def test_the_final_image_has_no_uv_no_root_and_no_shell_around_the_service(service: Traced) -> None:
    final = service.read("deploy/Dockerfile").rpartition("\nFROM ")[2]
    user = deployment(service)["template"]["spec"]["securityContext"]["runAsUser"]
    instructions = dict(re.findall(r"^(USER|ENTRYPOINT|CMD) (.+)$", final, re.MULTILINE))
    assert "uv " not in final
    assert instructions["USER"] == f"{user}:{user}"
    assert json.loads(instructions["ENTRYPOINT"]) == ["python", "-m", "app"]
    assert json.loads(instructions["CMD"])[0] == "serve"


@for_each_service
def test_compose_starts_the_chosen_server_and_no_other(service: Traced) -> None:
    compose = load(service, "deploy/compose.yaml")
    names = servers(service)
    assert compose["services"].keys() & {*SERVERS, "redis", "oidc"} == names
    assert compose.get("volumes", {}).keys() == keeping_data(service) | (
        {"data"} if is_embedded(service) else set[str]()
    )
    assert "include" not in compose  # the owner's


@for_each_service
def test_compose_migrates_before_the_service_starts(service: Traced) -> None:
    services = load(service, "deploy/compose.yaml")["services"]
    own = {name: each for name, each in services.items() if name not in servers(service) and "profiles" not in each}
    images = [(each["image"], "build" in each) for each in own.values()]  # one image, built once
    healthy = {name: {"condition": "service_healthy"} for name in keeping_data(service)}
    started = {name: {"condition": "service_started"} for name in servers(service) - keeping_data(service)}
    healthy_database = {name: healthy[name] for name in only(service, SERVERS)}
    migrated = {"migrate": {"condition": "service_completed_successfully"}} if only(service, DATABASES) else {}
    assert own.keys() == {"app", *migrated, *processes(service)}
    assert images == [("example-service", True), *[("example-service", False)] * (len(own) - 1)]
    assert services["app"].get("depends_on", {}) == {**migrated, **healthy, **started}
    if migrated:
        assert services["migrate"].get("depends_on", {}) == healthy_database
        assert services["migrate"]["environment"] == services["app"]["environment"]
        if only(service, ("sqlite",)):
            assert services["migrate"]["volumes"] == services["app"]["volumes"]


@for_each_service
def test_compose_runs_the_processes_of_the_jobs_beside_the_service(service: Traced) -> None:
    services = load(service, "deploy/compose.yaml")["services"]
    for name in processes(service):
        assert services[name]["command"] == [name]
        for part in ("environment", "depends_on", "volumes"):
            assert services[name].get(part) == services["app"].get(part)


@for_each_service
def test_processes_that_share_lmdb_see_each_other(service: Traced) -> None:
    sharing = processes(service) if service.answers["store"] == "lmdb" else []
    compose = load(service, "deploy/compose.yaml")["services"]
    assert [name for name, each in compose.items() if each.get("pid") == "service:app"] == sharing
    assert deployment(service)["template"]["spec"].get("shareProcessNamespace", False) == bool(sharing)


@for_each_service
def test_ci_uses_the_same_server_as_compose(service: Traced) -> None:
    used = load(service, WORKFLOW)["jobs"]["check"].get("services", {})
    assert used.keys() == keeping_data(service)
    for name, container in used.items():
        server = load(service, "deploy/compose.yaml")["services"][name]
        assert container["image"] == server["image"]
        assert container.get("env", {}).keys() <= server.get("environment", {}).keys() | {"MYSQL_ROOT_PASSWORD"}
        assert " ".join(server["healthcheck"]["test"][1:]) in container["options"]


@for_each_service
def test_the_url_of_each_server_is_set_wherever_the_service_runs(service: Traced) -> None:
    urls = server_urls(service)
    lines: list[str] = load(service, "deploy/compose.yaml")["services"]["app"]["environment"]
    given = dict(line.split("=", 1) for line in lines if "=" in line)
    assert {name: urlsplit(value).hostname for name, value in given.items() if name.endswith("_URL")} == urls
    in_secret = re.findall(r"--from-literal=(\w+_URL)=", service.read(f"{KUBERNETES}/kustomization.yaml"))
    assert sorted(in_secret) == sorted(urls)
    in_workflow = load(service, WORKFLOW)["jobs"]["check"]["env"]
    assert {name for name in in_workflow if name.endswith("_URL")} == urls.keys()


def server_urls(service: Traced) -> dict[str, str]:
    """Return the settings with the URL of a server, each with the host that it has in Compose."""
    redis = {
        "SCHEDULER_URL": service.answers["scheduler"] == "taskiq",
        "STORE_URL": service.answers["store"] == "redis",
    }
    databases = dict.fromkeys(only(service, SERVERS), "DATABASE_URL")
    return {name: host for host, name in databases.items()} | {name: "redis" for name, used in redis.items() if used}


@for_each_service
def test_the_workflow_may_only_read_keeps_no_token_and_pins_its_actions(service: Traced) -> None:
    workflow = load(service, WORKFLOW)
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    checkouts = [step["with"] for step in steps if "checkout" in step.get("uses", "")]
    actions = re.findall(r"uses: \S+@(.+)", service.read(WORKFLOW))
    assert workflow["permissions"] == {"contents": "read"}
    assert checkouts == [{"persist-credentials": False}] * len(workflow["jobs"])
    assert [each for each in actions if not re.fullmatch(r"[0-9a-f]{40} # v\d+\.\d+\.\d+", each)] == []


@for_each_service
def test_ci_runs_each_check_on_the_versions_of_the_image(service: Traced) -> None:
    steps = load(service, WORKFLOW)["jobs"]["check"]["steps"]
    versions = next(step["with"] for step in steps if "setup-uv" in step.get("uses", ""))
    dockerfile = service.read("deploy/Dockerfile")
    assert f"astral-sh/uv:{versions['version']} AS" in dockerfile
    assert f"ARG PYTHON_VERSION={versions['python-version']}\n" in dockerfile
    *runs, of_kit = [step["run"].removeprefix("uv run ") for step in steps if "run" in step]
    assert runs == ["uv sync", "ruff check", "ruff format --check", "pyright", "pytest --cov"]
    assert of_kit.endswith(" -- kit uv.lock || uv run pytest kit")


@for_each_service
def test_the_kustomization_lists_exactly_the_files_beside_it(service: Traced) -> None:
    resources = load(service, f"{KUBERNETES}/kustomization.yaml")["resources"]
    assert sorted(resources) == sorted(manifests(service).keys() - {"kustomization.yaml"})


@for_each_service
def test_embedded_data_means_one_pod_with_a_volume_and_everything_else_many(service: Traced) -> None:
    spec = deployment(service)
    embedded = is_embedded(service)
    claims = [each for each in spec["template"]["spec"]["volumes"] if "persistentVolumeClaim" in each]
    assert (spec.get("replicas"), spec.get("strategy")) == ((1, {"type": "Recreate"}) if embedded else (None, None))
    assert len(claims) == len(of_kind(service, "PersistentVolumeClaim")) == int(embedded)
    for kind in ("HorizontalPodAutoscaler", "PodDisruptionBudget"):
        assert len(of_kind(service, kind)) == int(not embedded)
    assert ("topologySpreadConstraints" in spec["template"]["spec"]) == (not embedded)


@for_each_service
def test_the_processes_of_the_jobs_are_deployments_or_in_the_one_pod_that_has_the_volume(service: Traced) -> None:
    beside = [each["args"][0] for each in deployment(service)["template"]["spec"]["containers"][1:]]
    deployed = sorted(component_of(each) for each in of_kind(service, "Deployment"))
    if is_embedded(service):
        assert (deployed, beside) == (["server"], processes(service))
        return
    assert (deployed, beside) == (sorted(["server", *processes(service)]), [])
    for name in processes(service):
        spec = deployment(service, name)
        (container,) = spec["template"]["spec"]["containers"]
        labels = spec["template"]["metadata"]["labels"]
        assert (container["args"], spec["selector"]["matchLabels"], spec["replicas"]) == ([name], labels, 2)
        assert labels["app.kubernetes.io/component"] == name


@for_each_service
def test_the_migration_is_a_job_or_runs_in_the_one_pod_that_has_the_volume(service: Traced) -> None:
    first = deployment(service)["template"]["spec"].get("initContainers", [])
    jobs = [job["spec"]["template"]["spec"]["containers"][0] for job in of_kind(service, "Job")]
    assert [each["args"] for each in first] == [["migrate"] for _ in only(service, ("sqlite",))]
    assert [each["args"] for each in jobs] == [["migrate"] for _ in only(service, SERVERS)]


@for_each_service
def test_traffic_and_budgets_reach_the_pods_that_serve_and_no_others(service: Traced) -> None:
    spec = deployment(service)
    selectors = [spec["selector"]["matchLabels"], of_kind(service, "Service")[0]["spec"]["selector"]]
    selectors += [each["spec"]["selector"]["matchLabels"] for each in of_kind(service, "PodDisruptionBudget")]
    constraints = spec["template"]["spec"].get("topologySpreadConstraints", [])
    selectors += [each["labelSelector"]["matchLabels"] for each in constraints]
    jobs = [job["spec"]["template"]["metadata"]["labels"] for job in of_kind(service, "Job")]
    others = [deployment(service, name)["template"]["metadata"]["labels"] for name in deployed_beside(service)]
    assert all(selector == spec["template"]["metadata"]["labels"] not in jobs + others for selector in selectors)


@for_each_service
def test_every_container_is_confined_and_has_its_limits(service: Traced) -> None:
    for pod, container in containers(service):
        security = container["securityContext"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert (security["readOnlyRootFilesystem"], security["allowPrivilegeEscalation"]) == (True, False)
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        assert [each["name"] for each in container["volumeMounts"]] == [each["name"] for each in pod["volumes"]]


@for_each_service
def test_what_the_manifests_name_exists_and_secrets_are_only_named(service: Traced) -> None:
    kustomization = load(service, f"{KUBERNETES}/kustomization.yaml")
    for pod, container in containers(service):
        secret = next(volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume)
        assert container["envFrom"] == [{"configMapRef": {"name": kustomization["configMapGenerator"][0]["name"]}}]
        assert container["image"] == kustomization["images"][0]["name"]
        assert f"kubectl create secret generic {secret} " in service.read(f"{KUBERNETES}/kustomization.yaml")
    assert of_kind(service, "Secret") == []


@for_each_service
def test_a_pod_has_time_to_finish_its_requests(service: Traced) -> None:
    spec = deployment(service)["template"]["spec"]
    sleep = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    grace = load(service, "deploy/compose.yaml")["services"]["app"]["stop_grace_period"]
    longest = 60 if service.answers["scheduler"] in {"apscheduler", "pgqueuer"} else 30
    assert min(spec["terminationGracePeriodSeconds"] - sleep, int(grace[:-1])) > longest, "the timeouts of the stop"


@for_each_service
def test_the_hooks_are_the_projects_own_tools(service: Traced) -> None:
    (repository,) = load(service, ".pre-commit-config.yaml")["repos"]
    tools = [hook["entry"].split()[:3] for hook in repository["hooks"]]
    assert repository["repo"] == "local"
    assert tools == [["uv", "run", "ruff"], ["uv", "run", "ruff"], ["uv", "run", "pyright"]]


@for_each_service
def test_git_ignores_secrets_and_data_but_not_the_example(service: Traced, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text(service.read(".gitignore"), "utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    names = [".env", ".env.example", ".env.production", ".venv/x", "app/data/x", "app/x.py", "data/app.db", "uv.lock"]
    run = subprocess.run(["git", "check-ignore", *names], cwd=tmp_path, capture_output=True, text=True, check=False)
    data = ["data/app.db"] if is_embedded(service) or servers(service) else []
    assert run.stdout.split() == [".env", ".env.production", ".venv/x", *data]


def test_the_name_and_the_python_reach_every_file(template: Path, tmp_path: Path) -> None:
    render(template, tmp_path / "x", {"service_name": "billing-api", "python_version": "3.12", "database": "mysql"})
    paths = [tmp_path / "x" / WORKFLOW, *(tmp_path / "x/deploy").rglob("*")]
    texts = "".join(path.read_text("utf-8") for path in paths if path.is_file())
    assert {"name: billing-api", "PYTHON_VERSION=3.12", 'python-version: "3.12"'} <= set(re.split(r"\n *|ARG ", texts))
    assert re.findall(r"example-service|3\.13", texts) == []
