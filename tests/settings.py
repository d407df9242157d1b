"""The names of a service's settings, in its settings classes and in its other files."""

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from tests.tracing import Traced

Names = set[str]

parse = functools.cache(ast.parse)


def of_classes(service: Traced) -> Names:
    """Return the environment variables of the settings classes; `<name>` stands for a key that users choose."""
    modules = [
        parse(service.read(name))
        for name in (*service.names("app/"), *service.names("kit/"))
        if name.endswith("/settings.py")
    ]
    classes = {node.name: node for module in modules for node in module.body if isinstance(node, ast.ClassDef)}
    public = [node for name, node in classes.items() if _is_settings(node) and not name.startswith("_")]
    return {name for node in public for name in _variables(node, _prefix(node), classes)}


def heads(names: Names) -> Names:
    """Return the names without the fields of named settings: not every field has to be documented."""
    return {re.sub(r"<name>.*", "<name>", name) for name in names}


def of_env_example(service: Traced) -> Names:
    return _generalised(
        re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]*(?:__\w+)*)=", service.read(".env.example"), re.MULTILINE)
    )


def of_readme(service: Traced) -> Names:
    """Return the names in the first column of the README's table of settings."""
    first_cells = re.findall(r"^\| *(`[A-Z][^|]*)\|", service.read("README.md"), re.MULTILINE)
    return _generalised(name for cell in first_cells for name in re.findall(r"`([A-Z][\w<>]*)`", cell))


def of_compose(service: Traced) -> Names:
    """Return the names that Compose sets for the service itself, not for the servers."""
    services = yaml.safe_load(service.read("deploy/compose.yaml"))["services"]
    own = [each for each in services.values() if each["image"] == services["app"]["image"]]
    return _generalised(name for each in own for name in _keys(each.get("environment", [])))


def of_kubernetes(service: Traced) -> Names:
    """Return the names in the configuration map, and in the command in a comment that creates the secret."""
    text = service.read("deploy/kubernetes/kustomization.yaml")
    maps = yaml.safe_load(text)["configMapGenerator"]
    literals = [literal.split("=")[0] for each in maps for literal in each["literals"]]
    return _generalised(literals + re.findall(r"--from-literal=(\w+)", text))


def _is_settings(node: ast.ClassDef) -> bool:
    return any(ast.unparse(base) == "BaseSettings" for base in node.bases)


def _prefix(node: ast.ClassDef) -> str:
    configurations = re.findall(r"env_prefix='(\w*)'", ast.unparse(node))
    return configurations[0].upper() if configurations else ""


def _variables(node: ast.ClassDef, prefix: str, classes: dict[str, ast.ClassDef]) -> Iterator[str]:
    for base in node.bases:
        if (name := ast.unparse(base)) in classes and name != "BaseSettings":
            yield from _variables(classes[name], prefix, classes)
    for field in node.body:
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if field.target.id.startswith("_") or "ClassVar" in ast.unparse(field.annotation):  # no environment variable
            continue
        name, annotation = f"{prefix}{field.target.id.upper()}", ast.unparse(field.annotation)
        values = re.findall(r"^dict\[str, (\w+)\]", annotation)
        if not values:
            yield name
        elif values[0] in classes:
            yield from _variables(classes[values[0]], f"{name}__<name>__", classes)
        else:
            yield f"{name}__<name>"


def _generalised(names: Iterable[str]) -> Names:
    """Replace the key of a named setting in an example by `<name>`: SEMAPHORES__reports becomes SEMAPHORES__<name>."""
    return {re.sub(r"__[^_]\w*?(?=__|$)|__<name>", "__<name>", name, count=1) for name in names}


def _keys(environment: dict[str, Any] | list[str]) -> list[str]:
    return [entry.split("=")[0] for entry in environment]
