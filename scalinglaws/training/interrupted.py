"""How training ends before its end, which is no error of the run."""

from ..errors import FailureError


class Interrupted(Exception):
    """Training was asked to stop before its end: the state is saved, and the same call resumes."""


class CannotWrite(FailureError):
    """A trainer of one's own could not write its files: the same call goes on once the disk is well again."""


class Killed(Exception):
    """A trainer of one's own was ended from outside: the same call resumes, or begins again."""
