"""One self-contained HTML report, and small pictures for asset metadata.

Belongs here: everything that turns frames into something to look at. Does not:
how the frames are made (see `sql/report/`) and where the page is written (see
`storage`). Nothing here opens a file of the user, a connection or the network.

Importing this package, or any module of it, loads neither matplotlib nor igraph
nor jinja2: they load where something is drawn.
"""
