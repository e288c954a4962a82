"""Have Airflow's own masker know every secret, so that what a task prints shows none of them either.

Airflow masks values whose key looks secret; it knows neither nested ones, nor derived forms such
as the base64 of a password, nor tokens. The core tells each of them, by value.
"""

from __future__ import annotations

from threading import Lock

from airflow.sdk.execution_time import task_runner
from airflow.sdk.log import mask_secret

from watchword import forks, redact

_lock = Lock()
_subscribed = False
_announced = False


def announce() -> None:
    """Tell Airflow's masker what is known by now and, from now on, whatever becomes known.

    Cheap when it was called before: once per process the known secrets are told, since in a
    child of fork the masker is another one, and so is the supervisor that writes the log.
    """
    global _subscribed, _announced  # noqa: PLW0603 - one masker for the process
    if _announced:
        return
    with _lock:
        if not _subscribed:
            redact.subscribe(_mask)
        elif not _announced:
            for form in sorted(redact.known()):
                _mask(form)
        _subscribed = _announced = True


def _mask(form: str) -> None:
    """Tell the masker of this process and, in a task, that of the supervisor."""
    comms = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if type(comms).__name__ != "InProcessSupervisorComms":
        mask_secret(form)
        return
    # `airflow dags test` has its supervisor in this process, with the same masker, and logs at
    # DEBUG what it is told: the secret itself.
    from airflow.sdk.execution_time.supervisor import set_supervisor_comms  # noqa: PLC0415 - only there

    with set_supervisor_comms(None):
        mask_secret(form)


@forks.in_child
def _begin_child() -> None:
    global _lock, _announced  # noqa: PLW0603 - the lock may be held by a thread that does not exist here
    _lock = Lock()
    _announced = False
