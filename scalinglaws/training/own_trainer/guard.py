"""Let no trainer outlive the process that started it, however that process ends."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# It waits for a line; where its input ends without one, the process that held the other end is dead. The processes of
# the trainer are then asked to end, and killed where they do not.
SCRIPT = """
read -r _ && exit
kill -s TERM -- -$0
for _ in $(seq $1); do kill -s 0 -- -$0 || exit; sleep 1; done
kill -s KILL -- -$0
"""


@contextmanager
def guarded(group: int, grace_seconds: int, lock: int | None) -> Iterator[None]:
    """Keep a shell beside a group of processes that ends it where this process dies in the block.

    Args:
        group: its id. grace_seconds: from the request to end to the kill.
        lock: descriptor of a lock that this process holds: the shell holds it too until the group has ended, so that
            nobody else starts in between.
    """
    shell = subprocess.Popen(
        ["sh", "-c", SCRIPT, str(group), str(grace_seconds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        pass_fds=() if lock is None else (lock,),
        start_new_session=True,
    )
    try:
        yield
    finally:
        with suppress(BrokenPipeError):
            shell.communicate(b"\n")
