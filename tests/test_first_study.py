"""A folder of text and some minutes become a study that can be trained."""

import json
from dataclasses import replace

import numpy as np
import pytest

from scalinglaws.corpora.pieces import pieces
from scalinglaws.designing.design import design
from scalinglaws.designing.rate_scan import first_scan
from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import CorpusError, StudyError
from scalinglaws.studying.first_study import TEXT, TOML, first_study, fit_to_time, read_documents

RECIPE = Study("s", ((2, 6),), (1e5,), lr_max=0.008, warmup_share=0.1, max_epochs=4.0, processes=2)
WORDS = np.random.default_rng(0).integers(0, 10**9, 60_000)


def pace(size):
    """Seconds per token of the compiled step on the machine of docs/speed.md, roughly."""
    return 4e-7 + 1.1e-10 * 12 * size[0] * size[1] ** 2


def prose(count, first=0):
    return "\n".join(
        f"the {WORDS[(first + i) % 60_000]}th line, é, says {WORDS[(7 * i) % 60_000]}" for i in range(count)
    )


@pytest.mark.parametrize(("minutes", "tokens"), [(1.5, 4e6), (3, 4e7), (3, 1.5e6), (10, 4e7), (60, 4e8)])
def test_the_runs_fit_the_time_and_the_text_and_two_sizes_are_held_out_ten_times_above(minutes, tokens):
    study, seconds, said = fit_to_time(RECIPE, tokens, minutes * 60, pace)
    assert seconds <= minutes * 60
    sweep = design(replace(study, lr="rule"), 256, "d", None)
    assert max(run.tokens for run in sweep.runs) <= 1.01 * tokens
    held = [run for run in sweep.runs if run.id in sweep.held_out]
    fitted = [run for run in sweep.only(held_out=False).runs if not run.is_trunk]
    flops = [run.shape.params() * run.tokens for run in (*fitted, *held)]
    assert len(held) == 2
    assert flops[-1] >= 10 * max(flops[:-2])
    assert len({run.shape.params() for run in fitted}) >= 4
    assert len({run.tokens for run in fitted}) >= 2
    assert (study.lr == "auto") == (not said[0].startswith("learning rates: the rule"))
    if study.lr == "auto":
        assert first_scan(study, 256)


def test_too_little_time_is_refused():
    with pytest.raises(StudyError, match="Give more minutes"):
        fit_to_time(RECIPE, 1e7, 30, pace)


def test_one_long_document_binary_files_and_unicode_become_hundreds_of_documents(tmp_path):
    (tmp_path / "one.md").write_text(prose(12_000), encoding="utf-8")
    (tmp_path / "junk.bin").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "again.md").write_text(prose(3000), encoding="utf-8")  # the beginning of the first, once more
    documents, said = read_documents(tmp_path)
    assert 300 < len(documents) < 1200
    assert all(one.decode() for one in documents)
    assert "junk.bin" in said[0]
    assert sum(map(len, documents)) < 1.1 * len((tmp_path / "one.md").read_bytes())


@pytest.mark.parametrize("content", ["", "tiny", "the same line\n" * 100_000])
def test_too_little_text_is_refused_with_what_is_needed(content, tmp_path):
    (tmp_path / "a.txt").write_text(content)
    with pytest.raises(CorpusError, match=r"0\.3 to 200 MB"):
        read_documents(tmp_path)


def test_pieces_lose_nothing_but_line_ends_and_cut_no_character():
    text = ("é" * 5000 + " " + "word " * 2000).encode()
    found = pieces(text, 256)
    assert b"".join(found) == text
    assert all(one.decode() for one in found)


@pytest.mark.slow
def test_the_file_that_is_written_is_the_study_and_names_its_text(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "one.md").write_text(prose(14_000), encoding="utf-8")
    made = first_study(tmp_path / "notes", tmp_path, 10)
    again = read_study(str(tmp_path / TOML))
    assert again.corpus.endswith(TEXT)
    assert (again.shapes, again.own_tokens, again.lr) == (made.study.shapes, made.study.own_tokens, made.study.lr)
    assert all("text" in json.loads(line) for line in (tmp_path / TEXT).read_text().splitlines())
