"""The tree hash of S3 Glacier's uploads: the SHA-256 of each mebibyte, hashed in pairs up to one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import urlsplit

from requests import PreparedRequest

from watchword.http.body_chunks import body_chunks

HEADER = "X-Amz-SHA256-Tree-Hash"

_LEAF = 1 << 20


def add_tree_hash(request: PreparedRequest) -> None:
    """Add the tree hash to an upload without one; raises RequestError for a body that is read only once."""
    path = urlsplit(request.url or "").path
    is_upload = request.method == "PUT" or (request.method == "POST" and path.endswith("/archives"))
    if is_upload and request.body and HEADER not in request.headers:
        request.headers[HEADER] = tree_hash(body_chunks(request))


def tree_hash(chunks: Iterable[bytes]) -> str:
    """Return the tree hash of content that comes in chunks of any size, in hexadecimal digits."""
    level, leaf, size = [], hashlib.sha256(), 0
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            part = view[: _LEAF - size]
            leaf.update(part)
            size, view = size + len(part), view[len(part) :]
            if size == _LEAF:
                level.append(leaf.digest())
                leaf, size = hashlib.sha256(), 0
    if size or not level:
        level.append(leaf.digest())
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [hashlib.sha256(b"".join(pair)).digest() if len(pair) > 1 else pair[0] for pair in pairs]
    return level[0].hex()
