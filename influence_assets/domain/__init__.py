"""Pure functions on frames, arrays and graphs: no dagster, no duckdb, no file access."""
