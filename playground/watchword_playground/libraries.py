"""Libraries that are too slow to import before they are needed."""

from importlib.util import find_spec


def needed(library: str) -> None:
    """Raise ModuleNotFoundError for a missing library now, and not at the first request."""
    if find_spec(library) is None:
        raise ModuleNotFoundError(f"No module named {library!r}", name=library)
