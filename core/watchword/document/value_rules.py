"""What the values that come with a token may fill in the requests of a document."""

from __future__ import annotations

from collections.abc import Mapping

from watchword.document.reading import Document
from watchword.tokens.token import is_secret_source
from watchword.tokens.token_values import COOKIE, ValueRules


def value_rules(document: Document) -> ValueRules | None:
    """Return the rules; None for a document that takes no values from responses, as most."""
    common, places = document.common, document.method.value_places
    if not places:
        return None
    sources: Mapping[str, str] = getattr(document.method, "response_values", {})
    secret = frozenset(
        place
        for place, source in sources.items()
        if not place.startswith(COOKIE) and is_secret_source(source)
    )
    return ValueRules(common.base_url, common.origins, places, secret)
