"""Finding and reading mapping files: the user's, and those that ship with the package."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from influence_assets.errors import UserError
from influence_assets.sources.mapping import Mapping


def read_mapping(text: str, default_name: str, origin: str) -> Mapping:
    """Parse a mapping file.

    Args:
        text: the YAML.
        default_name: used where the file gives no name.
        origin: what to call the file in an error.

    Raises:
        UserError: the YAML is broken, or says something that the grammar does not know.
    """
    try:
        document = yaml.load(text, Loader=_PlainLoader)
    except yaml.YAMLError as error:
        raise UserError(f"{origin} is not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise UserError(f"{origin} is empty or no mapping; docs/mapping.md shows the form.")
    document.setdefault("name", default_name)
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(p) for p in e['loc']) or 'top'}: {e['msg']}" for e in error.errors()
        )
        raise UserError(
            f"{origin} does not follow the grammar of mapping files ({problems}). "
            "docs/mapping.md lists every key."
        ) from error


class _PlainLoader(yaml.SafeLoader):
    """YAML in which dates stay text, and so do the keys `True`, `no` and `1` of a `map:`."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to choose them
        first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
        for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


def find_mapping(source: str, default_name: str | None = None) -> Mapping:
    """The mapping that `--source` names.

    Args:
        source: a path to a YAML file, or the name of a built-in mapping.
        default_name: what to call a mapping file that gives no name; by default its stem.

    Raises:
        UserError: there is none; the message lists the built-in ones.
    """
    if source.endswith((".yaml", ".yml")):
        path = Path(source)
        if not path.exists():
            raise UserError(f"There is no mapping file {path}. Check the path given to --source.")
        return read_mapping(path.read_text(encoding="utf-8"), default_name or path.stem, str(path))
    built_in = files("influence_assets.sources") / "specs" / f"{source}.yaml"
    if not built_in.is_file():
        raise UserError(
            f"There is no source '{source}'. Built in are {', '.join(built_in_names())}; or give "
            "--source a mapping file of your own (docs/mapping.md shows one)."
        )
    return read_mapping(built_in.read_text(encoding="utf-8"), source, f"built-in {source}")


def built_in_names() -> list[str]:
    """Names of the mappings that ship with the package."""
    folder = files("influence_assets.sources") / "specs"
    names = (entry.name for entry in folder.iterdir())
    return sorted(n.removesuffix(".yaml") for n in names if n.endswith(".yaml"))


@cache
def built_ins() -> tuple[Mapping, ...]:
    """Every mapping that ships with the package."""
    return tuple(find_mapping(name) for name in built_in_names())
