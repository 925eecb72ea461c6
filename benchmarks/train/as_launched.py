"""Starts Python again with the settings of the processes of a launch; to be imported before anything else is loaded."""

import os
import sys

from scalinglaws.launching.processes import SETTINGS

WANTED = dict(one.split("=") for one in SETTINGS)
if any(os.environ.get(name) != value for name, value in WANTED.items()):
    os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **WANTED})
