"""Read keys from text: repair what copying has bent where that is safe, and explain every other fault."""

from __future__ import annotations

from watchword.protocols.keys.key_file import KeyFile
from watchword.protocols.keys.reading import PrivateKey, read_key_file, read_private_key
from watchword.protocols.keys.secret import read_secret

__all__ = ["KeyFile", "PrivateKey", "read_key_file", "read_private_key", "read_secret"]
