"""Topics that a set of texts has, found from their vectors: pure functions on frames and arrays.

Belongs here: who is near whom, clusters of texts, the words that name them, how topics rise. Does
not: fixed topics that are looked for by name, and how a text becomes a vector.
"""
