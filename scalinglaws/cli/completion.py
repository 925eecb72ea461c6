"""Completion for bash, zsh and fish: one script, made once, which starts no Python while a command is typed.

Python with every verb takes 0.7 s of processor time to start, which is what completion by Click or argcomplete costs at
each TAB; shtab writes scripts too, but of parsers of argparse. So the lists are written into a script of sh, which all
three shells run.
"""

import sys
from importlib.resources import files
from typing import Annotated, Any

import typer

from ..errors import unknown_name
from .app import SHOW, app, parser

CORE = "completion.sh"  # the part that all shells run
SHELLS = ("bash", "zsh", "fish")
BY_METAVAR = {
    "LAW": "law",
    "COLUMN": "column",
    "NAME=COLUMN": "quantity=column",
    "N=COLUMN": "quantity=column",
    "N=QUANTITY": "quantity",
    "QUANTITY": "quantity",
    "NAME=UNIT": "quantity=",
    "KEY=VALUE": "setting=",
    "STUDY": "study",
    "EXPR": "column",
}
OF_FILES = ("FILE", "POINTS", "DIR", "LEDGER", "TEXT", "TABLES", "PAGE")  # how the metavar of a name of a file begins
FILE_OPTIONS = ("--to", "--rejected", "--mapping", "--save-mapping", "--record", "--write")


@app.command(rich_help_panel=SHOW)
def completion(shell: Annotated[str, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]):
    """Print a script that completes commands, options, laws, presets and the columns of a table.

    Example:  scalinglaws completion bash > ~/.local/share/bash-completion/completions/scalinglaws
    """
    if shell not in SHELLS:
        raise unknown_name("shell", shell, SHELLS)
    sys.stdout.write(script(shell))


def script(shell: str) -> str:
    """Write the script of one shell."""
    core = _core()
    quoted = core.replace("\\", "\\\\").replace("'", "\\'") if shell == "fish" else core
    return _read(f"completion.{shell}").replace("@CORE@", quoted)


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text("utf-8")


def _core() -> str:
    """Fill the lists into the script of sh."""
    from dataclasses import fields

    from ..designing.read_study import presets
    from ..designing.study_file import Study
    from ..laws import LAWS
    from ..quantities import QUANTITIES

    verbs = parser().commands
    flags = {name for verb in verbs.values() for one in verb.params if _flag(one) for name in _names(one)}
    filled = {
        "FLAGS": sorted(flags | {"--help", "-h", "--version"}),
        "VERBS": sorted(verbs),
        "LAWS": sorted(LAWS),
        "PRESETS": sorted(presets()),
        "QUANTITIES": sorted(QUANTITIES),
        "SETTINGS": sorted(one.name for one in fields(Study)),
    }
    text = _read(CORE).rstrip()
    for name, words in filled.items():
        text = text.replace(f"@{name}@", " ".join(words))
    return text.replace("@KINDS@", _kinds(verbs))


def _kinds(verbs: dict[str, Any]) -> str:
    """Write what each option and each place takes, and the options of each verb."""
    words = _words()
    by_kind: dict[str, list[str]] = {}
    listed, places = [], []
    for name, verb in sorted(verbs.items()):
        options = [one for one in verb.params if one.param_type_name == "option"]
        listed.append(f'    {name}) echo "{" ".join(sorted(n for one in options for n in _names(one, long=True)))}" ;;')
        for one in options:
            kind = _kind(one, words)
            for spelt in _names(one) if kind else ():
                by_kind.setdefault(kind, []).append(f'"{name} {spelt}"')
        for i, one in enumerate(each for each in verb.params if each.param_type_name == "argument"):
            places.append(f'    "{name} {"*" if one.nargs == -1 else i}") echo "{_of_argument(name, one, words)}" ;;')
    kinds = [f'    {" | ".join(sorted(those))}) echo "{kind}" ;;' for kind, those in sorted(by_kind.items())]
    several = [line for line in places if " *" in line]
    places = [line for line in places if line not in several] + [line.replace(' *"', ' "*') for line in several]
    return "\n".join(
        [
            "options() {\n  case $verb in", *listed, "  esac\n}\n",
            'of_option() {\n  case "$verb $1" in', *kinds, "  esac\n}\n",
            'of_place() {\n  case "$verb $1" in', *places, "  esac\n}",
        ]
    )  # fmt: skip


def _kind(one: Any, words: dict[str, str]) -> str:
    metavar = one.metavar or ""
    if _flag(one):
        return ""
    if one.opts[0] in words:
        return f"words:{words[one.opts[0]]}"
    if one.opts[0] in FILE_OPTIONS or metavar.startswith(OF_FILES):
        return "file"
    if one.opts[0] == "--laws":
        return "laws"
    return "columns" if one.opts[0] == "--knobs" else BY_METAVAR.get(metavar, "")


def _of_argument(verb: str, one: Any, words: dict[str, str]) -> str:
    metavar = (one.metavar or "").strip("[]")
    if metavar == "LAW":
        return "law" if verb == "laws" else "law-or-file" if "[" in one.metavar else "laws"
    if metavar in words:
        return f"words:{words[metavar]}"
    return "study" if metavar.startswith("STUDY") else "file"


def _words() -> dict[str, str]:
    """Give the words that an option or an argument takes, as the modules that check them list them."""
    from ..comparing.ensemble import WEIGHTS
    from ..fitting.losses import LOSSES
    from ..frontiers.slice_profiles import FORMS
    from ..launching.executors import ENGINES as PLACES
    from ..planning.hardware import PEAK
    from ..planning.kaplan import POLICIES
    from ..planning.trainer_config import TRAINERS
    from ..points.row_kinds import KINDS as ROWS
    from ..points.which_rows import KEEP
    from ..predicting.predict import KINDS
    from ..run.run import ENGINES
    from ..uncertainty.draws import METHODS as INTERVALS
    from .frontier import METHODS

    found = {
        "SHELL": SHELLS,
        "METHOD": METHODS,
        "--loss": LOSSES,
        "--interval": INTERVALS,
        "--engine": ENGINES,
        "--device": ("cpu", "cuda"),
        "--on": PLACES,
        "--track": ("wandb", "mlflow", "tensorboard"),
        "--export": TRAINERS,
        "--hardware": PEAK,
        "--checkpoints": KEEP,
        "--keep-rows": ROWS,
        "--kind": KINDS,
        "--mix": WEIGHTS,
        "--batch-policy": POLICIES,
        "--form": FORMS,
    }
    return {name: " ".join(words) for name, words in found.items()}


def _flag(one: Any) -> bool:
    return bool(getattr(one, "is_flag", False))


def _names(one: Any, long: bool = False) -> list[str]:
    return [name for name in (*one.opts, *one.secondary_opts) if name.startswith("--" if long else "-")]
