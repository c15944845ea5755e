"""A sample world with a planted truth, written as real export formats."""
