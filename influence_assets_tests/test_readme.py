"""The documentation names only what exists: commands, targets, mappings, code, files, pictures."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from influence_assets.cli import app
from influence_assets.settings import Settings
from influence_assets.sources.catalog import built_in_names, read_mapping

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

TOOLS = {"influence", "make", "source", "export", "unset", "mkdir", "cp"}
"""What a shell block of the documentation may call."""

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[tuple[str, str]]:
    """Page and text of each fenced block in a language."""
    return [
        (str(page.relative_to(ROOT)), text)
        for page in PAGES
        for found, text in FENCE.findall(page.read_text(encoding="utf-8"))
        if found == language
    ]


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def shell_lines() -> Iterator[tuple[str, list[str]]]:
    for page, text in blocks("sh"):
        for line in text.splitlines():
            if line.strip():
                yield page, shlex.split(line, comments=True)


def inline_commands() -> Iterator[tuple[str, list[str]]]:
    """Commands that stand within a sentence, such as `make demo`."""
    for page in PAGES:
        for code in re.findall(r"`([^`\n]+)`", prose(page)):
            if re.match(r"(influence|make) [a-z]", code):
                yield str(page.relative_to(ROOT)), shlex.split(code)


COMMANDS = sorted({(page, *words) for page, words in [*shell_lines(), *inline_commands()]})


@cache
def commands() -> dict[str, typer.core.TyperCommand]:
    """Every command by its words: `ingest`, `quarantine list`."""
    found = {}
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", {"": command})
        found |= {f"{name} {word}".strip(): one for word, one in inner.items()}
    return found


def command_of(words: list[str]) -> tuple[str, list[str]]:
    """The name of a command, of one word or two, and its arguments."""
    length = 2 if " ".join(words[:2]) in commands() else 1
    return " ".join(words[:length]), words[length:]


def test_there_is_documentation_to_check() -> None:
    # A fence or a folder that was renamed would pass every test below without being looked at.
    assert len(PAGES) >= 12
    assert {"sh", "yaml", "python"} <= {
        lang for page in PAGES for lang, _ in FENCE.findall(page.read_text(encoding="utf-8"))
    }
    assert len([c for c in COMMANDS if c[1] == "influence"]) >= 15


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: " ".join(c[1:]))
def test_shell_blocks_call_known_tools(command: tuple[str, ...]) -> None:
    assert command[1] in TOOLS


@pytest.mark.parametrize(
    "command",
    [c for c in COMMANDS if c[1] == "influence" and c[2] != "--help"],
    ids=lambda c: " ".join(c[1:]),
)
def test_commands_exist_with_these_options(command: tuple[str, ...]) -> None:
    name, words = command_of(list(command[2:]))
    assert name in commands(), f"{command[0]}: there is no command {name}"
    known = {o for p in commands()[name].params for o in (*p.opts, *p.secondary_opts)}
    options = [w for w in words if w.startswith("-")]
    assert set(options) <= known | {"--help", "--debug"}
    # Parsed as the command line does, without being run: required arguments, choices, types.
    if words and "--help" not in words:
        commands()[name].make_context(name, words, resilient_parsing=False)


@pytest.mark.parametrize("name", sorted(commands()))
def test_each_command_has_help_with_an_example(name: str) -> None:
    done = CliRunner().invoke(app, [*name.split(), "--help"])
    assert done.exit_code == 0
    assert "Example: influence" in " ".join((commands()[name].help or "").split())


def test_each_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert {n for n in commands() if f"influence {n}" not in readme} <= {"demo"}
    assert "make demo" in readme


@pytest.mark.parametrize("target", sorted({w for c in COMMANDS if c[1] == "make" for w in c[2:]}))
def test_make_targets_exist(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE)


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_mappings_parse(page: str, text: str) -> None:
    document = yaml.safe_load(text)
    if isinstance(document, list):
        # A feed to be added to the mapping above it.
        document = {"feeds": document}
    if "files" not in document:
        # Part of an entry.
        entry = {"format": "csv", "skip": None if "feeds" in document else "shown"} | document
        text = yaml.safe_dump({"platform": "somewhere", "files": [entry]})
    assert read_mapping(text, "example", page).files


def test_the_added_feed_fits_under_the_mapping_above_it() -> None:
    whole, feed = [text for page, text in blocks("yaml") if page == "README.md"][:2]
    mapping = read_mapping(whole + feed, "my", "README.md")
    contracts = [f.contract for f in mapping.files[0].feeds]
    assert contracts == ["posts", "post_metrics", "interactions"]
    header = next(text for page, text in blocks("csv") if page == "README.md").splitlines()[0]
    assert mapping.files[0].fields() <= set(header.split(","))


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_python_compiles_and_imports_what_is_there(page: str, text: str) -> None:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("influence_assets"):
            file = ROOT / (node.module or "").replace(".", "/")
            assert file.with_suffix(".py").exists() or (file / "__init__.py").exists(), node.module


LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [t for t in LINK.findall(prose(page)) if "://" not in t]
    assert [t for t in targets if not (page.parent / t).exists()] == []


NAMED = re.compile(r"`((?:influence_assets|influence_assets_tests|sql|docs)/[\w./]+)`")
MADE_BY_THE_READER = {"sql/marts/mentions_weekly.sql"}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_named_files_exist(page: Path) -> None:
    named = set(NAMED.findall(prose(page))) - MADE_BY_THE_READER
    assert [n for n in sorted(named) if not (ROOT / n).exists()] == []


def test_settings_are_documented() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    source = (ROOT / "influence_assets" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"(INFLUENCE_\w+)"', source))
    # Whether the user chose the image encoder follows from its variable.
    assert len(read) == len(fields(Settings)) - 1
    assert read == set(re.findall(r"`(INFLUENCE_\w+)`", readme))


def test_built_in_sources_are_documented() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [n for n in built_in_names() if f"| `{n}` |" not in readme] == []


def test_every_page_and_picture_is_reached() -> None:
    linked = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in LINK.findall(prose(page))
        if "://" not in target
    }
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())
    assert [p.name for p in [*PAGES[1:], *pictures] if p.resolve() not in linked] == []
    assert [p.name for p in pictures if p.stat().st_size > 250_000] == []
