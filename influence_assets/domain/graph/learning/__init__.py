"""Learning a profile's label from the network: GraphSAGE, node2vec, and trees on centralities.

`sampling` draws neighbours and holds profiles out, `features` says what a node is told by,
`walks` and `sage` learn, `contest` scores all of them on the same cold profiles.
Torch is imported where it runs, through `torch_door`.
"""
