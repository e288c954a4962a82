"""Endpoints that check only how a credential looks: any of the right form is accepted."""

import re
from collections.abc import Callable

from tests.traps.answers import NO_KEY, ROWS, USER, Answer, Asked, data
from tests.traps.trap import irrelevant

MALFORMED = data({"error": "malformed credential"}, 400)


def looks_like(pattern: str) -> Callable[[Asked], Answer]:
    """Return an endpoint that accepts each credential of a form."""
    return lambda asked: (
        USER if re.fullmatch(pattern, asked.value) else (MALFORMED if asked.value else NO_KEY)
    )


def mixed_classes(asked: Asked) -> Answer:
    """Accept what has a digit, a capital and a small letter."""
    has_all = all(re.search(kind, asked.value) for kind in ("[0-9]", "[A-Z]", "[a-z]"))
    return ROWS if has_all else MALFORMED


TRAPS = [
    irrelevant("any_32_hex", looks_like("[0-9a-f]{32}"), secret="9f86d081884c7d659a2feaa0c55ad015"),
    irrelevant(
        "any_uuid",
        looks_like("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        secret="6fa459ea-ee8a-4ca4-894e-db77e160355e",
    ),
    irrelevant(
        "any_uuid_v4",
        looks_like("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
        secret="16fd2706-8baf-433b-82eb-8c7fada847da",
    ),
    irrelevant(
        "any_upper_hex", looks_like("[0-9A-F]{40}"), secret="A94A8FE5CCB19BA61C4C0873D391E987982FBBD3"
    ),
    irrelevant("any_number", looks_like(r"\d{10}"), secret="4815162342"),
    irrelevant("any_24_letters_and_digits", looks_like("[0-9A-Za-z]{24}")),
    irrelevant(
        "any_base64",
        looks_like("[0-9A-Za-z+/]{42,43}=*"),
        secret="c2VjcmV0LXZhbHVlLW9mLXRoZS10ZXN0cy0wMTIzNDU=",
    ),
    irrelevant(
        "any_prefixed_live_key",
        looks_like("sk_live_[0-9A-Za-z]{24}"),
        form="bearer",
        secret="sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    ),
    irrelevant(
        "any_github_like",
        looks_like("ghp_[0-9A-Za-z]{36}"),
        form="bearer",
        secret="ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    ),
    irrelevant(
        "any_slack_like",
        looks_like("xoxb-[0-9]+-[0-9]+-[0-9A-Za-z]+"),
        form="bearer",
        secret="xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy",
    ),
    irrelevant("any_three_parts", looks_like(r"[\w-]+\.[\w-]+\.[\w-]+"), form="jwt"),
    irrelevant(
        "any_dashed_groups",
        looks_like("([A-Z0-9]{5}-){4}[A-Z0-9]{5}"),
        secret="Q7F2K-9XW4M-T1R8Z-C3V6B-N5J0H",
    ),
    irrelevant("mixed_classes", mixed_classes),
    irrelevant("any_bearer_over_20", looks_like(".{20,}"), form="bearer"),
    irrelevant("any_basic_decodable", looks_like("Basic [A-Za-z0-9+/=]+"), form="basic"),
    irrelevant(
        "any_aws_key_id_form", looks_like("AWS4-HMAC-SHA256 Credential=AKIA[A-Z0-9]{16}/.*"), form="aws"
    ),
]
