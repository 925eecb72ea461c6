"""How a command ends: no traceback, no stream that ends it, and law files that cannot speak in its name."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_made import FORMULA, grid, law_text, spoken, written

from scalinglaws.cli import app, main
from scalinglaws.designing.read_study import read_study
from scalinglaws.records.text_blocks import printable
from scalinglaws.store.store import open_store
from scalinglaws.studying.study import laws_of


def broken(monkeypatch, error: BaseException):
    """Let the verb `laws` fail as nobody foresaw."""

    def fail(*_):
        raise error

    monkeypatch.setattr("scalinglaws.cli.laws._check", fail)


@pytest.mark.parametrize("error", [ZeroDivisionError("by\nnothing"), RecursionError("deep"), GeneratorExit()])
def test_an_error_that_nobody_foresaw_is_one_line_and_a_file_with_the_details(error, monkeypatch, tmp_path):
    broken(monkeypatch, error)
    monkeypatch.chdir(tmp_path)
    code, out, err = spoken("laws", "chinchilla")
    again = spoken("laws", "chinchilla")[2]
    assert (code, out, err.count("\n")) == (70, "", 1)
    assert type(error).__name__ in err
    files = [re.search(r"in (\S+\.txt): ", told)[1] for told in (err, again)]
    assert files[0] != files[1]
    text = (tmp_path / files[0]).read_text()
    assert "'laws', 'chinchilla'" in text and "numpy 2" in text and "Traceback" in text and "in fail" in text


def test_the_details_go_to_a_temporary_folder_where_this_one_cannot_be_written(monkeypatch, tmp_path):
    broken(monkeypatch, KeyError("gone"))
    (tmp_path / "t").mkdir()
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()  # no file can be made here, by root neither
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    try:
        code, _, err = spoken("laws")
    finally:
        os.chdir(tmp_path)
    assert code == 70
    assert [path.name in err for path in (tmp_path / "t").iterdir()] == [True]


@pytest.mark.parametrize("there", [True, False], ids=["beside the log", "no such folder"])
def test_the_details_of_a_worker_lie_beside_its_log_and_not_in_the_user_s_folder(there, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("scalinglaws.cli.train._train_chain", fail)
    store, run_id = open_store(tmp_path / "study", create=True), "L2-d16-0123456789ab"
    user, run = tmp_path / "user", store.folder(run_id)
    for folder in (user, *([run] if there else [])):
        folder.mkdir(parents=True)
    monkeypatch.chdir(user)
    code, _, err = spoken("train", store.path, run_id)
    assert code == 70
    files = [[path.name in err for path in folder.glob("scalinglaws-error-*.txt")] for folder in (run, user)]
    assert files == ([[True], []] if there else [[], [True]])


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 0)])
def test_a_stop_and_a_reader_that_has_gone_are_no_errors(error, code, monkeypatch, tmp_path):
    broken(monkeypatch, error)
    monkeypatch.chdir(tmp_path)
    assert spoken("laws")[0] == code
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_the_system_refuses_is_one_line(monkeypatch):
    broken(monkeypatch, PermissionError(13, "Permission denied", "/x/y"))
    code, out, err = spoken("laws")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "/x/y: Permission denied." in err


def run(words: str) -> subprocess.CompletedProcess:
    """Run a command line of the shell, in which THE is the command."""
    text = words.replace("THE", f"{sys.executable} -m scalinglaws")
    return subprocess.run(["bash", "-c", text], capture_output=True, text=True, timeout=60, check=False)


def test_a_full_standard_output_is_told_in_one_line():
    done = run("THE --version > /dev/full")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "standard output: No space left on device" in done.stderr


@pytest.mark.slow
def test_closed_streams_and_readers_that_have_gone_end_nothing():
    done = run(
        "THE laws chinchilla >&- 2>&-; echo $?; THE laws 2>/dev/full | head -c 1 >/dev/null; echo ${PIPESTATUS[0]}; "
        "THE import - <&-; echo $?"
    )
    assert done.stdout.split() == ["0", "0", "2"]
    assert (done.stderr.count("\n"), "is empty" in done.stderr) == (1, True)


def test_what_an_encoding_lacks_is_written_as_its_code(tmp_path):
    table = written(tmp_path / "t.csv", [{**row, "run_id": f"ü{i}"} for i, row in enumerate(grid())])
    paper, before = io.TextIOWrapper(io.BytesIO(), "ascii"), sys.argv
    with contextlib.redirect_stdout(paper), pytest.raises(SystemExit) as end:
        sys.argv = ["scalinglaws", "import", str(table)]
        main()
    sys.argv = before
    assert end.value.code == 0
    assert rb"\xfc0" in paper.buffer.getvalue()


def test_codes_that_a_terminal_obeys_are_shown_and_not_sent(tmp_path):
    assert printable("a\x1b[2J\x9b\r\u202eb\tc\n") == "a\\x1b[2J\\x9b\\r\\u202eb\tc\n"
    table = written(tmp_path / "t.csv", [{**row, "run_id": f"\x1b[2J{i}"} for i, row in enumerate(grid())])
    for words in (["import", table], ["fit", "chinchilla", table, "--no-backtest", "--interval", "sandwich"]):
        code, out, err = spoken(*words)
        assert code == 0 and "\x1b" not in out + err


ROWS = grid()
RUDE = [
    ("exits", "import sys\nsys.exit(0)\n", "line 2: SystemExit: 0"),
    ("stops all", "raise BaseException('no')\n", "line 1: BaseException: no"),
    ("never ends its calls", "def f():\n    f()\nf()\n", "line 2: RecursionError"),
    ("exits in its formula", law_text("raise SystemExit"), "SystemExit"),
    ("complex", law_text("return (E + A / N**a + B / D**b) * 1j"), "gives values of type complex128"),
    ("objects", law_text("return (E + A / N**a + B / D**b).astype(object)"), "gives values of type object"),
    ("a range of texts", law_text().replace("(0.1, 5.0)", "('0', '5')"), "it must be two numbers"),
    ("a complex range", law_text().replace("(0.1, 5.0)", "(0j, 5j)"), "it must be two numbers"),
    ("a range of one", law_text().replace("(0.1, 5.0)", "3"), "it must be two numbers"),
    ("an endless range", law_text().replace("(0.1, 5.0)", "(0.1, 1e400)"), "it must be two numbers"),
]


@pytest.mark.parametrize(("text", "message"), [c[1:] for c in RUDE], ids=[c[0] for c in RUDE])
def test_a_rude_law_file_is_one_line_with_its_name(text, message, tmp_path):
    (tmp_path / "mine.py").write_text(text)
    code, out, err = spoken("fit", tmp_path / "mine.py", written(tmp_path / "t.csv", ROWS), "--json")
    assert (code, out, err.count("\n")) == (2, "", 1), err
    assert "mine.py" in err and message in err


def test_what_a_law_file_prints_is_no_part_of_the_result(tmp_path):
    (tmp_path / "mine.py").write_text("print('read')\n" + law_text("print('asked'); " + FORMULA))
    words = [
        "predict",
        tmp_path / "mine.py",
        written(tmp_path / "t.csv", ROWS),
        "--at",
        "N=1e9,D=2e10",
        "--draws",
        "20",
    ]
    code, out, err = spoken(*words, "--json")
    assert (code, json.loads(out)["at"]) == (0, {"N": 1e9, "D": 2e10})
    assert err.startswith("read\n") and "asked" in err


def test_a_law_file_that_a_study_names_is_announced_before_it_is_run(tmp_path):
    (tmp_path / "theirs.py").write_text("import sys\nsys.exit('ran')\n")
    (tmp_path / "s.toml").write_text('shapes = [[1, 8]]\ntokens = [1e5]\nlaw_file = "theirs.py"\n')
    told = []
    with contextlib.suppress(Exception):
        laws_of(read_study(str(tmp_path / "s.toml")), told.append)
    assert told == [f"running the Python file that the study gives as its law_file: {tmp_path / 'theirs.py'}"]


def test_every_word_for_a_person_passes_the_one_place_that_shows_codes():
    folder = os.path.dirname(app.__file__)
    free = {"app.py", "ending.py"}
    for name in sorted(set(os.listdir(folder)) - free):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                assert not re.findall(r"(?<![\w.])print\((?!configured|f\"\\r)", file.read()), name


def test_a_path_is_shown_as_a_text(capsys):
    app.show(Path("made") / "index.html")
    assert capsys.readouterr().out == "made/index.html\n"
