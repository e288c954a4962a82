"""The error that is raised when a client's library isn't installed."""

from __future__ import annotations


def missing_extra(library: str) -> ImportError:
    """Return the error that names the extra, which has the same name as the library."""
    return ImportError(f'this needs {library}: pip install "watchword[{library}]"', name=library)
