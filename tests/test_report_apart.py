"""Each part of the page fails alone; the page tells no path of its maker's and runs no script but its own."""

import base64
import hashlib
import json
import re
from dataclasses import replace

import pytest
from report_sample import sample

from scalinglaws.records.json_values import from_plain, to_plain
from scalinglaws.reporting.own.shelf import study_figure
from scalinglaws.reporting.paths import named, without_paths
from scalinglaws.reporting.report import report
from scalinglaws.reporting.tables import all_tables
from scalinglaws.results.sentences import five_sentences
from scalinglaws.results.study_results import StudyResults


def broken(*_, **__):
    raise ZeroDivisionError("float division by zero")


@pytest.fixture(scope="module")
def at_home():
    settings = {**sample().settings, "corpus": "text:/home/ann/my notes", "law_file": "/home/ann/laws/mine.py"}
    points = sample().points
    return sample(
        settings=settings,
        corpus={**sample().corpus, "name": "text:/home/ann/my notes"},
        points=points.replace(train_set=["text:/home/ann/my notes"] * len(points)),
        commands=("scalinglaws study /home/ann/study.toml --to '/home/ann/out dir'",),
        notes=("kaplan-n: /home/ann/laws/mine.py has no term in N / D",),
    )


def test_a_figure_that_fails_says_so_in_its_place_and_the_page_is_whole(tmp_path):
    kinds = (replace(study_figure("laws"), draw=broken), study_figure("residuals"))
    page = report(sample(), tmp_path, figures=kinds).read_text()
    assert "This figure could not be drawn: internal error: ZeroDivisionError" in page
    assert 'id="table-constants"' in page
    assert [path.name for path in sorted((tmp_path / "figures").iterdir())] == ["residuals.csv", "residuals.svg"]


def test_a_table_or_a_sentence_that_fails_says_so_in_its_place():
    bad = sample(plans=("no plan",), seed_spread="no spread")
    rows = {table.name: table.rows[0][0].text for table in all_tables(bad)}
    assert rows["plans"].startswith("internal error: AttributeError at reporting/tables.py:")
    assert rows["seeds"].startswith("internal error: AttributeError at reporting/tables.py:")
    assert rows["constants"] in {fit.law for fit in bad.fits}
    told = dict(five_sentences(bad))
    assert told["Plan"].startswith("This sentence could not be made: internal error: AttributeError")
    assert told["Law"].startswith("L(N, D) = E + A/N^alpha")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("text:/home/ann/my notes", "text:my notes"),
        ("text:notes", "text:notes"),
        ("scalinglaws study /home/ann/s.toml --to '/tmp/my out/x'", "scalinglaws study s.toml --to 'my out/x'"),
        ("C:\\Users\\ann\\notes", "notes"),
        ("~/notes/*.md", "*.md"),
        ("A/N^alpha + B/D^beta, 6 N D / (layers tokens)", "A/N^alpha + B/D^beta, 6 N D / (layers tokens)"),
        ("https://example.org/a/b", "https://example.org/a/b"),
    ],
)
def test_of_an_absolute_path_the_last_name_alone_is_shown(text, shown):
    assert named(text) == shown


def test_the_page_and_its_record_tell_no_absolute_path(at_home, tmp_path):
    page = report(at_home, tmp_path, figures=()).read_text()
    record = (tmp_path / "data.json").read_text()
    for text in (page, record):
        assert "/home" not in text
        assert "ann/" not in text
        assert "my notes" in text
    assert at_home.settings["corpus"] == "text:/home/ann/my notes"
    assert from_plain(StudyResults, json.loads(json.dumps(to_plain(without_paths(at_home))))).name == at_home.name


def test_the_page_allows_its_own_script_alone_and_asks_the_network_for_nothing(tmp_path):
    page = report(sample(), tmp_path, figures=()).read_text()
    allowed = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[1].split("; ")
    script = re.search(r"<script>(.*?)</script>", page, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert allowed[0] == "default-src 'none'"
    assert f"script-src 'sha256-{digest}'" in allowed
    assert not re.search(r' on\w+="', page)


def test_every_button_of_the_page_has_a_name(tmp_path):
    page = report(sample(), tmp_path, figures=()).read_text()
    assert not re.search(r"<button[^>]*>\s*</button>", page)
