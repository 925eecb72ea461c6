"""The output of verbs on five public tables and a study fits 60, 80 and 100 columns, and none ends in a traceback."""

import re
from pathlib import Path

import pytest
from public_tables import real
from typer.testing import CliRunner

from scalinglaws.cli.app import app
from scalinglaws.errors import ScalingLawsError

TABLES = {
    "chinchilla": ("chinchilla_epoch.csv",),
    "gadre": ("gadre_testbed.csv", "--where", "loss_split == c4_val and train_set == c4_original"),
    "xlstm": ("xlstm_isoflop_runs.csv", "--where", "arch == 'llama' and n_ctx == 8192"),
    "misfitting": ("misfitting.csv",),
    "datablations": ("datablations.csv",),
    "english-cpu": (),
}
VERBS = {
    "import": "import TABLE",
    "fit": "fit chinchilla TABLE --draws 20",
    "predict": "predict TABLE --at N=1e10,D=1e11",
    "plan": "plan TABLE --flops 1e22",
    "a plan by a law": "plan chinchilla TABLE --flops 1e22 --draws 20",
    "compare": "compare TABLE --laws chinchilla,kaplan-nd",
    "conventions": "conventions TABLE",
    "exponents": "exponents chinchilla TABLE --draws 20",
    "audit": "audit TABLE",
    "isoflop": "frontier isoflop TABLE",
    "envelope": "frontier envelope TABLE",
    "sweeps": "sweeps TABLE",
    "findings": "findings TABLE",
}
STUDY = Path(__file__).resolve().parents[1] / "studies" / "english-cpu"


@pytest.mark.slow
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("name", TABLES)
def test_every_verb_fits_the_terminal_on_public_tables(name, verb):
    table = [str(real(TABLES[name][0])), *TABLES[name][1:]] if TABLES[name] else [str(STUDY)]
    asked = [part for word in VERBS[verb].split() for part in (table if word == "TABLE" else [word])]
    for width in (60, 80, 100):
        done = CliRunner().invoke(app, asked, env={"COLUMNS": str(width)})
        assert done.exception is None or isinstance(done.exception, SystemExit | ScalingLawsError), done.exception
        lines = (done.stdout + done.stderr).splitlines()
        assert not [line for line in lines if len(line) > width], width
        assert not [line for line in lines if re.search(r"\d[eE]\+\d", line)], "1.2e+10: print 1.2e10"
        if done.exit_code:
            return  # refused, in one sentence of its own: the width changes nothing
