"""What to collect: the file `collect.yaml` in the home, checked before anything is fetched.

Documented for its users in `docs/collect.md`.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from influence_assets.errors import UserError

WIKIPEDIA_PAGES = {
    "instagram": "List_of_most-followed_Instagram_accounts",
    "tiktok": "List_of_most-followed_TikTok_accounts",
    "twitter": "List_of_most-followed_X_accounts",
    "youtube": "List_of_most-subscribed_YouTube_channels",
    "facebook": "List_of_most-followed_Facebook_pages",
    "twitch": "List_of_most-followed_Twitch_channels",
}
"""The lists that are known by the name of their platform."""

RESERVED = "settings"
"""Name of the asset that stands in where collect.yaml cannot be read."""

_SECRET_OPTION = re.compile(r"(?i)secret|password|passwd|token|^key$|access.?key")


class _Collector(BaseModel):
    """What every collector has: when it runs, and how gently.

    Attributes:
        at: time of day (UTC) of the daily schedule.
        start: first daily partition; by default that of the home.
        pause_s: seconds between two requests, at least.
        timeout_s: longest silence of a server.
        deadline_minutes: the whole run ends by then, done or not.
        attempts: how often a target is tried in a run.
        backoff_s: wait before the second attempt; it doubles from there.
        patience_s: longest Retry-After that a run sits out; after a longer one it ends.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    at: str = Field("03:10", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    start: date | None = None
    pause_s: float = Field(2.0, ge=0)
    timeout_s: float = Field(30.0, gt=0)
    deadline_minutes: float = Field(60.0, gt=0)
    attempts: int = Field(3, ge=1, le=10)
    backoff_s: float = Field(10.0, ge=0)
    patience_s: float = Field(300.0, ge=0)

    @property
    def cron(self) -> str:
        """The daily time as a cron line."""
        hour, minute = self.at.split(":")
        return f"{int(minute)} {int(hour)} * * *"


class GalleryDl(_Collector):
    """Accounts and pages that gallery-dl reads.

    Attributes:
        media: also fetch the pictures and videos; else their metadata alone.
        cookies: file of browser cookies (Netscape form) for pages behind a log-in.
        config: a gallery-dl configuration of your own: user names, tokens, options by site.
        stop_after_known: once a target was collected whole, stop at so many known items in a
            row; 0 reads every list to its end.
    """

    kind: Literal["gallery_dl"]
    urls: tuple[str, ...] = Field(min_length=1)
    media: bool = True
    cookies: Path | None = None
    config: Path | None = None
    stop_after_known: int = Field(50, ge=0)

    @field_validator("urls")
    @classmethod
    def _addresses(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            # A line that starts with `-` would be an option to gallery-dl, not an address.
            if not re.fullmatch(r"(?:[a-z0-9_.-]+:)?https?://[^\s#]\S*", url):
                raise ValueError(f"'{url}' is no address; write https://…")
            if urlsplit(url).password:
                raise ValueError(
                    "an address must not hold a password: put it in a gallery-dl configuration "
                    "of your own and name that under `config`"
                )
        return urls


class Instaloader(_Collector):
    """Instagram profiles that instaloader reads.

    Attributes:
        media: also fetch pictures and videos.
        login: your user name; needs `session`.
        session: file that `instaloader --login` wrote for that name.
    """

    kind: Literal["instaloader"]
    profiles: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9._]{1,30}$")], ...] = Field(
        min_length=1
    )
    media: bool = True
    login: Annotated[str, Field(pattern=r"^[A-Za-z0-9._]{1,30}$")] | None = None
    session: Path | None = None
    pause_s: float = Field(5.0, ge=0)

    @model_validator(mode="after")
    def _both_or_none(self) -> Instaloader:
        if (self.login is None) != (self.session is None):
            raise ValueError("`login` and `session` go together: a name and its session file")
        return self


