"""Tests of `influence_assets.reporting` and of `sql/report/`."""
