"""A refused call, before gRPC is told."""


class Refusal(Exception):  # noqa: N818 -- an answer of the service, not a failure of the emulator
    """A refusal with gRPC's status by name, as `NOT_FOUND`."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
