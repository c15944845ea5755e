"""Models that turn texts and images into vectors or labels, loaded from this machine only.

Belongs here: where an encoder lies, which one it is, loading it and running it. Does not: what
is encoded, what was encoded before, and where vectors are kept (see `embedding`,
`storage.vectors`). Only `fetch` ever connects to anything.
"""
