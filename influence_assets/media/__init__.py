"""Pictures from outside: what their bytes are, without their metadata, and what can be measured.

Nothing here trusts a file. `container` reads the bytes around a picture and never decodes it;
`pool` has it decoded by other processes (`worker`), whose memory and time are limited.
"""
