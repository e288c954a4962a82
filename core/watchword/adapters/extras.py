"""What is said where a client's library is not installed."""

from __future__ import annotations


def missing_extra(library: str) -> ImportError:
    """Return the error that names the extra, which is called as the library is."""
    return ImportError(f'this needs {library}: pip install "watchword[{library}]"', name=library)
