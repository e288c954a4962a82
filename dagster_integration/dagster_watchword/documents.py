"""From a connection document to a resource."""

from __future__ import annotations

from dagster_watchword.described import DescribedResource
from dagster_watchword.resources import RESOURCES
from watchword.document.reading import read


def resource_from_document(
    document: object, name: str, *, validate_on_setup: bool = False
) -> DescribedResource:
    """Return the resource of the document's method, with the document's fields.

    References stay references and are resolved in the run. A secret in the document becomes part of the
    resource's configuration, which Dagster stores, so prefer references.

    Args:
        document: a mapping, or JSON text or bytes of one object.
        name: the connection's name in messages, and the name its tokens are stored under.
        validate_on_setup: whether the credential is validated before each step that uses the resource.

    Raises:
        DocumentError: with a finding for each field that is unknown, missing or of a wrong type.
    """
    content = read(document)
    common = content.common.as_document()
    common.pop("schema_version", None)
    method = content.method.as_document()
    resource_class = RESOURCES[content.method.method]
    return resource_class(name=name, validate_on_setup=validate_on_setup, **common, **method)
