"""Where things are and what was chosen, read from the environment at run time only.

Belongs here: every environment variable that the project reads. Nothing else
reads `os.environ`, and nothing here is read at import.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Literal, get_args

from influence_assets.errors import UserError

CommunityQuality = Literal["modularity", "cpm", "surprise", "significance", "multiplex"]
QUALITIES: tuple[CommunityQuality, ...] = get_args(CommunityQuality)

TIE_KINDS = ("follow", "mention", "reply", "repost", "collab")
"""What a tie is made of: a column of graph.edges_weekly each."""

LIKENESS_KINDS = ("hashtag", "similarity")
"""What may count beside ties: a column of graph.proximity_weekly each."""

DEFAULT_ENCODER = "all-MiniLM-L6-v2"
DEFAULT_IMAGE_ENCODER = "ViT-B-32"
HOME_FILE = "settings.env"
"""In the home: settings that hold for it unless the environment says otherwise."""

DEFAULT_IMAGE_TAGS = Path(__file__).parent / "encoders" / "image_tags.yaml"


@dataclass(frozen=True)
class Settings:
    """The home folder and what lies in it, with the few choices a user has.

    Attributes:
        home: INFLUENCE_HOME, default `.influence` in the working folder.
        warehouse: INFLUENCE_WAREHOUSE, default `warehouse.duckdb` in the home.
        start_date: INFLUENCE_START_DATE, first daily partition, default 2004-01-01.
        text_encoder: INFLUENCE_TEXT_ENCODER, of texts: a name, or a folder saved by
            sentence-transformers.
        image_encoder: INFLUENCE_IMAGE_ENCODER, of pictures and words about them: a name, or a
            folder saved by open_clip; `none` leaves pictures without vectors.
        is_image_encoder_chosen: whether the user named it. The default is left out where it is
            not on this machine; one that was named has to be there.
        sentiment: INFLUENCE_SENTIMENT, `vader`, or a text classifier: a name or a folder.
        emotion: INFLUENCE_EMOTION, a text classifier, or `none` (default).
        topics: INFLUENCE_TOPICS, `embedding`: the fixed topics by likeness to their
            descriptions, or a text classifier.
        image_tags: INFLUENCE_IMAGE_TAGS, a YAML file with the words to look for in pictures.
        device: INFLUENCE_DEVICE, what encoders run on: `auto` (default), `cpu`, `cuda`,
            `cuda:1` or `mps`.
        lock_wait_s: INFLUENCE_LOCK_WAIT_S, how long to wait for another process
            that holds the warehouse, default 60.
        maturity: INFLUENCE_MATURITY_HOURS, how long after publication a count is taken
            as final, default 48.
        retrain_after: INFLUENCE_RETRAIN_AFTER, matured posts that start a training,
            default 500.
        community_quality: INFLUENCE_COMMUNITY_QUALITY, what communities maximise:
            `modularity` (default), `cpm` (the constant Potts model), `surprise`,
            `significance`, or `multiplex`: the modularity of each kind of tie by itself.
        community_resolution: INFLUENCE_COMMUNITY_RESOLUTION, default 1; larger finds
            more, smaller communities. For `cpm` a density, such as 0.05; surprise and
            significance have none.
        tie_weights: INFLUENCE_TIE_WEIGHTS, what each kind of tie counts in the weight of a
            tie, such as `follow=0.5,reply=2`; a kind that is not named counts 1, and 0
            leaves it out. Also what likeness counts beside ties for communities and the map:
            `hashtag` and `similarity`, by default 0.
        settle_s: INFLUENCE_SETTLE_S, how long a landed file has to stay as it is until
            it is taken to be whole, default 10.
    """

    home: Path
    warehouse: Path
    start_date: date
    text_encoder: str
    image_encoder: str
    is_image_encoder_chosen: bool
    sentiment: str
    emotion: str
    topics: str
    image_tags: Path
    device: str
    lock_wait_s: float
    maturity: timedelta
    retrain_after: int
    settle_s: float
    community_quality: CommunityQuality
    community_resolution: float
    tie_weights: Mapping[str, float]

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the settings: from the environment, then from the home's settings.env.

        Raises:
            UserError: a value cannot be read.
        """
        env = os.environ if env is None else env
        home = Path(env.get("INFLUENCE_HOME", ".influence")).expanduser().absolute()
        env = {**_home_choices(home / HOME_FILE), **env}
        return cls(
            home=home,
            warehouse=Path(env.get("INFLUENCE_WAREHOUSE", home / "warehouse.duckdb")).absolute(),
            start_date=_start_date(env.get("INFLUENCE_START_DATE", "2004-01-01")),
            text_encoder=env.get("INFLUENCE_TEXT_ENCODER", DEFAULT_ENCODER),
            image_encoder=env.get("INFLUENCE_IMAGE_ENCODER", DEFAULT_IMAGE_ENCODER),
            is_image_encoder_chosen="INFLUENCE_IMAGE_ENCODER" in env,
            sentiment=env.get("INFLUENCE_SENTIMENT", "vader"),
            emotion=env.get("INFLUENCE_EMOTION", "none"),
            topics=env.get("INFLUENCE_TOPICS", "embedding"),
            image_tags=Path(env.get("INFLUENCE_IMAGE_TAGS", DEFAULT_IMAGE_TAGS)).absolute(),
            device=env.get("INFLUENCE_DEVICE", "auto"),
            lock_wait_s=_number(env, "INFLUENCE_LOCK_WAIT_S", 60),
            maturity=timedelta(hours=_number(env, "INFLUENCE_MATURITY_HOURS", 48)),
            retrain_after=int(_number(env, "INFLUENCE_RETRAIN_AFTER", 500)),
            settle_s=_number(env, "INFLUENCE_SETTLE_S", 10),
            community_quality=_quality(env),
            community_resolution=_number(env, "INFLUENCE_COMMUNITY_RESOLUTION", 1),
            tie_weights=_tie_weights(env.get("INFLUENCE_TIE_WEIGHTS", "")),
        )

    def variables(self) -> dict[str, str]:
        """The variables that give these settings again."""
        resolution = str(self.community_resolution)
        image_encoder = {"INFLUENCE_IMAGE_ENCODER": self.image_encoder}
        has_none = self.community_quality in ("surprise", "significance")
        return {
            "INFLUENCE_HOME": str(self.home),
            "INFLUENCE_WAREHOUSE": str(self.warehouse),
            "INFLUENCE_START_DATE": self.start_date.isoformat(),
            "INFLUENCE_TEXT_ENCODER": self.text_encoder,
            **(image_encoder if self.is_image_encoder_chosen else {}),
            "INFLUENCE_SENTIMENT": self.sentiment,
            "INFLUENCE_EMOTION": self.emotion,
            "INFLUENCE_TOPICS": self.topics,
            "INFLUENCE_IMAGE_TAGS": str(self.image_tags),
            "INFLUENCE_DEVICE": self.device,
            "INFLUENCE_LOCK_WAIT_S": str(self.lock_wait_s),
            "INFLUENCE_MATURITY_HOURS": str(self.maturity.total_seconds() / 3600),
            "INFLUENCE_RETRAIN_AFTER": str(self.retrain_after),
            "INFLUENCE_SETTLE_S": str(self.settle_s),
            "INFLUENCE_COMMUNITY_QUALITY": self.community_quality,
            **({} if has_none else {"INFLUENCE_COMMUNITY_RESOLUTION": resolution}),
            "INFLUENCE_TIE_WEIGHTS": ",".join(f"{k}={w}" for k, w in self.tie_weights.items()),
        }

    @property
    def edge_weights(self) -> dict[str, float]:
        """What each kind counts in graph.edges_weekly."""
        return {kind: self.tie_weights[kind] for kind in TIE_KINDS}

    @property
    def likeness_weights(self) -> dict[str, float]:
        """What each measure of graph.proximity_weekly counts."""
        return {kind: self.tie_weights[kind] for kind in LIKENESS_KINDS}

    @property
    def counts_likeness(self) -> bool:
        """Whether communities and the map are found on likeness too."""
        return any(self.likeness_weights.values())

    @property
    def landing(self) -> Path:
        """Folder in which exports are dropped."""
        return self.home / "landing"

    @property
    def collect(self) -> Path:
        """Folder of the collectors: their ledger and what is under way."""
        return self.home / "collect"

    @property
    def collect_config(self) -> Path:
        """What to collect; there are no collectors without it."""
        return self.home / "collect.yaml"

    @property
    def media(self) -> Path:
        """Folder of stored images and videos."""
        return self.home / "media"

    @property
    def artifacts(self) -> Path:
        """Folder of model files and of vectors."""
        return self.home / "artifacts"

    @property
    def encoders(self) -> Path:
        """Folder of the encoders that were fetched, and of their golden vectors."""
        return self.home / "encoders"

    @property
    def dagster(self) -> Path:
        """Folder of Dagster's history."""
        return self.home / "dagster"

    @property
    def report(self) -> Path:
        """The report page."""
        return self.home / "report.html"


