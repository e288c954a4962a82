"""From a connection document to a resource."""

from __future__ import annotations

from dagster_watchword.described import DescribedResource
from dagster_watchword.resources import RESOURCES
from watchword.document.reading import read


def resource_from_document(
    document: object, name: str, *, validate_on_setup: bool = False
) -> DescribedResource:
    """Return the resource of the document's method, with the document's fields.

    References stay references, resolved in the run. A secret that stands in the document itself
    becomes part of the resource's configuration, which Dagster stores: prefer references.

    Args:
        document: a mapping, or JSON text or bytes of one object.
        name: what the connection is called, in messages and for its tokens.
        validate_on_setup: whether the credential is proven before each step that uses the resource.

    Raises:
        DocumentError: with a finding for each field that is unknown, missing or of a wrong type.
    """
    known = read(document)
    common = known.common.model_dump(mode="json", exclude_unset=True, exclude={"schema_version"})
    method = known.method.model_dump(mode="json", exclude_unset=True)
    resource = RESOURCES[known.method.method]
    return resource(name=name, validate_on_setup=validate_on_setup, **common, **method)
