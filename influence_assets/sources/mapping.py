"""The mapping file: how the fields of an export become the columns of contracts.

Belongs here: the shape of the YAML and its validation, with errors that name the
place. `readers` opens the bytes, `convert` makes the columns, `parse` puts both together.
The grammar is documented in `docs/mapping.md`.
"""

from __future__ import annotations

import re
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import polars as pl
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from influence_assets.contracts import TABLES
from influence_assets.errors import UserError

ContractName = Literal["posts", "post_metrics", "profile_snapshots", "interactions", "media"]

DERIVED_COLUMNS = {
    "posts": {"posted_date": "posted_at"},
    "post_metrics": {"observed_date": "observed_at"},
    "profile_snapshots": {"observed_date": "observed_at"},
    "interactions": {"occurred_date": "occurred_at"},
    "media": {},
}
"""Partition columns, made from their time; a mapping never gives them."""

PROVENANCE = ("file_id", "row_number")

FROM_THE_FILE = ("media_id", "mime_type", "width_px", "height_px", "path")
"""Columns of media that are read off the image or video that lies beside its sidecar."""


TIME_WORDS = ("iso", "epoch_s", "epoch_ms", "epoch_us", "instagram_shortcode")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Precise(_Strict):
    """A second, finer statement of a time: it counts where it agrees with the first."""

    field: str
    extract: str | None = None
    time: str

    @model_validator(mode="after")
    def _readable(self) -> Precise:
        _check_pattern(self.extract, groups=1)
        _check_time(self.time)
        return self


class Column(_Strict):
    """How one column is made. See `docs/mapping.md` for each key."""

    field: str | None = None
    constant: str | int | float | bool | None = None
    time: str | None = None
    timezone: str = "UTC"
    units: bool = False
    thousands: str | None = None
    list: str | None = None
    find_all: str | None = None
    strip: str | None = None
    lower: bool = False
    extract: str | None = None
    map: dict[str, str] | None = None
    present: str | None = None
    absent: str | None = None
    optional: bool = False
    nulls: tuple[str, ...] = ()
    precise: Precise | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Column:
        if (self.field is None) == (self.constant is None):
            raise ValueError("give either `field` or `constant`")
        _check_pattern(self.extract, groups=1)
        _check_pattern(self.find_all, groups=0)
        _check_time(self.time)
        if self.timezone not in available_timezones():
            raise ValueError(f"there is no time zone {self.timezone}")
        return self


def _check_pattern(pattern: str | None, groups: int) -> None:
    if pattern is None:
        return
    try:
        found = re.compile(pattern).groups
        pl.select(pl.lit("").str.extract(pattern, 0))  # polars' own dialect knows less
    except (re.error, pl.exceptions.ComputeError) as error:
        raise ValueError(f"`{pattern}` is no regular expression ({error})") from error
    if found < groups:
        raise ValueError(f"`{pattern}` has no group: put what is wanted in ( )")


def _check_time(pattern: str | None) -> None:
    if pattern is not None and pattern not in TIME_WORDS and "%" not in pattern:
        raise ValueError(
            f"`{pattern}` is no time format: write {', '.join(TIME_WORDS)}, or a pattern with %"
        )


def _short_form(value: Any) -> Any:
    return {"field": value} if isinstance(value, str) else value


ColumnLike = Annotated[Column, BeforeValidator(_short_form)]


class Feed(_Strict):
    """One contract that the records of a file give rows to."""

    contract: ContractName
    require: tuple[str, ...] = ()
    each: ColumnLike | None = None
    columns: dict[str, ColumnLike]

    @model_validator(mode="after")
    def _columns_exist(self) -> Feed:
        if self.each is not None and self.each.field is None:
            raise ValueError("`each` needs a field")
        known = set(target_types(self.contract))
        if unknown := sorted(set(self.columns) - known):
            raise ValueError(
                f"{self.contract} has no column {', '.join(unknown)}; it has "
                f"{', '.join(sorted(known))}"
            )
        return self


class FileSpec(_Strict):
    """How the files whose name matches are read."""

    match: str = "*"
    format: Literal["csv", "tsv", "json", "jsonl", "parquet"]
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    nulls: tuple[str, ...] = ("",)
    records: str | None = None
    feeds: tuple[Feed, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _records_in_documents(self) -> FileSpec:
        if self.records and self.format not in ("json", "jsonl"):
            raise ValueError(f"`records` is for json and jsonl, not for {self.format}")
        return self

    def fields(self) -> set[str]:
        """Every source field that the feeds name, apart from those relative to an item."""
        named: set[str] = set()
        for feed in self.feeds:
            named.update(feed.require)
            if feed.each is not None and feed.each.field is not None:
                named.add(feed.each.field)
            named.update(
                c.field
                for c in feed.columns.values()
                if c.field is not None and not c.field.startswith(".")
            )
            named.update(c.precise.field for c in feed.columns.values() if c.precise)
        return named

    def optional_fields(self) -> set[str]:
        """Fields that a file may lack: those that every use of them calls optional."""
        uses = [c for feed in self.feeds for c in feed.columns.values()]
        uses += [feed.each for feed in self.feeds if feed.each is not None]
        needed = {c.field for c in uses if not c.optional}
        required = {name for feed in self.feeds for name in feed.require}
        return {c.field for c in uses if c.optional and c.field} - needed | (required - needed)


class Mapping(_Strict):
    """A description of one export: its platform and its files."""

    name: str
    description: str = ""
    platform: str | None = None
    files: tuple[FileSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _platform_is_known(self) -> Mapping:
        for spec in self.files:
            for feed in spec.feeds:
                if self.platform is None and "platform" not in feed.columns:
                    raise ValueError(
                        f"say the platform: `platform:` at the top, or a column `platform` in "
                        f"the feed {feed.contract} of {spec.match}"
                    )
        return self

    def specs_for(self, file_name: str) -> list[FileSpec]:
        """The entries that apply to a file of this name, in order."""
        return [spec for spec in self.files if fnmatch(file_name, spec.match)]


def target_types(contract: str) -> dict[str, pl.DataType]:
    """The columns that a mapping may give for a contract, with their types."""
    hidden = {*PROVENANCE, *DERIVED_COLUMNS[contract]}
    hidden.update(FROM_THE_FILE if contract == "media" else ())
    columns = TABLES[f"raw.{contract}"].columns
    return {name: c.dtype for name, c in columns.items() if name not in hidden}


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


def find_mapping(source: str, beside: Path | None = None) -> Mapping:
    """The mapping named by `--source` or by a landing folder.

    Args:
        source: a path to a YAML file, or the name of a built-in mapping.
        beside: a folder whose `mapping.yaml` goes before the built-in ones.

    Raises:
        UserError: there is none; the message lists the built-in ones.
    """
    own = beside / "mapping.yaml" if beside else None
    if own and own.exists():
        return read_mapping(own.read_text(encoding="utf-8"), source, str(own))
    if source.endswith((".yaml", ".yml")):
        path = Path(source)
        if not path.exists():
            raise UserError(f"There is no mapping file {path}. Check the path given to --source.")
        return read_mapping(path.read_text(encoding="utf-8"), path.stem, str(path))
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
