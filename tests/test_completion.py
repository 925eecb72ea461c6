"""Completion in real shells: of commands, options, laws, presets, settings and the columns of a table."""

import shutil
import subprocess

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from scalinglaws.cli.app import app
from scalinglaws.cli.completion import SHELLS, script
from scalinglaws.laws import LAWS

VERBS = get_command(app).commands
BASH = """source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_scalinglaws
printf '%s\\n' "${COMPREPLY[@]}" """
ZSH = """autoload -U compinit; compinit -D; source "$1"; shift; shift; _scalinglaws_candidates "$@" """
FISH = """source $argv[1]; complete -C "$argv[2..]" """
STARTS = {"bash": ["--norc", "-c", BASH, "bash"], "zsh": ["-fc", ZSH, "zsh"], "fish": ["-N", "-c", FISH]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("completion")
    (place / "runs.csv").write_text('run_id,"tokens",val loss,loss_nats\na,1,2,3\n')
    (place / "hostile.csv").write_text("a,$(touch made),`touch made`;touch made,b\n1,2,3,4\n")
    for shell in SHELLS:
        (place / f"script.{shell}").write_text(script(shell))
    return place


def offered(shell: str, folder, *words: str) -> list[str]:
    """What the shell offers for the last word."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell}")
    given = words
    if shell == "bash":  # as readline hands them over: = is a word
        given = [part for word in words for part in (word.replace("=", "\0=\0").split("\0") if "=" in word else [word])]
        given = [part for i, part in enumerate(given) if part or i == len(given) - 1]
    started = [shutil.which(shell), *STARTS[shell], str(folder / f"script.{shell}"), *given]
    done = subprocess.run(started, cwd=folder, capture_output=True, text=True, timeout=60, env={"HOME": str(folder)})
    assert not done.stderr, done.stderr
    found = [line.partition("\t")[0] for line in done.stdout.splitlines() if line]
    return [one.rpartition("=")[2] if "=" in words[-1] else one for one in found]


CASES = [
    (("f",), {"findings", "fit", "frontier"}),
    (("fit", "chinch"), {"chinchilla"}),
    (("fit", "chinchilla,porian-n"), {"chinchilla,porian-n"}),
    (("fit", "chinchilla", "runs.csv", "--los"), {"--loss"}),
    (("fit", "chinchilla", "runs.csv", "--loss", "tu"), {"tukey"}),
    (("fit", "chinchilla", "runs.csv", "--json", "--cluster", "lo"), {"loss_nats"}),
    (("import", "runs.csv", "--map", "params_to"), {"params_total="}),
    (("import", "runs.csv", "--map", "tokens=to"), {"tokens"}),
    (("study", "quick"), {"quickstart"}),
    (("study", "quickstart", "--set", "hold_out_s"), {"hold_out_seeds="}),
    (("frontier", "iso"), {"isoflop"}),
    (("laws", "skal"), {"skaling"}),
    (("import", "hostile.csv", "--best-of", ""), set()),
]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("words", "wanted"), CASES, ids=[" ".join(words) for words, _ in CASES])
def test_what_a_shell_offers(shell, words, wanted, folder):
    found = offered(shell, folder, "scalinglaws", *words)
    names_of_files = {"/files", *(path.name for path in folder.iterdir())}  # fish offers them where nothing else fits
    assert set(found) - names_of_files == wanted
    assert not (folder / "made").exists()


def test_every_verb_option_and_law_is_offered_and_no_program_is_started(folder):
    core = script("bash").partition("_scalinglaws_candidates() (\n")[2].rpartition(")\ncomplete")[0]

    def said(*words: str) -> set[str]:
        started = [shutil.which("sh"), "-c", core, "sh", *words]
        done = subprocess.run(started, cwd=folder, capture_output=True, text=True, env={"PATH": ""}, timeout=60)
        assert not done.stderr
        return set(done.stdout.split())

    assert set(VERBS) <= said("")
    assert set(LAWS) == said("laws", "")
    for name in ("plan", "arms", "launch"):
        options = {opt for one in VERBS[name].params for opt in (*one.opts, *one.secondary_opts) if opt[:2] == "--"}
        assert said(name, "--") == options | {"--help"}
    assert {"run_id", "tokens", "loss_nats"} == said("fit", "chinchilla", "runs.csv", "--by", "")


def test_the_command_prints_the_script_and_names_the_shells_that_there_are():
    done = CliRunner().invoke(app, ["completion", "bash"])
    assert done.exit_code == 0 and done.stdout == script("bash")
    refused = CliRunner().invoke(app, ["completion", "bahs"])
    assert "Did you mean 'bash'" in str(refused.exception)