CHILD_VARIABLES = (
    "PATH",
    "HOME",
    "USERPROFILE",
    "SYSTEMROOT",
    "TMPDIR",
    "LANG",
    "LC_ALL",
    "TZ",
    "XDG_CONFIG_HOME",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
"""What collecting programs see of our environment: the way out, and no credentials."""


def child_environment(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the programs that collectors start."""
    env = os.environ if env is None else env
    return {name: env[name] for name in CHILD_VARIABLES if name in env}


def _home_choices(path: Path) -> dict[str, str]:
    """What settings.env in the home says: lines such as INFLUENCE_DEVICE=cpu; # begins a remark."""
    if not path.is_file():
        return {}
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    for name, sign, _ in pairs:
        if not sign or not name.startswith("INFLUENCE_") or name == "INFLUENCE_HOME":
            raise UserError(
                f"{path} has the line '{name}{sign}…', which is no setting. Write lines such as "
                "INFLUENCE_DEVICE=cpu; the home itself is chosen outside of it."
            )
    return {name: value for name, _, value in pairs}


def _start_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"INFLUENCE_START_DATE is '{text}', which is no date. Write it as 2004-01-01."
        ) from None


def _quality(env: Mapping[str, str]) -> CommunityQuality:
    text = env.get("INFLUENCE_COMMUNITY_QUALITY", "modularity")
    found = next((quality for quality in QUALITIES if quality == text), None)
    if found is None:
        raise UserError(
            f"INFLUENCE_COMMUNITY_QUALITY is '{text}'. Write {', '.join(QUALITIES[:-1])} or "
            f"{QUALITIES[-1]}; cpm needs a density as INFLUENCE_COMMUNITY_RESOLUTION."
        )
    if found in ("surprise", "significance") and env.get("INFLUENCE_COMMUNITY_RESOLUTION"):
        raise UserError(
            f"INFLUENCE_COMMUNITY_QUALITY is {found}, which has no resolution. Unset "
            "INFLUENCE_COMMUNITY_RESOLUTION, or choose modularity, cpm or multiplex."
        )
    weights = _tie_weights(env.get("INFLUENCE_TIE_WEIGHTS", ""))
    if found == "multiplex" and any(weights[kind] for kind in LIKENESS_KINDS):
        raise UserError(
            "INFLUENCE_COMMUNITY_QUALITY is multiplex, whose layers are kinds of ties. Take "
            f"{' and '.join(LIKENESS_KINDS)} out of INFLUENCE_TIE_WEIGHTS, or choose another "
            "quality."
        )
    return found


def _tie_weights(text: str) -> dict[str, float]:
    weights = dict.fromkeys(TIE_KINDS, 1.0) | dict.fromkeys(LIKENESS_KINDS, 0.0)
    for part in filter(None, text.replace(" ", "").split(",")):
        kind, _, number = part.partition("=")
        if kind not in weights:
            raise UserError(
                f"INFLUENCE_TIE_WEIGHTS has '{part}'. Write kinds with what they count, such as "
                f"follow=0.5,reply=2; the kinds are {', '.join(weights)}."
            )
        weights[kind] = _number({"INFLUENCE_TIE_WEIGHTS": number}, "INFLUENCE_TIE_WEIGHTS", 1)
    return weights


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name, str(default))
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UserError(f"{name} is '{text}', which is no number of 0 or more.")
    return number


def project_file(name: str) -> Path:
    """A file or folder that ships beside the package: `sql`, `dagster.yaml`, `workspace.yaml`.

    In a checkout they lie at the top level; in an installed wheel, inside the package.

    Raises:
        FileNotFoundError: neither place has it.
    """
    package = Path(__file__).parent
    for folder in (package.parent, package / "_project"):
        if (folder / name).exists():
            return folder / name
    raise FileNotFoundError(f"{name} ships with influence_assets but is not installed")
