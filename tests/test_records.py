"""The records of the public verbs: how they show themselves, that they are values, and how they travel."""

import pickle
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from cli_made import law_text
from records_made import RECORDS, TEXTS, faces, made_draws, made_fit, plan, points, prediction

import scalinglaws
from scalinglaws import Draws, Fit, Points, draws
from scalinglaws.errors import LawError, MisuseError
from scalinglaws.fitting.fit import fit
from scalinglaws.fitting.own_law import read_laws
from scalinglaws.records.by_value import content
from scalinglaws.records.public_record import PublicRecord
from scalinglaws.records.text_blocks import rows_of

MOST_CHARACTERS = 1500  # of a repr
every_record = pytest.mark.parametrize("name", RECORDS)


@every_record
def test_a_record_shows_itself_letter_by_letter_as_it_did(name):
    for ending, text in faces(RECORDS[name]()).items():
        file = TEXTS / f"{name}.{ending}"
        assert text == file.read_text("utf-8"), f"{file.name} differs: python tests/records_made.py writes it again"


def test_every_text_is_of_a_record():
    assert {path.name for path in TEXTS.iterdir()} == {f"{name}.{end}" for name in RECORDS for end in ("txt", "html")}


def test_every_public_record_is_among_those_tested():
    named = [getattr(scalinglaws, name) for name in scalinglaws.__all__]
    public = {one for one in named if isinstance(one, type) and issubclass(one, PublicRecord)}
    assert public <= {type(make()) for make in RECORDS.values()}


@every_record
def test_a_repr_is_one_short_line(name):
    text = repr(RECORDS[name]())
    assert len(text) < MOST_CHARACTERS and "\n" not in text and text.startswith(type(RECORDS[name]()).__name__)


def test_a_long_repr_is_cut():
    wide = Points({f"a column of a long name, number {i}": [1.0] for i in range(200)}, source="x" * 5000)
    assert len(repr(wide)) < MOST_CHARACTERS


class Tags(HTMLParser):
    """Checks that tags close in the order in which they opened."""

    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@every_record
def test_the_html_of_a_record_is_whole_and_every_table_has_a_caption_and_heads(name):
    page, tags = re.sub("<svg.*</svg>", "", RECORDS[name]()._repr_html_(), flags=re.DOTALL), Tags()
    tags.feed(page)
    assert not tags.open and tags.seen <= {"div", "p", "br", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert page.count("<caption>") == page.count("<table>")
    assert page.count("<th>") == 0  # each says which way it goes


def test_html_escapes_what_a_table_brought():
    page = points()._repr_html_()
    assert "a table &amp; more.csv" in page and "a table & more" not in page
    hostile = Points({"<script>alert(1)</script>": [1.0], "loss": [2.0]})
    assert "<script>" not in hostile._repr_html_() and "&lt;script&gt;" in hostile._repr_html_()


@every_record
def test_records_made_alike_are_equal_and_hash_alike(name):
    one, other = RECORDS[name](), RECORDS[name]()
    assert one == other and hash(one) == hash(other) and len({one, other}) == 1
    assert one != "something else" and one != changed(other)


def changed(record):
    """The same record with one number or text of it changed, however deep it lies."""
    if isinstance(record, Points):
        return record.replace(tokens=record["tokens"] * (1 + 1e-15))
    names = ("warnings", "source", "title", "verdicts", "notes", "how", "beyond", "method", "sentences", "path", "said")
    name = next(name for name in names if hasattr(record, name) and name in record.__dataclass_fields__)
    value = getattr(record, name)
    return replace(record, **{name: (*value, *value[:1], "more") if isinstance(value, tuple) else f"{value}!"})


def test_arrays_are_compared_entry_by_entry_and_nan_equals_nan():
    some = points()
    assert np.isnan(some["loss_nats"][8])
    assert some == points() and some != some.replace(loss_nats=np.nan_to_num(some["loss_nats"]))
    one = made_draws()
    assert one != replace(one, values=one.values + 1e-12) and one == replace(one, values=one.values.copy())
    assert content(np.array([0.0])) == content(np.array([-0.0])) != content(np.array([[0.0]]))
    assert content(float("nan")) == content(np.float64("nan")) != content(0.0)


@every_record
def test_a_record_comes_back_from_json_equal(name):
    record = RECORDS[name]()
    text = record.to_json()
    assert type(record).from_json(text) == record
    if name != "drawn_fit":  # whose draws the seed makes again
        assert str(type(record).from_json(text)) == str(record)
    assert "NaN" not in text and "Infinity" not in text  # no JSON


@every_record
def test_a_record_comes_back_from_pickle_equal(name):
    record = RECORDS[name]()
    assert pickle.loads(pickle.dumps(record)) == record


@pytest.mark.parametrize("method", ["pairs", "sandwich", "wild", "profile"])
def test_draws_of_every_method_travel_with_their_intervals(method):
    drawn = draws(fit("chinchilla", points(), fix={"E": 1.7, "B": 410.0}), method=method, draws=50)
    for other in (pickle.loads(pickle.dumps(drawn)), Draws.from_json(drawn.to_json())):
        assert other == drawn and other.interval(0.8) == drawn.interval(0.8)


def test_a_law_whose_slopes_are_made_by_a_function_travels():
    sizes = np.geomspace(1e6, 1e9, 8)
    table = Points({"params_nonembedding": sizes, "loss_nats": 1.7 + (2e8 / sizes) ** 0.3})
    found = fit("henighan-n", table)
    assert pickle.loads(pickle.dumps(found)).law is found.law is Fit.from_json(found.to_json()).law


def test_a_law_of_ones_own_is_asked_for_by_name(tmp_path):
    (tmp_path / "mine.py").write_text(law_text())
    mine = read_laws(tmp_path / "mine.py")["mine"]
    found = fit(mine, points(), fix={"E": 1.7})
    assert Fit.from_json(found.to_json(), laws=[mine]) == found
    with pytest.raises(LawError, match=r"'mine' .* from_json\(text, laws="):
        Fit.from_json(found.to_json())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"record": "Plan"}', '{"record": "Fit", "law": 3}', "nonsense"])
