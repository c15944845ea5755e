"""From export files to typed rows and rejects. Pure: bytes in, frames out."""
