"""What the values that come with a token may fill in the requests of a document."""

from __future__ import annotations

from watchword.document.reading import Document
from watchword.tokens.token_values import ValueRules


def value_rules(document: Document) -> ValueRules | None:
    """Return the rules; None for a document that takes no values from responses, as most."""
    common, places = document.common, document.method.value_places
    return ValueRules(common.base_url, common.origins, places) if places else None
