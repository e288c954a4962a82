"""Libraries that are imported at their first use because importing them is slow."""

from importlib.util import find_spec


def require_library(library: str) -> None:
    """Raise ModuleNotFoundError for a missing library at import, not at its first use."""
    if find_spec(library) is None:
        raise ModuleNotFoundError(f"No module named {library!r}", name=library)
