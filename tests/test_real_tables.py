"""Every public table of runs comes in with one command, or is refused as one that holds no runs."""

import json

import pytest
from cli_made import spoken
from public_tables import TABLES, needs_tables

NO_RUNS = {"kempner_published_fits.csv"}  # constants of fits
REJECTED = {  # runs that diverged, optima without a loss
    "xlstm_isoflop_runs.csv": 2,
    "xlstm_loss_curves.csv": 1,
    "porian_optima_published.csv": 3,
}


@needs_tables
@pytest.mark.slow
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_a_public_table_comes_in_with_one_command(table):
    code, out, err = spoken("import", table, "--json")
    if table.name in NO_RUNS:
        assert code == 2 and "is no table of points" in err
        return
    assert code == 0, err
    found, lines = json.loads(out), len(table.read_text().splitlines()) - 1
    assert (found["points"], len(found["rejected"])) == (
        lines - REJECTED.get(table.name, 0),
        REJECTED.get(table.name, 0),
    )
    assert found["points"] > found["excluded"]
