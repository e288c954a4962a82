"""What a request is made of beside the credential: calls that differ in it have contrasts of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from watchword.methods.base import LOGIN_WITH
from watchword.methods.fields import secret_names
from watchword.validation.decoys.credentials import REPLACED

if TYPE_CHECKING:
    from watchword.methods.base import Method
    from watchword.validation.subject import Subject


def request_parts(subject: Subject) -> Iterator[object]:
    """Yield the places that the connection fills, its public parameters, and what the method says."""
    credential, authenticator = subject.credential, subject.authenticator()
    yield sorted(str(slot) for slot in authenticator.slots)
    yield sorted((str(placement.slot), placement.value) for placement in authenticator.defaults)
    yield bool(credential.resolved.transport.client_certificate)
    if authenticator.context.values is not None:  # the token says where the call goes
        yield credential.name
    yield from method_parts(credential.document.method)


def method_parts(method: Method) -> Iterator[object]:
    """Yield the method and its fields, but for secrets and the fields that a decoy replaces."""
    left_out = secret_names(type(method)) | REPLACED | {LOGIN_WITH}
    yield method.method
    for name in type(method).model_fields:
        if name not in left_out:
            yield name, str(getattr(method, name))
