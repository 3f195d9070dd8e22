"""Functions that the tests run in child processes; found by name, as a plug-in's are."""

import ctypes
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

from taskforge.core.failures import InvalidInput, JobError, RateLimited


class OddError(JobError):
    def __init__(self, subject, verb):
        super().__init__(f"{subject} {verb}")
        self.subject = subject


def add(report, a, b):
    return a + b


def echo(report, value):
    return value


def tell(report, times):
    for n in range(1, times + 1):
        report(current=n, total=times, stage="telling")


def chatter(report):
    sys.stdout.write("to stdout\n")
    os.write(1, b"\x00\x00\x00\x05bytes to descriptor 1")
    os.write(2, b"to stderr")
    return "clean"


def look(report):
    return {
        "env": sorted(os.environ),
        "cwd": os.getcwd(),
        "listing": os.listdir(),
        "pid": os.getpid(),
        "session": os.getsid(0),
        "nice": os.nice(0),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
        "path": sys.path,
    }


def burn(report):
    report(stage="burning")
    while True:
        pass


def burn_in_c(report):
    # Holds the interpreter for minutes: no Python code runs in this process meanwhile.
    report(stage="burning", message=str(os.getpid()))
    return pow(7, 1 << 40) % 10


def sleep(report, seconds):
    report(message=str(os.getpid()))
    time.sleep(seconds)


def fall_silent(report):
    report(stage="first")
    report(stage="second")
    time.sleep(60)


def hoard(report, mebibytes):
    return len(bytearray(mebibytes << 20))


def write_much(report, mebibytes):
    with open("much", "wb") as file:
        file.writelines(bytes(1 << 20) for _ in range(mebibytes))


def crash(report):
    sys.stdout.write("about to crash\n")
    ctypes.string_at(0)


def leave(report, code):
    os._exit(code)


def close_the_channel(report):
    os.closerange(3, 64)
    time.sleep(60)


def forge(report):
    for fd in range(3, 16):
        try:
            os.write(fd, b"\x7f\xff\xff\xffgarbage")
        except OSError:
            continue


def breed(report):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
    report(message=str(child.pid))
    time.sleep(120)


def refuse(report):
    raise InvalidInput("no \0 such \ud800 thing")


def ask_for_patience(report):
    raise RateLimited("later", retry_after=12.5)


def fail_oddly(report):
    raise OddError("a plug-in's error", "arrives")


def divide(report, by):
    return 1 / by


def answer_with_a_set_of_objects(report):
    return {object()}


def answer_deeply(report):
    value = []
    for _ in range(100_000):
        value = [value]
    return value


def leave_a_file(report):
    Path("left").write_text("behind")
    return os.getcwd()
