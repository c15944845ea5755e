"""The only door to torch. It opens when something that needs torch runs."""

from __future__ import annotations

import os
from typing import Any

from influence_assets.errors import UserError


def import_torch() -> Any:
    """Import torch, and torchvision in a way that works beside a CPU build of torch.

    The registry's torchvision is built against another torch: its two operators are then
    missing and its import fails. Declaring them first is enough for what we use of it.
    """
    # Threads that wait sleep: where others want the cores too, waiting awake takes twice as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for operator in (
        "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    ):
        name = operator.split("(")[0]
        if not hasattr(torch.ops.torchvision, name):
            library.define(operator)
    _KEEP.append(library)  # the declaration lives as long as the object
    return torch


_KEEP: list[Any] = []


def device(wanted: str) -> str:
    """The device to compute on: `auto` is the first GPU if there is one, else the processor.

    Raises:
        UserError: torch sees no such device on this machine.
    """
    torch = import_torch()
    has_mps = torch.backends.mps.is_available()
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if has_mps else "cpu"
    kind, _, number = wanted.partition(":")
    there = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(has_mps)}
    if int(number or 0) >= there.get(kind, 0):
        raise UserError(
            f"INFLUENCE_DEVICE is '{wanted}', which torch does not see on this machine: it sees "
            f"{', '.join(f'{n} {kind}' for kind, n in there.items())}. Write auto, cpu, cuda, "
            "cuda:0 or mps."
        )
    return wanted


def is_half(chosen: str) -> bool:
    """Whether encoders compute in half precision on this device: on GPUs."""
    return chosen.startswith("cuda")
