"""A process that uses the token store of its environment; says JSON, a line at a time."""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from watchword import stores
from watchword.errors import TokenError
from watchword.findings.codes import finding
from watchword.findings.report import Report
from watchword.findings.where import Where
from watchword.secrets.vault import open_vault
from watchword.stores import schema, sql_store
from watchword.tokens.token import Token
from watchword.validation import history

TOKEN = "canary-of-a-process"
REPORT = Report(finding("authenticated", ""), ())


def say(content):
    sys.stdout.write(f"{json.dumps(content)}\n")
    sys.stdout.flush()


def grow(record, _):
    token = Token(f"{TOKEN}-{record.generation + 1}", refresh_token=f"{TOKEN}-refresh")
    return replace(record, name="grown", generation=record.generation + 1, token=token)


def increment(key, times):
    store = stores.open_store()
    for _ in range(int(times)):
        store.change(key, grow)
    return True


def put(name, times):
    """Put a secret so often: words of which all are the same."""
    vault = open_vault()
    for number in range(int(times)):
        vault.put(name, b" ".join([f"{os.getpid()}-{number}".encode()] * 2000))
    return True


def note(name, times):
    """Note so many verdicts on a connection, of which each names this process and its number."""
    for number in range(int(times)):
        history.note(stores.open_store, name, REPORT, Where("cli", f"{os.getpid()} {number}"))
    return os.getpid()


def contrast(name, times):
    """Note so many lines of a contrast, of which each names this process and its number."""
    store = stores.open_store()
    for number in range(int(times)):
        line = f"{os.getpid()} {number}\n".encode()
        store.contrasts.change(name, lambda content, _, line=line: content + line)
    return os.getpid()


def forever(key):
    """Say each generation when it is kept."""
    store = stores.open_store()
    while True:
        say(store.change(key, grow).record.generation)


def until(key, stop):
    """Write until a file is there; say how many times."""
    store, done = stores.open_store(), 0
    while not Path(stop).exists():
        store.change(key, grow)
        done += 1
        time.sleep(0.005)  # without a pause SQLite would let nobody else in for seconds
    return done


def until_newer(key, version):
    """Write as a process of a former version does, until that fails; say how many times, and the code."""
    schema.VERSION = int(version)
    store, done = stores.open_store(), 0
    while True:
        try:
            store.change(key, grow)
        except TokenError as error:
            return done, error.code
        done += 1
        time.sleep(0.005)  # as above


def lease(key, times, mark):
    """Take the lease so often, alone with a file meanwhile; say how often another had it too."""
    store, owner, overlaps, taken = stores.open_store(), str(os.getpid()), 0, 0
    while taken < int(times):
        granted = store.change(
            key, lambda record, now: record.leased(owner, now.after(60)) if record.free(now) else record
        )
        if not granted.record.held_by(owner, granted.now):
            time.sleep(0.001)
            continue
        taken += 1
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            overlaps += 1
        Path(mark).unlink(missing_ok=True)
        store.change(key, lambda record, _: record.released())
    return overlaps


def opened(text):
    return stores.open_store().fingerprint(text)


def take(state):
    return stores.open_store().take_draft(state) is not None


def claim(imported):
    return stores.open_store().claim(imported, str(os.getpid()))


def code(key):
    """Say the code of what fails."""
    try:
        stores.open_store().load(key)
    except TokenError as error:
        return error.code
    return None


def fork(key, children, times):
    """Fork while threads write; each child writes too. Say whether all went well."""
    store = stores.open_store()
    store.change(key, lambda record, _: record)
    return forked(lambda name: store.change(name, grow), increment, children, (key, times))


def fork_vault(name, children, times):
    """Do the same with secrets of the vault, which other threads read, too."""
    vault = open_vault()
    vault.put("made", b"")

    def use(busy):
        vault.put(busy.replace(" ", "-"), TOKEN.encode())
        vault.get(name)
        time.sleep(0.005)  # as above

    return forked(use, put, children, (name, times))


def fork_notes(name, children, times):
    """Do the same with verdicts."""
    note(name, 1)

    def use(busy):
        note(busy, 1)
        time.sleep(0.005)  # as above

    return forked(use, note, children, (name, times))


def forked(use, command, children, arguments):
    stop, failed = threading.Event(), []

    def busy(name):
        try:
            while not stop.is_set():
                use(name)
        except TokenError as error:
            failed.append(str(error))

    threads = [threading.Thread(target=busy, args=(f"busy {number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=command, args=arguments) for _ in range(int(children))]
    for process in processes:
        process.start()
        time.sleep(0.02)
    for process in processes:
        process.join()
    stop.set()
    for thread in threads:
        thread.join()
    return [process.exitcode for process in processes] == [0] * len(processes) and not failed


def spawn(key, children, times):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=increment, args=(key, times)) for _ in range(int(children))]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes] == [0] * len(processes)


COMMANDS = {
    function.__name__: function
    for function in (
        increment,
        put,
        forever,
        until,
        until_newer,
        note,
        contrast,
        fork_notes,
        lease,
        opened,
        take,
        claim,
        code,
        fork,
        fork_vault,
        spawn,
    )
}


def many(number, command, arguments):
    """Run a command in so many processes, all told to go at once, and return what each says."""
    context = multiprocessing.get_context("fork")
    go, pipes, processes = context.Event(), [], []

    def run(pipe):
        go.wait()
        pipe.send(COMMANDS[command](*arguments))

    for _ in range(number):
        mine, theirs = context.Pipe(duplex=False)
        processes.append(context.Process(target=run, args=(theirs,)))
        processes[-1].start()
        theirs.close()
        pipes.append(mine)
    say("ready")
    sys.stdin.readline()
    go.set()
    results = [pipe.recv() for pipe in pipes]
    for process in processes:
        process.join()
    return results


def main(number, command, *arguments):
    if number != "1":
        return many(int(number), command, arguments)
    say("ready")
    sys.stdin.readline()
    return [COMMANDS[command](*arguments)]


if __name__ == "__main__":
    assert sql_store  # imported before anything forks, so that all go at once
    say(main(*sys.argv[1:]))
