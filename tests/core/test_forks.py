"""What a forked child resets."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import os
from watchword import forks
from watchword.stores.memory import MemoryStore

@forks.in_child
def failing():
    raise RuntimeError("this one fails")

store = MemoryStore()
store._lock.acquire()
child = os.fork()
if child == 0:
    store.load("key")
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_reset_that_fails_does_not_keep_the_others_from_running():
    """A child gets its own locks although another module's reset fails; Python prints the failure."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.strip() == "7"
    assert "this one fails" in done.stderr
