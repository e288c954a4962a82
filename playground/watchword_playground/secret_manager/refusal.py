"""The refusal of a call, before it becomes a gRPC status."""


class Refusal(Exception):  # noqa: N818 -- a response of the service, not an error of the emulator
    """A refusal with the name of its gRPC status, for example `NOT_FOUND`."""

    def __init__(self, status: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
