"""The sample world as files, one module per export format."""
