"""python -m scalinglaws: the same as the command."""

from .cli import main

main()
