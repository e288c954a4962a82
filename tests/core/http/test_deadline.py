"""The time limits of calls, and calls that the end of a process waits for."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading

import pytest
import requests

from watchword.http import at_exit
from watchword.http.deadline import read, run_with_deadline


def dripping(listener, stopped):
    """Send a byte now and then to one client."""
    client, _ = listener.accept()
    with client:
        client.recv(1 << 14)
        client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8000\r\n\r\n")
        while not stopped.wait(0.02):
            client.sendall(b"a")


@pytest.fixture
def response():
    """Give a response whose body does not end."""
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=dripping, args=(listener, stopped))
        server.start()
        with requests.get(f"http://127.0.0.1:{listener.getsockname()[1]}", stream=True, timeout=30) as found:
            yield found
            stopped.set()
            server.join()


@pytest.mark.timeout(120)
def test_a_body_that_does_not_end_in_time_is_not_used(response):
    """Half a body doesn't count as a response: half a token would be wrong, half a page a false proof."""
    with pytest.raises(requests.ReadTimeout):
        read(response, 8000, 0.1)


@pytest.mark.timeout(120)
def test_the_beginning_of_a_long_body_is_enough(response):
    """The number of bytes that is asked for ends the reading."""
    assert read(response, 3, 30) == b"aaa"


PROGRAM = """
import atexit, os, signal, sys, threading, time, traceback
from watchword.http.deadline import run_with_deadline

class TimeLimitError(Exception):
    pass

def raising(*_):
    if not raised:
        raised.append(True)
        raise TimeLimitError

def slow():
    begun.set()
    ends.wait({lasts})
    print("finished", flush=True)

begun, ends, raised = threading.Event(), threading.Event(), []
signal.signal(signal.SIGALRM, raising)

def main_thread_is_in():
    frames = traceback.extract_stack(sys._current_frames()[threading.main_thread().ident])
    return [frame.name for frame in frames]

def interrupt():
    begun.wait()
    while "start" in main_thread_is_in() or "run_with_deadline" not in main_thread_is_in():
        time.sleep(0.01)  # Python may lose an exception while it starts a thread
    while not raised:  # one that comes just before the system call that waits interrupts nothing
        os.kill(os.getpid(), signal.SIGALRM)
        time.sleep(0.05)

threading.Thread(target=interrupt, daemon=True).start()
"""

CALL = "run_with_deadline(60, slow, must_finish={most})\n"

AS_AIRFLOW = """
atexit._clear()
try:
    {call}
finally:
    atexit._run_exitfuncs()
    os._exit(0)
"""

CHILD = """
try:
    {call}
except TimeLimitError:
    pass
child = os.fork()
if child == 0:
    atexit._run_exitfuncs()
    print("child", flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("parent", flush=True)
ends.set()
"""


def output(end, lasts, most=60):
    program = PROGRAM.format(lasts=lasts) + end.format(call=CALL.format(most=most).strip())
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=100
    )
    return done.stdout.split()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("end", ["{call}", AS_AIRFLOW], ids=["interpreter", "os._exit after atexit"])
def test_the_end_of_a_process_waits_for_a_call_that_must_finish(end):
    """The wait for the call was interrupted by a signal's exception, which then ends the process."""
    assert output(end, lasts=2) == ["finished"]


@pytest.mark.timeout(120)
def test_the_end_of_a_process_waits_no_longer_than_the_call_may_take():
    """A call that hangs doesn't keep a process that ends by os._exit."""
    assert output(AS_AIRFLOW, lasts=40, most=0.5) == []


@pytest.mark.timeout(120)
def test_a_forked_child_does_not_wait_for_its_parent_s_calls():
    """Their threads don't exist in the child."""
    assert output(CHILD, lasts=40) == ["child", "parent", "finished"]


def test_a_call_for_which_no_thread_can_be_started_is_not_waited_for(monkeypatch):
    """The system's error is raised, and the end of the process doesn't wait for a call that never began."""

    def refused(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    with pytest.raises(RuntimeError):
        run_with_deadline(1, lambda: None, must_finish=60)
    assert at_exit._awaited == {}
