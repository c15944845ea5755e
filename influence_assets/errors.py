"""Errors that a user can act on.

A `UserError` says what happened, why, and what to do, in one paragraph; the
command line prints it without a traceback and exits with 2. Anything else is
our fault and exits with 1.
"""

from __future__ import annotations


class UserError(Exception):
    """The user's input, settings or environment is at fault. The message says what to do."""


class ContractError(Exception):
    """Rows about to be written break the contract of their table; nothing was written.

    Attributes:
        table: name of the table.
        failures: number of rows that break each rule, by rule.
    """

    def __init__(self, table: str, failures: dict[str, int]) -> None:
        self.table = table
        self.failures = failures
        broken = ", ".join(f"{rule} ({n} rows)" for rule, n in sorted(failures.items()))
        super().__init__(f"{table}: the new rows break {broken}; the old rows were kept.")
