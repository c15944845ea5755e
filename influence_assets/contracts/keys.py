"""Columns that many tables have in their key."""

from __future__ import annotations

import dataframely as dy


def platform_column() -> dy.String:
    """The platform that a row speaks of."""
    return dy.String(min_length=1, description="Platform name in lower case.")


def profile_column() -> dy.String:
    """The profile that a row speaks of."""
    return dy.String(min_length=1, description="Id or handle of the profile on the platform.")


def week_column() -> dy.Date:
    """The partition of a weekly table."""
    return dy.Date(description="Monday of the week: the partition.")
