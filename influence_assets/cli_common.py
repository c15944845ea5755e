"""What the commands share: reading a day, printing JSON, showing progress."""

from __future__ import annotations

import logging
import sys
from datetime import date
from typing import Any

import orjson

from influence_assets.errors import UserError


def day_of(text: str, option: str) -> date | None:
    """The day that an option says, or None where it is not given.

    Raises:
        UserError: the text is no day.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserError(
            f"{option} is '{text}', which is no date. Write it as 2025-01-31."
        ) from None


def print_json(value: Any) -> None:
    """One line on standard output; what JSON has no type for is written as text."""
    sys.stdout.write(orjson.dumps(value, default=str).decode() + "\n")


def say_progress() -> None:
    """Show what assets log, one line each, on standard error."""
    logger = logging.getLogger("influence_assets")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("  %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
