"""The page of a report holds the record and its numbers, asks the network for nothing and is made alike every time."""

import dataclasses
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from report_sample import empty, sample, written

from scalinglaws.errors import StoreError
from scalinglaws.points.points import Points
from scalinglaws.records.folding import folded
from scalinglaws.reporting.own.shelf import STUDY_FIGURES
from scalinglaws.reporting.report import page as page_of
from scalinglaws.reporting.report import report
from scalinglaws.reporting.tables import PUBLISHED, all_tables, plans
from scalinglaws.results.audited import WaterfallStep
from scalinglaws.results.fitted import Estimate, FittedLaw
from scalinglaws.results.sentences import five_sentences, verdict
from scalinglaws.results.tested import LawTrial

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Read a page: its tags with their attributes, the text of every element by id, and whether tags are balanced."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.open, self.wrong, self.scripts, self.text, self._in = [], [], [], {}, "", None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("script", "style"):
            self._in = dict(attrs).get("id", tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        self._in = None
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if self._in:
            self.scripts[self._in] = self.scripts.get(self._in, "") + data
        else:
            self.text += data


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(tmp_path_factory.getbasetemp()).parent


@pytest.fixture(scope="module")
def page(folder):
    return Page((folder / "index.html").read_text(encoding="utf-8"))


def test_the_page_is_well_formed_and_every_id_occurs_once(page):
    assert not page.wrong
    assert not page.open
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_every_reference_of_the_page_leads_somewhere(page, folder):
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for tag, attributes in page.tags:
        target = attributes.get("href") or attributes.get("xlink:href") or ""
        if target.startswith("#"):
            assert target[1:] in ids, (tag, target)
        elif tag == "a":
            assert (folder / target).is_file(), target
    clips = re.findall(r"url\(#([^)]+)\)", without_scripts(folder))
    assert set(clips) <= ids


def without_scripts(folder):
    """Give the page without the vendored library, whose licence and hash are tested where it stands."""
    return re.sub(r"<script>.*?</script>", "", (folder / "index.html").read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_page_names_no_address_on_any_network(folder):
    text = without_scripts(folder)
    assert not re.findall(r"(?:https?:)?//[a-z0-9]", text)
    assert "@import" not in text


def test_the_inlined_data_is_the_record(page, folder):
    made = sample()
    data = json.loads(page.scripts["data"], parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    columns = data["points"]["columns"]
    assert columns["loss_nats"] == made.points["loss_nats"].tolist()
    assert columns["residual_log"][3] is None
    assert data["held_out"]["measured"] == list(made.held_out.measured)
    assert [len(data[name]) for name in ("curves", "fits", "plans")] == [34, 2, 1]
    assert data["bands"]["L(N)"][0]["high"] == list(made.bands["L(N)"][0].high)
    assert json.loads((folder / "data.json").read_text(encoding="utf-8")) == data
    missing = {field.name for field in dataclasses.fields(made)} - set(data)
    assert not missing


def test_what_is_not_a_number_is_null_and_text_cannot_end_the_script():
    made = sample(name="</script><b>&", notes=("<!--",), wall_seconds=float("inf"))
    text = page_of(made, [])
    page = Page(text)
    assert not set("<>&") & set(page.scripts["data"])
    data = json.loads(page.scripts["data"])
    assert (data["name"], data["notes"], data["wall_seconds"]) == ("</script><b>&", ["<!--"], None)
    assert "<b>" not in text
    assert not page.wrong


def test_the_page_shows_the_numbers_of_the_record(page):
    shown = " ".join(page.text.split())
    for words in (
        "37 of 37 runs present",
        "1.16 [1.08, 1.23]",  # E of the joint law
        "0.118 [0.104, 0.131]",  # alpha_N
        "8.8×10¹³",  # the published N_c
        "1.845 [1.812, 1.879]",
        "1.8429 ± 0.0038 (2 runs): inside the interval",
        "1.4×10⁶ [9.4×10⁵, 2.2×10⁶]",  # the plan's N
        "3f9a51c2d07b",
        "scalinglaws study quickstart --to runs/quickstart",
        "A power law without a constant leaves a curve in the residuals.",
        "outlier: 6 sd above the law",
        PUBLISHED,
    ):
        assert words in shown, words


def test_every_figure_has_a_caption_a_spoken_label_and_files_beside_the_page(page, folder):
    figures = [attributes["id"] for tag, attributes in page.tags if tag == "figure"]
    some = [one.name for one in STUDY_FIGURES if one.applies(sample()) and one.name != "joint"]
    assert figures == [f"figure-{name}" for name in ("joint", *some)] and len(figures) >= 7
    assert sum(tag == "figcaption" for tag, _ in page.tags) == len(figures)
    labels = [attributes["aria-label"] for tag, attributes in page.tags if tag == "svg"]
    assert len(labels) == len(figures)
    assert all("runs present" in label or "interval" in label for label in labels)
    for name in figures:
        stem = folder / "figures" / name.removeprefix("figure-")
        assert stem.with_suffix(".svg").read_text(encoding="utf-8").startswith("<?xml")
        assert stem.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


def test_all_runs_are_listed_with_their_reasons(page):
    (runs,) = [table for table in all_tables(sample()) if table.name == "runs"]
    assert len(runs.rows) == 37
    heads = dict(zip(runs.columns, runs.rows[3], strict=True))
    assert heads["outcome"].text == heads["excluded because"].text == "diverged"
    assert heads["loss ± standard error (nats/token)"].text == "3.9000 ± 0.0041"
    assert heads["N (parameters)"].value == 768.0


def test_a_table_leaves_out_the_columns_that_the_points_lack():
    bare = Points({"tokens": [1e6, 2e6], "loss_nats": [2.5, 2.25]})
    (runs,) = [table for table in all_tables(sample(points=bare)) if table.name == "runs"]
    assert runs.columns == ("D (tokens)", "loss ± standard error (nats/token)")
    assert [cell.text for cell in runs.rows[1]] == ["2,000,000", "2.25"]


def test_the_true_floor_stands_beside_the_constant_that_estimates_it():
    (table,) = [table for table in all_tables(sample(true_floor_nats=1.234567)) if table.name == "constants"]
    texts = [[cell.text for cell in row] for row in table.rows]
    place = next(k for k, row in enumerate(texts) if row[2] == "E, true floor")
    assert texts[place][3] == "1.23457"
    assert not [
        cell for table in all_tables(sample()) for row in table.rows for cell in row if "true floor" in cell.text
    ]


def test_a_constant_without_a_published_value_names_no_source():
    fit = FittedLaw(
        "own",
        "L = a",
        {"L": "loss_nats"},
        "least squares",
        3,
        3,
        0.1,
        {"a": Estimate(1.0, 0.9, 1.1)},
        "bootstrap",
        0.9,
        0.1,
        1.0,
        "agreed",
        "",
        "f",
        {},
        "",
    )
    (table,) = [table for table in all_tables(sample(fits=(fit,))) if table.name == "constants"]
    assert [cell.text for cell in table.rows[0]][-2:] == ["–", "–"]


def test_the_page_opens_with_sentences_and_doubts_stand_before_the_law():
    said = five_sentences(sample())
    assert [heading for heading, _ in said] == ["Trained", "Doubts", "Law", "Prediction", "Plan", "Limits"]
    assert all(text.endswith(".") for _, text in said)
    assert "Rule B1 of the audit fails" in dict(said)["Doubts"]
    assert "times the largest fitted compute" in dict(said)["Limits"]
    sound = dataclasses.replace(sample(), audit=None)
    assert "Rule" not in dict(five_sentences(sound)).get("Doubts", "")


def test_the_verdict_tells_held_from_failed_and_from_not_trained():
    test = sample().held_out
    assert verdict(test).endswith("inside the interval.")
    assert verdict(dataclasses.replace(test, held=False)).endswith("OUTSIDE the interval.")
    assert "not yet trained" in verdict(dataclasses.replace(test, measured=(), measured_mean=None, held=None))
    assert verdict(None) == "No run was held out, so no prediction was tested."


def test_the_trials_of_the_laws_are_shown_and_the_one_that_predicts_is_named():
    trials = (LawTrial("hoffmann-nd", 12, 0.011, 0.75), LawTrial("kaplan-nd", 12, 0.034, 0.5))
    test = dataclasses.replace(sample().held_out, trials=trials)
    (table,) = [table for table in all_tables(sample(held_out=test)) if table.name == "trials"]
    assert [cell.text for cell in table.rows[0]] == ["hoffmann-nd", "12", "1.1%", "75%", "predicts the held-out size"]
    assert table.rows[1][-1].text == ""


def test_a_study_without_runs_still_makes_a_page_that_says_so(tmp_path):
    page = Page(report(empty(), tmp_path).read_text(encoding="utf-8"))
    assert not page.wrong
    assert page.text.count("0 of 37 runs present") >= 6
    assert "No law is fitted yet" in page.text
    assert json.loads(page.scripts["data"])["points"]["columns"] == {}


def test_the_same_results_give_the_same_page():
    assert page_of(sample(), []) == page_of(sample(), [])


@pytest.mark.slow
def test_the_same_results_give_the_same_files(folder, tmp_path):
    report(sample(), tmp_path, pdf=True)
    ours = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert ours == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert [name for name in ours if (folder / name).read_bytes() != (tmp_path / name).read_bytes()] == []


def test_a_folder_that_cannot_be_made_is_named_before_anything_is_drawn(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StoreError, match="taken"):
        report(sample(), tmp_path / "taken")


def test_the_summary_is_plain_lines_with_the_same_numbers():
    text = str(sample(true_floor_nats=1.15))
    assert max(map(len, folded(text, 80).splitlines())) <= 80
    assert "<" not in text
    for words in (
        "1.16 [1.08, 1.23]",
        "inside the interval",
        "published, for another text",
        "! Numbers vary with the Python build",
    ):
        assert words in text, words
    assert str(empty()).startswith("quickstart: 0 of 37 runs present")


def test_the_page_leaves_the_record_as_it_was():
    made = sample()
    before = made.points.fingerprint
    page_of(made, [])
    assert made.points.fingerprint == before
    assert np.isnan(made.points["residual_log"][3])


def test_the_audit_stands_on_the_page_with_what_failed_first(page):
    shown = page.text[page.text.index("4 rules of a trustworthy study") :]
    assert "2 failed (1 error, 1 warning), 0 undecided, 1 passed, 1 not run" in shown
    assert shown.index("B1") < shown.index("A8") < shown.index("C2") < shown.index("E6")
    assert "Mend it." in shown
    assert "The audit found 1 error: B1." in page.text


def test_the_waterfall_shows_every_step_its_exponent_and_what_it_moved(page):
    shown = page.text[page.text.index("The corrections that separate") :]
    for text in ("as Kaplan counted", "0.835", "head counted in C", "−0.129", "needs the column warmup_steps"):
        assert text in shown


def test_a_study_that_nothing_could_be_said_of_has_no_audit_on_its_page():
    assert not {"audit", "waterfall"} & {table.name for table in all_tables(sample(audit=None))}


def test_the_head_of_a_column_of_numbers_and_what_is_absent_in_it_stand_to_the_right_as_they_do():
    steps = (WaterfallStep("as Kaplan counted", Estimate(0.84, 0.82, 0.85), None, 33, "N"),)
    steps += (WaterfallStep("head counted in C", Estimate(0.71, 0.69, 0.72), -0.129, 33, "N with the head"),)
    shown = page_of(sample(audit=dataclasses.replace(sample().audit, waterfall=steps)), [])
    table = shown.split('data-name="waterfall"')[1].split("</table>")[0]
    heads = re.findall(r'<th scope="col" aria-sort="none"( class="number")?(?: data-text="[^"]*")?>', table)
    assert [bool(one) for one in heads] == [False, True, True, True, False]
    assert '<td class="number">–</td>' in table
    assert ">−0.129</td>" in table and ">-0.129" not in table


def test_columns_of_a_plan_that_nothing_is_known_of_are_left_out():
    [one, *_] = sample().plans
    bare = dataclasses.replace(one, batch_tokens=None, steps=None, seconds=None)
    assert plans(sample(plans=(bare,))).columns[-2:] == ("loss (nats/token)", "law")
    assert "batch (tokens)" in plans(sample(plans=(bare, one))).columns
