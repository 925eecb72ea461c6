"""No command writes over what it reads, nor over a file of somebody else's; a second writing of its own is fine."""

import shutil
from pathlib import Path

import pytest
from cli_made import spoken

from scalinglaws.cli.outputs import sealed, spared, unsealed
from scalinglaws.errors import MisuseError

TABLE = "params_total,tokens,loss\n1e7,1e9,3.1\n2e7,2e9,3.0\n3e7,4e9,2.9\n"


@pytest.fixture
def table(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    return tmp_path / "t.csv"


@pytest.mark.parametrize("option", ["--to", "--rejected", "--save-mapping"])
@pytest.mark.parametrize("other", ["the table itself", "a link to it", "somebody's file"])
def test_import_leaves_what_it_reads_and_what_is_not_ours(table, option, other):
    target = table
    if other == "a link to it":
        target = table.with_name("link.csv")
        target.symlink_to(table)
    if other == "somebody's file":
        target = table.with_name("notes.csv")
        target.write_text("my own\n")
    before = target.read_text()
    code, out, err = spoken("import", table, option, target)
    assert code == 2 and out == "" and len(err.splitlines()) == 1
    assert option in err and str(target) in err and "another" in err
    assert target.read_text() == before and table.read_text() == TABLE


def test_import_writes_its_own_files_again(table):
    names = {"--to": "points.csv", "--rejected": "rejected.csv", "--save-mapping": "mapping.json"}
    words = [word for option, name in names.items() for word in (option, table.with_name(name))]
    for _ in range(2):
        assert spoken("import", table, *words)[0] == 0
    assert spoken("import", table, "--to", table.with_name("one.csv"), "--rejected", table.with_name("one.csv"))[0] == 2


def test_parquet_of_ours_is_written_again(table):
    pytest.importorskip("polars")
    for _ in range(2):
        assert spoken("import", table, "--to", table.with_name("points.parquet"))[0] == 0


def test_a_plan_leaves_its_table_and_what_is_not_ours_before_any_fit(table):
    words = ("--flops", "1e21", "--export", "nanogpt", "--n-vocab", "50257", "--n-ctx", "1024", "--to")
    shutil.copy(table, table.with_name("train.py"))
    for target in (table, table.with_name("train.py")):
        code, _, err = spoken("plan", "chinchilla", table, *words, target)
        assert code == 2 and "--to" in err and len(err.splitlines()) == 1
        assert target.read_text() == TABLE


def test_a_table_of_ours_that_was_edited_is_its_editor_s(table):
    words = ("import", table, "--to", table.with_name("points.csv"))
    assert spoken(*words)[0] == 0
    written = table.with_name("points.csv").read_text()
    edited = written.replace("3.1", "3.2")
    table.with_name("points.csv").write_text(edited)
    code, out, err = spoken(*words)
    assert (code, out) == (2, "") and "edited since" in err
    assert table.with_name("points.csv").read_text() == edited != written
    table.with_name("points.csv").write_text(written)  # taken back
    assert spoken(*words)[0] == 0


def test_a_table_of_somebody_s_with_our_column_names_is_left(table):
    mine = table.with_name("mine.csv")
    mine.write_text("params_total,tokens,loss_nats,excluded_because\n1e7,1e9,3.1,\n")
    before = mine.read_text()
    code, _, err = spoken("import", table, "--to", mine)
    assert code == 2 and "another program" in err and mine.read_text() == before


def test_where_no_digest_can_be_kept_a_file_is_written_once_and_then_left(table, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    words = ("import", table, "--to", table.with_name("points.csv"))
    assert [spoken(*words)[0] for _ in range(2)] == [0, 2]


def test_a_page_that_is_sealed_is_recognised_on_another_machine_until_it_is_edited(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    page = tmp_path / "page.md"
    page.write_text(sealed("# Findings\n\nS1 passed\n"))
    spared("--write", page)
    assert unsealed(page.read_text()) == "# Findings\n\nS1 passed\n"
    page.write_text(page.read_text().replace("passed", "failed"))
    with pytest.raises(MisuseError, match="not as scalinglaws wrote it"):
        spared("--write", page)


def test_the_page_of_our_own_runs_may_be_written_again_in_a_fresh_clone(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    spared("--write", Path(__file__).parents[1] / "docs" / "kaplan-cpu.md")
