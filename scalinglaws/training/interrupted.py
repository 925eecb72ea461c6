"""How training ends before its end, which is no error."""


class Interrupted(Exception):
    """Training was asked to stop before its end: the state is saved, and the same call resumes."""


class Killed(Exception):
    """A trainer of one's own was ended from outside: the same call resumes, or begins again."""
