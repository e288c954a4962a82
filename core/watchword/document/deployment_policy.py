"""What a deployment allows the documents that it stores: which references, and which networks."""

from __future__ import annotations

from dataclasses import dataclass, field

from watchword.document.reference_policy import ReferencePolicy
from watchword.http.networks import AllowedNetworks


@dataclass(frozen=True)
class DeploymentPolicy:
    """The limits of a document that more people may edit than may read this machine's secrets.

    A document in code has none: its author can do anything that the process can do.
    """

    references: ReferencePolicy
    networks: AllowedNetworks = field(default_factory=AllowedNetworks)

    @classmethod
    def from_environment(cls) -> DeploymentPolicy:
        """Return this deployment's policy; raises DocumentError if one of its variables can't be read."""
        return cls(ReferencePolicy.from_environment(), AllowedNetworks.from_environment())
