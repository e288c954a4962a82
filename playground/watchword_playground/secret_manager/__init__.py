"""A local Google Secret Manager that Google's own client speaks to over gRPC, for tests and for a laptop.

It is written with the message types of Google's client and imports nothing of watchword outside the
playground. It asks for no credential, keeps secrets in memory alone, and listens on the loopback interface.

    with SecretManagerServer() as server:
        server.put("acme", "airflow-connections-shop", "{}")
        channel = grpc.insecure_channel(server.address)
"""

try:
    from watchword_playground.secret_manager.faults import Fault, FaultKind, Quotas
    from watchword_playground.secret_manager.memory import Version
    from watchword_playground.secret_manager.server import SecretManagerServer, serve
    from watchword_playground.secret_manager.traffic import Call
except ModuleNotFoundError as missing:
    library = (missing.name or "").partition(".")[0]
    if library == "watchword":
        raise
    raise ImportError(
        "watchword_playground.secret_manager needs google-cloud-secret-manager and google-crc32c: "
        'pip install "watchword[gcp]"',
        name=library,
    ) from missing

__all__ = ["Call", "Fault", "FaultKind", "Quotas", "SecretManagerServer", "Version", "serve"]
