"""The mapping file: how the fields of an export become the columns of contracts.

Belongs here: the shape of the YAML and its validation, with errors that name the place.
`catalog` finds and reads mapping files, `choose` tells which entry fits a file, `readers`
opens the bytes, `convert` makes the columns, `parse` puts all together. The grammar is
documented in `docs/mapping.md`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatch
from functools import cache
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import BeforeValidator, Field, model_validator

from influence_assets.contracts import TABLES
from influence_assets.sources.column_spec import Column, Strict, check_pattern

ContractName = Literal["posts", "post_metrics", "profile_snapshots", "interactions", "media"]

DERIVED_COLUMNS = {
    "posts": {"posted_date": "posted_at"},
    "post_metrics": {"observed_date": "observed_at"},
    "profile_snapshots": {"observed_date": "observed_at"},
    "interactions": {"occurred_date": "occurred_at"},
    "media": {},
}
"""Partition columns, made from their time; a mapping never gives them."""

KNOWN_FLAGS = {
    "posts": {"is_posted_at_known": "posted_at", "is_observed_at_known": "observed_at"},
    "post_metrics": {"is_observed_at_known": "observed_at"},
    "profile_snapshots": {"is_observed_at_known": "observed_at"},
    "interactions": {"is_occurred_at_known": "occurred_at"},
    "media": {},
}
"""Columns that tell whether a time is stated or only a bound; made by `parse`."""

PROVENANCE = ("file_id", "row_number")

FROM_THE_FILE = ("media_id", "mime_type", "width_px", "height_px", "path")
"""Columns of media that are read off the image or video that lies beside its sidecar."""

ANY_PLATFORM = "any"
"""A platform that the files do not say: asked for, or taken from their names."""

TABLE_FORMATS = ("csv", "tsv", "parquet")
TREE_FORMATS = ("json", "jsonl")


def _short_form(value: Any) -> Any:
    return {"field": value} if isinstance(value, str | list) else value


ColumnLike = Annotated[Column, BeforeValidator(_short_form)]


def _utc(value: Any) -> Any:
    """A time as a naive UTC one, as everywhere in the warehouse."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


Moment = Annotated[datetime, BeforeValidator(_utc)]
ReadAt = Moment | dict[str, Moment] | None
"""When an export was made; or, by pattern of the file's name, when each of its waves was."""


class Feed(Strict):
    """One contract that the records of a file give rows to."""

    contract: ContractName
    require: tuple[str, ...] = ()
    require_any: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    when: dict[str, str] = Field(default_factory=dict)
    each: ColumnLike | None = None
    columns: dict[str, ColumnLike]

    @model_validator(mode="after")
    def _columns_exist(self) -> Feed:
        if self.each is not None and not self.each.fields:
            raise ValueError("`each` needs a field")
        if self.each is not None and self.contract != "interactions":
            raise ValueError("`each` is for interactions: of anything else a record gives one row")
        for pattern in self.when.values():
            check_pattern(pattern, groups=0)
        known = set(target_types(self.contract))
        if unknown := sorted(set(self.columns) - known):
            raise ValueError(
                f"{self.contract} has no column {', '.join(unknown)}; it has "
                f"{', '.join(sorted(known))}"
            )
        return self

    @property
    def is_picky(self) -> bool:
        """Whether it takes some records and leaves others."""
        return bool(self.require or self.require_any or self.without or self.when)

    def uses(self) -> list[Column]:
        """Every column of it, and what `each` runs over."""
        return [*self.columns.values(), *([self.each] if self.each is not None else [])]


def _alternatives(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value)


class Signature(Strict):
    """How the files that an entry reads are recognised by their fields.

    Attributes:
        has: fields that are there; of alternative names, one.
        lacks: fields that are not there.
        values: what the values of a field match, each of them.
    """

    has: tuple[Annotated[tuple[str, ...], BeforeValidator(_alternatives)], ...] = ()
    lacks: tuple[str, ...] = ()
    values: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> Signature:
        if not self.has and not self.values:
            raise ValueError("a signature needs `has` or `values`")
        for pattern in self.values.values():
            check_pattern(pattern, groups=0)
        return self


