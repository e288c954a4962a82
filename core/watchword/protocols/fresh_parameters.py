"""Parameters that are new in each request, such as a correlation id: `{{uuid}}` and `{{now}}`."""

from __future__ import annotations

import time
from dataclasses import dataclass

from requests import PreparedRequest

from watchword.flow import random_nonce
from watchword.http.placement import Placement, Slot, put
from watchword.protocols import templates
from watchword.protocols.templates import FreshValues


@dataclass(frozen=True)
class FreshPlacement(Placement):
    """A placement whose value has templates that are filled in anew whenever it is written into a request."""

    def put(self, request: PreparedRequest) -> None:
        """Write the filled value into the request; raises RequestError if its URL or body can't take it."""
        put(request, self.slot, templates.fill_fresh(self.value, FreshValues(time.time(), random_nonce)))


def placement(slot: Slot, value: str) -> Placement:
    """Return the placement of a public parameter; one without such a template costs nothing more."""
    return FreshPlacement(slot, value) if templates.has_fresh(value) else Placement(slot, value)
