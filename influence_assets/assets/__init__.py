"""Thin shells around `sql/` and `domain`: load, compute, write, tell Dagster."""

import warnings

from dagster import BetaWarning

# Backfill policies and lenient partition mappings are beta in Dagster: chosen knowingly, pinned
# in constraints.txt, and covered by tests. A user can do nothing about the warning.
warnings.filterwarnings("ignore", category=BetaWarning)