class FileSpec(Strict):
    """How the files that match are read.

    `table` and `tree` stand for the format that the look at a file finds (`choose`).
    """

    match: str = "*"
    shape: str = ""
    signature: Signature | None = None
    format: str
    encoding: str = "utf-8"
    delimiter: str = Field(",", min_length=1, max_length=1)
    header: bool = True
    names: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    nulls: tuple[str, ...] = ("",)
    records: str | None = None
    platform: str | None = None
    read_at: ReadAt = None
    skip: str | None = None
    joins: dict[str, dict[str, str]] = Field(default_factory=dict)
    feeds: tuple[Feed, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> FileSpec:
        from influence_assets.sources.formats import FORMATS  # readers know this module

        known = (*TABLE_FORMATS, "table", *TREE_FORMATS, "tree", *FORMATS)
        if self.format not in known:
            raise ValueError(f"`{self.format}` is no format; there are {', '.join(known)}")
        if self.records and self.format in (*TABLE_FORMATS, "table"):
            raise ValueError(f"`records` is for JSON, not for {self.format}")
        if self.names and self.format not in (*TABLE_FORMATS, "table"):
            raise ValueError(f"`names` is for tables, not for {self.format}")
        if bool(self.feeds) == bool(self.skip):
            raise ValueError("an entry has `feeds`, or says in `skip` why it has none")
        return self

    def fields(self) -> set[str]:
        """Every source field that the feeds name, apart from those relative to an item."""
        named: set[str] = set()
        for feed in self.feeds:
            named.update(feed.require, feed.require_any, feed.without, feed.when)
            for column in feed.uses():
                named.update(column.conditions)
                named.update(f for f in column.fields if not _of_item(f))
                named.update((column.precise.field,) if column.precise else ())
        return named

    def missing(self, present: Iterable[str]) -> list[str]:
        """Fields that a file has to have and lacks; alternatives are told as `a or b`."""
        known = set(present)
        wanted: set[str] = set()
        for feed in self.feeds:
            for column in feed.uses():
                own = [f for f in column.fields if not _of_item(f)]
                if own and not column.optional and not known & set(own):
                    wanted.add(" or ".join(own))
                if column.precise and not column.optional and column.precise.field not in known:
                    wanted.add(column.precise.field)
        return sorted(wanted)


def _of_item(field: str) -> bool:
    """Whether a field is one of the item that `each` has at hand."""
    return field.startswith(".") and not field.startswith("../")


class Mapping(Strict):
    """A description of one export: its platform and its files."""

    name: str
    description: str = ""
    platform: str | None = None
    read_at: ReadAt = None
    files: tuple[FileSpec, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _platform_is_known(self) -> Mapping:
        for spec in self.files:
            for feed in spec.feeds:
                said = self.platform or spec.platform or "platform" in feed.columns
                if not said:
                    raise ValueError(
                        f"say the platform: `platform:` at the top, or a column `platform` in "
                        f"the feed {feed.contract} of {spec.match}"
                    )
        return self

    def specs_for(self, file_name: str) -> list[FileSpec]:
        """The entries whose name pattern fits a file of this name, in order."""
        return [spec for spec in self.files if fnmatch(file_name, spec.match)]


@cache
def target_types(contract: str) -> dict[str, pl.DataType]:
    """The columns that a mapping may give for a contract, with their types."""
    hidden = {*PROVENANCE, *DERIVED_COLUMNS[contract], *KNOWN_FLAGS[contract]}
    hidden.update(FROM_THE_FILE if contract == "media" else ())
    columns = TABLES[f"raw.{contract}"].columns
    return {name: c.dtype for name, c in columns.items() if name not in hidden}
