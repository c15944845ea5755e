"""The grammar of a column: how the fields of a record become one value.

Belongs here: the keys of a column in a mapping file and what is checked about them when the
file is read. `convert` carries them out. See `docs/mapping.md` for each key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any
from zoneinfo import available_timezones

import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

TIME_WORDS = (
    "iso",
    "epoch",
    "epoch_s",
    "epoch_ms",
    "epoch_us",
    "instagram_shortcode",
    "twitter",
    "rfc2822",
    "snowflake",
    "tiktok_id",
    "slashed",
)


class Strict(BaseModel):
    """A part of a mapping file: a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _one_or_more(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Precise(Strict):
    """A second, finer statement of a time: it counts where it agrees with the first."""

    field: str
    extract: str | None = None
    time: str

    @model_validator(mode="after")
    def _readable(self) -> Precise:
        check_pattern(self.extract, groups=1)
        _check_times((self.time,))
        return self


class Column(Strict):
    """How one column is made. See `docs/mapping.md` for each key."""

    field: Annotated[str | tuple[str, ...] | None, BeforeValidator(_one_or_more)] = None
    sum: tuple[str, ...] | None = None
    constant: str | int | float | bool | None = None
    default: str | int | float | bool | None = None
    time: Annotated[str | tuple[str, ...] | None, BeforeValidator(_one_or_more)] = None
    timezone: str = "UTC"
    known: bool = True
    units: bool = False
    duration: bool = False
    factor: float | None = None
    thousands: str | None = None
    count: bool = False
    list: str | None = None
    find_all: str | None = None
    html: bool = False
    extract: str | None = None
    map: dict[str, str] | None = None
    strip: str | None = None
    lower: bool = False
    replace: dict[str, str] | None = None
    template: str | None = None
    present: str | dict[str, str] | None = None
    absent: str | None = None
    optional: bool = False
    nulls: tuple[str, ...] = ()
    precise: Precise | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Column:
        origins = [o for o in (self.field, self.sum, self.constant) if o is not None]
        if len(origins) != 1 and not (self.conditions and not origins):
            raise ValueError("give either `field`, `sum` or `constant`")
        check_pattern(self.extract, groups=1)
        check_pattern(self.find_all, groups=0)
        for pattern in self.replace or ():
            check_pattern(pattern, groups=0)
        _check_times(self.times)
        if self.template is not None and self.template.count("{}") != 1:
            raise ValueError(f"the template `{self.template}` needs one {{}} for the value")
        if self.timezone not in _time_zones():
            raise ValueError(f"there is no time zone {self.timezone}")
        return self

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field that the column reads."""
        if self.sum is not None:
            return self.sum
        if self.field is None:
            return ()
        return (self.field,) if isinstance(self.field, str) else self.field

    @property
    def conditions(self) -> dict[str, str]:
        """Fields whose presence alone gives the value, and that value, in order."""
        return self.present if isinstance(self.present, dict) else {}

    @property
    def times(self) -> tuple[str, ...]:
        """The stated patterns of a time, in the order in which they are tried."""
        if self.time is None:
            return ()
        return (self.time,) if isinstance(self.time, str) else self.time


@cache
def _time_zones() -> set[str]:
    """Names of time zones; asking for them walks through a folder of hundreds of files."""
    return available_timezones()


def check_pattern(pattern: str | None, groups: int) -> None:
    """Refuse what is no regular expression, or has fewer groups than are needed."""
    if pattern is None:
        return
    try:
        found = re.compile(pattern).groups
        pl.select(pl.lit("").str.extract(pattern, 0))  # polars' own dialect knows less
    except (re.error, pl.exceptions.ComputeError) as error:
        raise ValueError(f"`{pattern}` is no regular expression ({error})") from error
    if found < groups:
        raise ValueError(f"`{pattern}` has no group: put what is wanted in ( )")


def _check_times(patterns: Iterable[str]) -> None:
    for pattern in patterns:
        if pattern not in TIME_WORDS and "%" not in pattern:
            raise ValueError(
                f"`{pattern}` is no time format: write {', '.join(TIME_WORDS)}, or a pattern with %"
            )
