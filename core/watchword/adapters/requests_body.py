"""Bodies of `requests` whose errors hold no secret: that of a broken body quotes what the server sent."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

from requests import Response
from urllib3 import HTTPResponse

from watchword import redact


class _MaskedBody(HTTPResponse):
    """A response of urllib3 that masks secrets in the errors of all ways to read its body."""

    def read(self, *args: Any, **options: Any) -> bytes:  # noqa: ANN401 - the base's parameters
        with _masked():
            return super().read(*args, **options)

    def read1(self, *args: Any, **options: Any) -> bytes:  # noqa: ANN401 - the base's parameters
        with _masked():
            return super().read1(*args, **options)

    def read_chunked(self, *args: Any, **options: Any) -> Generator[bytes]:  # noqa: ANN401 - the base's parameters
        with _masked():
            yield from super().read_chunked(*args, **options)

    def stream(self, *args: Any, **options: Any) -> Generator[bytes]:  # noqa: ANN401 - the base's parameters
        with _masked():
            yield from super().stream(*args, **options)


@contextmanager
def _masked() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        redact.exception(error)
        raise


def mask_errors(response: Response) -> None:
    """Mask secrets in the errors of reading the response's body; urllib3 has no parameter for its class."""
    if type(response.raw) is HTTPResponse:
        response.raw.__class__ = _MaskedBody