class Wikipedia(_Collector):
    """Wikipedia's lists of the most-followed accounts.

    Attributes:
        lists: platforms whose list is read.
        pages: addresses of lists that are elsewhere, by platform.
        contact: an address that Wikipedia can reach you at, sent with each request.
    """

    kind: Literal["wikipedia"]
    lists: tuple[str, ...] = ()
    pages: dict[str, str] = Field(default_factory=dict)
    contact: str = Field("", pattern=r"^[^\r\n]*$")

    @model_validator(mode="after")
    def _known_lists(self) -> Wikipedia:
        if unknown := [name for name in self.lists if name not in WIKIPEDIA_PAGES]:
            raise ValueError(
                f"there is no list {', '.join(unknown)}; known are {', '.join(WIKIPEDIA_PAGES)}; "
                "give another one's address under `pages`"
            )
        if not self.lists and not self.pages:
            raise ValueError("name at least one of `lists`, or an address under `pages`")
        for platform, url in self.pages.items():
            if not re.fullmatch(r"[a-z0-9_]+", platform):
                raise ValueError(f"'{platform}' is no platform name: small letters and digits")
            if urlsplit(url).scheme not in ("http", "https"):
                raise ValueError(f"'{url}' is no address; write https://…")
        return self

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each list, by platform."""
        known = {n: f"https://en.wikipedia.org/wiki/{WIKIPEDIA_PAGES[n]}" for n in self.lists}
        return known | self.pages


class _Copies(_Collector):
    """What copying from a folder and from a bucket have in common.

    Attributes:
        into: folder of the landing folder; its name or its `mapping.yaml` says how it is read.
        match: patterns of names to copy.
        settle_s: a file that changed less than this long ago is left for the next run.
    """

    into: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")
    match: tuple[str, ...] = ("*",)
    settle_s: float = Field(10.0, ge=0)
    pause_s: float = Field(0.0, ge=0)


class Folder(_Copies):
    """A folder, or a mounted share, that others drop files in."""

    kind: Literal["folder"]
    path: Path


class Bucket(_Copies):
    """A bucket, or any place that fsspec has a protocol for.

    Attributes:
        url: e.g. `s3://bucket/prefix`.
        options: for the protocol, e.g. `endpoint_url`, `profile`, `anon`; never a secret.
    """

    kind: Literal["bucket"]
    url: str = Field(pattern=r"^[a-z0-9+]+://")
    options: dict[str, Any] = Field(default_factory=dict)
    settle_s: float = Field(0.0, ge=0)

    @field_validator("options")
    @classmethod
    def _no_secret(cls, options: dict[str, Any]) -> dict[str, Any]:
        if found := sorted(name for name in options if _SECRET_OPTION.search(name)):
            raise ValueError(
                f"{', '.join(found)} would lie here in plain text: put it in the credentials file "
                "of your cloud's own tools and name its `profile`, or in environment variables"
            )
        return options


Collector = Annotated[
    GalleryDl | Instaloader | Wikipedia | Folder | Bucket, Field(discriminator="kind")
]


class CollectConfig(BaseModel):
    """Every collector, by the name that the user gave it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    collectors: dict[str, Collector] = Field(default_factory=dict)

    @field_validator("collectors")
    @classmethod
    def _names(cls, collectors: dict[str, Any]) -> dict[str, Any]:
        for name in collectors:
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name) or name == RESERVED:
                raise ValueError(
                    f"'{name}' is no name for a collector: small letters, digits and _, "
                    f"not '{RESERVED}'"
                )
        return collectors


def read_config(path: Path) -> CollectConfig:
    """The configuration; without a file there are no collectors.

    Raises:
        UserError: the file says something that is not understood; the message names the place.
    """
    if not path.exists():
        return CollectConfig()
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        raise UserError(f"{path} cannot be read as YAML: {error}") from error
    try:
        return CollectConfig.model_validate(document if document is not None else {})
    except ValidationError as error:
        problems = "; ".join(f"{_place(e['loc'])}: {_told(e)}" for e in error.errors())
        raise UserError(
            f"{path} is not understood ({problems}). docs/collect.md shows the form."
        ) from error


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "top"


def _told(problem: ErrorDetails) -> str:
    """What is wrong, in words of this file and not of the library that reads it."""
    about = problem.get("ctx", {})
    match problem["type"]:
        case "extra_forbidden":
            return "there is no such key"
        case "missing":
            return "it is missing"
        case "union_tag_not_found":
            return "`kind` is missing"
        case "union_tag_invalid":
            return f"there is no kind '{about['tag']}'; there are {about['expected_tags']}"
        case "value_error":
            return str(about["error"])
        case _:
            return problem["msg"]
