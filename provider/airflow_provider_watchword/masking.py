"""Tell Airflow's masker every secret, so that what a task prints shows none of them.

Airflow masks values whose key looks secret. It misses nested values, derived forms such as the base64 of
a password, and tokens. The core reports each of them by value.
"""

from __future__ import annotations

from threading import Lock

from airflow.sdk.execution_time import task_runner
from airflow.sdk.log import mask_secret

from watchword import forks, redact

_lock = Lock()
_subscribed = False
_told_masker = False


def start_masking() -> None:
    """Tell Airflow's masker every known secret, and from now on every new one.

    Repeated calls cost nothing. A forked child tells the known secrets once more, because its masker is
    another one, and so is the supervisor that writes its log.
    """
    global _subscribed, _told_masker  # noqa: PLW0603 - one masker for the process
    if _told_masker:
        return
    with _lock:
        if not _subscribed:
            redact.subscribe(_mask)
        elif not _told_masker:
            for form in sorted(redact.known(), key=len):  # the order in which `redact.subscribe` reports
                _mask(form)
        _subscribed = _told_masker = True


def _mask(form: str) -> None:
    """Tell the masker of this process and, in a task, that of the supervisor."""
    comms = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if type(comms).__name__ != "InProcessSupervisorComms":
        mask_secret(form)
        return
    # `airflow dags test` runs its supervisor in this process, with the same masker. It logs each message
    # at DEBUG, with the secret in it, so it must not get the message.
    from airflow.sdk.execution_time.supervisor import set_supervisor_comms  # noqa: PLC0415 - for this case only

    with set_supervisor_comms(None):
        mask_secret(form)


@forks.in_child
def _begin_child() -> None:
    global _lock, _told_masker  # noqa: PLW0603 - a thread that the child doesn't have may hold the parent's lock
    _lock = Lock()
    _told_masker = False
