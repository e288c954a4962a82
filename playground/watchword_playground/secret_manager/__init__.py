"""A local Google Secret Manager for Google's own gRPC client, for tests and for a laptop.

It uses the message types of Google's client and imports nothing of watchword. It doesn't ask for credentials,
keeps secrets in memory only, and listens on the loopback interface.

    with SecretManagerServer() as server:
        server.put("acme", "airflow-connections-shop", "{}")
        channel = grpc.insecure_channel(server.address)
"""

try:
    from watchword_playground.secret_manager.call_log import Call
    from watchword_playground.secret_manager.faults import Fault, FaultKind, Quotas
    from watchword_playground.secret_manager.memory import Version
    from watchword_playground.secret_manager.server import SecretManagerServer, serve
except ModuleNotFoundError as missing:
    library = (missing.name or "").partition(".")[0]
    if library == "watchword_playground":
        raise
    raise ImportError(
        "watchword_playground.secret_manager needs google-cloud-secret-manager and google-crc32c: "
        'pip install "watchword[gcp]"',
        name=library,
    ) from missing

__all__ = ["Call", "Fault", "FaultKind", "Quotas", "SecretManagerServer", "Version", "serve"]