def test_what_is_no_json_of_a_record_is_refused(text):
    with pytest.raises(MisuseError, match="no JSON of a Fit"):
        Fit.from_json(text)


@every_record
def test_rows_become_a_polars_frame(name):
    pytest.importorskip("polars")
    record = RECORDS[name]()
    if name == "multiplier":
        with pytest.raises(MisuseError, match="has no rows"):
            record.to_polars()
        return
    frame = record.to_polars()
    columns = record.rows()
    assert frame.columns == list(columns) and len(frame) == len(next(iter(columns.values()))) > 0


@every_record
def test_rows_become_a_pandas_frame(name):
    pytest.importorskip("pandas")
    record = RECORDS[name]()
    if name != "multiplier":
        assert list(record.to_pandas().columns) == list(record.rows())


def test_points_come_back_from_a_polars_frame_equal():
    pytest.importorskip("polars")
    assert Points(points().to_polars()).fingerprint == points().fingerprint


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_a_missing_package_is_named_with_how_to_get_it(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MisuseError, match=f"pip install {package}"):
        getattr(plan(), f"to_{package}")()


@pytest.mark.parametrize("width", [60, 80, 100])
@every_record
def test_what_python_prints_of_a_record_fits_the_terminal_and_loses_no_word(name, width, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    record = RECORDS[name]()
    text = str(record)
    assert text and not [line for line in text.splitlines() if len(line) > width]
    monkeypatch.setenv("COLUMNS", "1000")
    whole = str(record)
    assert not [word for word in whole.split() if len(word) < 20 and word not in text.split()]


def test_a_name_in_a_record_sends_no_control_character_to_the_terminal_that_prints_it():
    said = replace(prediction(), warnings=("run \x1b[2J is far off",))
    assert "\x1b" not in str(said) and "run \\x1b[2J is far off" in str(said)


def test_what_a_reader_must_mind_stands_in_the_text_and_not_in_what_a_command_prints():
    said = prediction()
    assert str(said).endswith("warning: far: 200 times the compute") and "warning" not in said.printed()
    assert "warning: far" in said._repr_html_()
    unsure = replace(made_fit(), outcome="not_converged", sentence="the walk was cut short.")
    assert (
        str(unsure).count("the walk was cut short.") == 1 == str(replace(made_draws(), fit=unsure)).count("cut short")
    )


def test_a_table_with_no_rows_is_still_a_table():
    assert str(rows_of(("a", "b"), [])) == "  a  b"
