"""Collectors: they fetch what is new from elsewhere and lay it in the landing folder.

Belongs here: running gallery-dl and instaloader as child processes, reading Wikipedia's lists
of the most-followed accounts, copying from watched folders and buckets; each incremental,
slow on purpose, and with a state that says how it ended. Nothing here knows Dagster or the
warehouse: what was collected is read by the ordinary ingest. No other part of the project
connects anywhere, and these only when a collector is configured and run.
"""
