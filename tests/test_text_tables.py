"""Text in Parquet and Arrow files, in saved Hugging Face datasets, and by name: one document per row."""

import gzip
import importlib.util
import io
import json

import polars
import pytest
from cli_made import spoken

from scalinglaws.cli.study_options import asked_study
from scalinglaws.corpora import open_corpus
from scalinglaws.corpora.corpus import SPLITS, content_hash
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.errors import CorpusError

TEXTS = [f"document number {i}\nwith ä second line" for i in range(200)]


def frame(texts=TEXTS, name="text"):
    return polars.DataFrame({"id": range(len(texts)), name: texts})


def parquet(path, table):
    path.parent.mkdir(parents=True, exist_ok=True)
    table.write_parquet(path)
    return path


def stream(path, table):
    """An Arrow stream, as Hugging Face's datasets saves its parts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.write_ipc_stream(path)
    return path


def saved(folder, parts):
    """The folder that save_to_disk writes: of one dataset, or of a dictionary of them."""
    for name, tables in parts.items():
        files = [f"data-{i:05}-of-{len(tables):05}.arrow" for i in range(len(tables))]
        for file, table in zip(files, tables, strict=True):
            stream(folder / name / file, table)
        state = {"_data_files": [{"filename": file} for file in files], "_fingerprint": "f"}
        (folder / name / "state.json").write_text(json.dumps(state))
        (folder / name / "dataset_info.json").write_text(json.dumps({"description": "text " * 99}))
    if "" not in parts:
        (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(parts)}))
    return folder


def everything(documents):
    return sorted(text.decode() for split in SPLITS for text in getattr(documents, split))


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines" / "a.jsonl"
    path.parent.mkdir()
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS))
    return content_hash(open_corpus(f"text:{path}").read())


def test_the_same_documents_are_the_same_corpus_in_whatever_file_they_come(tmp_path, lines):
    table = frame()
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    (tmp_path / "b.parquet.gz").write_bytes(gzip.compress(buffer.getvalue()))
    table.write_ipc(tmp_path / "d.arrow")
    places = [
        parquet(tmp_path / "a.parquet", table),
        tmp_path / "b.parquet.gz",
        parquet(tmp_path / "parts" / "0.parquet", table[:70]).parent,
        tmp_path / "d.arrow",
        stream(tmp_path / "e.arrow", table),
        saved(tmp_path / "saved", {"": [table[:150], table[150:]]}),
    ]
    parquet(tmp_path / "parts" / "1.parquet", table[70:])
    for place in places:
        assert content_hash(open_corpus(f"text:{place}").read()) == lines, place


def test_the_splits_of_a_saved_dictionary_are_the_splits_and_others_are_left_out(tmp_path):
    parts = {"train": [frame(TEXTS[:150])], "validation": [frame(TEXTS[150:170])], "test": [frame(TEXTS[170:180])]}
    corpus = open_corpus(f"text:{saved(tmp_path / 'd', parts | {'unsupervised': [frame(TEXTS[180:])]})}")
    documents = corpus.read()
    assert {split: len(getattr(documents, split)) for split in SPLITS} == {"train": 150, "val": 20, "test": 10}
    assert "train and validation and test are the splits; left out: unsupervised" in corpus.origin


def test_a_saved_dictionary_with_training_text_alone_is_split_by_hash(tmp_path, lines):
    assert content_hash(open_corpus(f"text:{saved(tmp_path / 'd', {'train': [frame()]})}").read()) == lines


def test_files_named_after_splits_as_the_hub_names_them_are_the_splits(tmp_path):
    parts = {"train-00000-of-00002": TEXTS[:90], "train-00001-of-00002": TEXTS[90:170]}
    parts |= {"validation-00000-of-00001": TEXTS[170:180], "test-00000-of-00001": TEXTS[180:]}
    for name, texts in parts.items():
        parquet(tmp_path / "data" / f"{name}.parquet", frame(texts))
    documents = open_corpus(f"text:{tmp_path / 'data'}").read()
    assert [len(getattr(documents, split)) for split in ("train", "val", "test")] == [170, 10, 20]


def test_the_column_with_the_text_is_evident_or_named(tmp_path):
    path = parquet(tmp_path / "a.parquet", frame(name="story"))
    assert everything(open_corpus(f"text:{path}").read()) == sorted(TEXTS)
    two = parquet(tmp_path / "b.parquet", frame(name="story").with_columns(title=polars.lit("a")))
    with pytest.raises(CorpusError, match=rf"no field called text or content.*text:{two}#story"):
        open_corpus(f"text:{two}").read()
    assert everything(open_corpus(f"text:{two}#story").read()) == sorted(TEXTS)
    with pytest.raises(CorpusError, match="the field 'storry' is missing; it has 'id', 'story', 'title'"):
        open_corpus(f"text:{two}#storry").read()
    with pytest.raises(CorpusError, match="the field 'id' is not text"):
        open_corpus(f"text:{two}#id").read()


def test_the_command_takes_the_field_and_refuses_it_of_a_corpus_without_fields(tmp_path):
    parquet(tmp_path / "a.parquet", frame(name="story").with_columns(title=polars.lit("a")))
    (tmp_path / "s.toml").write_text(
        'shapes = [[1, 4], [1, 8]]\ntokens = [1e3]\nn_ctx = 16\ncorpus = "text:a.parquet"\n'
    )
    asked = asked_study(str(tmp_path / "s.toml"), None, None, "story")
    assert everything(open_corpus(asked.corpus).read()) == sorted(TEXTS)
    code, _, err = spoken("design", tmp_path / "s.toml", "--field", "stroy", "--speed", "1e12")
    assert code == 2
    assert "the field 'stroy' is missing; it has 'id', 'story', 'title'" in " ".join(err.split())
    code, _, err = spoken("study", "quickstart", "--field", "story", "--dry-run")
    assert code == 2
    assert "this study's is stdlib" in " ".join(err.split())


def test_missing_and_empty_texts_are_no_documents_and_line_ends_are_one(tmp_path):
    path = parquet(tmp_path / "a.parquet", frame([*TEXTS, None, "", " \n", "one\r\ntwo\r"]))
    assert everything(open_corpus(f"text:{path}").read()) == sorted([*TEXTS, "one\ntwo"])


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.parquet", b"no such thing", "cannot be read as parquet"),
        ("a.parquet", b"", "cannot be read as parquet"),
        ("a.arrow", b"\xff\xff\xff\xffno", "cannot be read as arrow"),
        ("a.jsonl", b'{"text": "a"}\n{"text": b}\n', "line 2 is not JSON"),
        ("a.jsonl", b'{"text": "a"}\n\n{"txt": "b"}\n', "line 3: the field 'text' is missing; it has 'txt'"),
        ("a.jsonl", b'{"text": "a"}\n{"text": 7}\n', "line 2: the field 'text' is not text"),
        ("a.jsonl", '{"text": "Größe"}\n'.encode("latin1"), "is not UTF-8: byte 12 is 0xf6"),
    ],
)
def test_a_broken_file_is_named_with_what_is_wrong_and_where(tmp_path, name, content, expected):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CorpusError, match=expected):
        open_corpus(f"text:{tmp_path / name}").read()


def test_a_row_with_the_character_zero_is_named(tmp_path):
    path = parquet(tmp_path / "a.parquet", frame(["fine", "not\0fine"]))
    with pytest.raises(CorpusError, match="row 2 contains the character 0"):
        open_corpus(f"text:{path}").read()


def test_a_saved_dataset_that_lacks_a_file_is_refused(tmp_path):
    folder = saved(tmp_path / "d", {"": [frame()]})
    (folder / "data-00000-of-00001.arrow").unlink()
    with pytest.raises(CorpusError, match=r"data-00000-of-00001\.arrow is missing, and state\.json"):
        open_corpus(f"text:{folder}")
    (folder / "state.json").write_text("{}")
    with pytest.raises(CorpusError, match="names no files of data"):
        open_corpus(f"text:{folder}")


def test_the_tokens_of_a_table_are_made_once_and_again_when_the_file_changes(tmp_path):
    path = parquet(tmp_path / "a.parquet", frame())
    first = tokenise(f"text:{path}", "bytes", tmp_path / "cache")
    assert tokenise(f"text:{path}", "bytes", tmp_path / "cache").data_id == first.data_id
    assert sum(facts.documents for facts in first.index.splits.values()) == len(TEXTS)
    parquet(path, frame([*TEXTS, "one more"]))
    assert tokenise(f"text:{path}", "bytes", tmp_path / "cache").data_id != first.data_id


def test_a_dataset_by_name_is_refused_without_its_package():
    if importlib.util.find_spec("datasets") is not None:
        pytest.skip("datasets is installed")
    with pytest.raises(CorpusError, match=r"needs the package datasets.*pip install 'scalinglaws\[datasets\]'"):
        open_corpus("hf:Salesforce/wikitext")


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of packages that are not ours
def test_the_real_package_saves_and_loads_the_same_corpus_and_its_failure_is_a_line(tmp_path, lines, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    dataset = datasets.Dataset.from_dict({"id": range(len(TEXTS)), "text": TEXTS})
    dataset.save_to_disk(tmp_path / "saved", num_shards=3)
    dataset.shuffle(seed=1).select(range(200)).save_to_disk(tmp_path / "shuffled")
    for folder in ("saved", "shuffled"):
        assert content_hash(open_corpus(f"text:{tmp_path / folder}").read()) == lines
    (tmp_path / "named").mkdir()
    dataset.to_json(tmp_path / "named" / "train.jsonl")
    for name in (f"hf:{tmp_path / 'named'}", f"hf:{tmp_path / 'named'}#text"):
        corpus = open_corpus(name)
        assert content_hash(corpus.read()) == lines
        assert open_corpus(name).stamp == corpus.stamp
    with pytest.raises(CorpusError, match="the field 'txt' is missing; it has 'id', 'text'"):
        open_corpus(f"hf:{tmp_path / 'named'}#txt").read()
    with pytest.raises(CorpusError, match=r"cannot be loaded: .*save_to_disk\('FOLDER'\)"):
        open_corpus("hf:nobody/nothing")
