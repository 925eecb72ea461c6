"""A tokenizer.json of one's own: its ids moved up by one, nothing cut or added, and no bits per byte where it loses."""

from dataclasses import replace

import numpy as np
import pytest
import tokenizers as library

from scalinglaws.corpora.tokenise import tokenise, tokenise_test
from scalinglaws.designing.read_study import read_study
from scalinglaws.errors import CorpusError
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.tokenizers import SEPARATOR, key_of, make_tokenizer, named_vocabulary

PROSE = [f"The loss of model {i} falls as a power law of size, of data, and of compute.".encode() for i in range(300)]


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A text; a tokenizer that loses nothing, and cuts and pads; and one of whole words, with an unknown word."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "text.txt").write_bytes(b"\n\n\n".join(PROSE))
    (folder / "other.txt").write_bytes(b"\n\n\n".join(text.replace(b"loss", b"error") for text in PROSE))
    model = library.Tokenizer.from_str(make_tokenizer("bpe:400", PROSE).json)
    model.enable_truncation(5)
    model.enable_padding(length=9)
    model.post_processor = library.processors.TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", model.token_to_id("<|endoftext|>"))]
    )
    model.save(str(folder / "tokenizer.json"))
    words = library.Tokenizer(library.models.WordLevel({"[UNK]": 0, "loss": 1, "power": 5}, unk_token="[UNK]"))
    words.pre_tokenizer = library.pre_tokenizers.Whitespace()
    words.save(str(folder / "words.json"))
    return folder


def test_the_ids_are_those_of_the_file_moved_up_by_one_and_nothing_is_cut_padded_or_added(places):
    own, made = make_tokenizer(f"file:{places}/tokenizer.json", ()), make_tokenizer("bpe:400", PROSE)
    texts = [*PROSE[:5], "Grüße, 世界 — 🚀".encode(), b"<|endoftext|> spelled out", b""]
    for text, ids, theirs in zip(texts, own.encode(texts), made.encode(texts), strict=True):
        np.testing.assert_array_equal(ids, theirs + 1)
        assert not (ids == SEPARATOR).any()
        assert own.decode(ids) == text.decode()
    assert own.vocabulary == made.vocabulary + 1 == named_vocabulary(f"file:{places}")


def test_a_vocabulary_with_gaps_has_room_for_its_largest_id(places):
    assert named_vocabulary(f"file:{places}/words.json") == 7


def test_documents_are_separated_and_bits_per_byte_need_a_tokenizer_that_gives_the_text_back(places, tmp_path):
    data = tokenise(f"text:{places}/text.txt", f"file:{places}/tokenizer.json", tmp_path)
    assert (data.split("test") == SEPARATOR).sum() == data.index.splits["test"].documents
    assert data.bytes_per_token("test") > 2
    lossy = tokenise(f"text:{places}/text.txt", f"file:{places}/words.json", tmp_path)
    assert np.isnan(lossy.bytes_per_token("test"))
    assert "does not give back the text" in lossy.told()
    assert "does not give back" not in data.told()


def test_the_tokens_are_named_by_the_content_of_the_file_and_not_by_its_path(places, tmp_path):
    corpus, moved = f"text:{places}/text.txt", tmp_path / "moved.json"
    moved.write_bytes((places / "tokenizer.json").read_bytes())
    first = tokenise(corpus, f"file:{places}/tokenizer.json", tmp_path / "cache")
    again = tokenise(corpus, f"file:{moved}", tmp_path / "cache")
    assert first.data_id == again.data_id
    assert again.index.tokenizer == f"file:{moved}"
    spec = RunSpec(Shape(1, 8, 1, 32, 401), "text", f"file:{moved}", first.data_id, 40_000, 8, 0.03, 10)
    assert spec.id == replace(spec, tokenizer="file:elsewhere.json").id
    moved.write_bytes((places / "words.json").read_bytes())
    assert tokenise(corpus, f"file:{moved}", tmp_path / "cache").data_id != first.data_id
    assert key_of(f"file:{moved}") == key_of(f"file:{places}/words.json")


def test_another_text_is_tested_in_the_same_tokens(places, tmp_path):
    data = tokenise(f"text:{places}/text.txt", f"file:{places}/tokenizer.json", tmp_path)
    other = tokenise_test(f"text:{places}/other.txt", data, tmp_path)
    assert other.vocabulary == data.vocabulary
    text = make_tokenizer(f"file:{places}/tokenizer.json", ()).decode(other.split("test")[:40])
    assert "error" in text


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("file:", "does not exist.*'file:my/tokenizer.json'"),
        ("file:nowhere.json", r"nowhere\.json does not exist"),
        ("file:{folder}/text.txt", r"is no tokenizer\.json.*save_pretrained"),
        ("file:{folder}/bad.json", r"is no tokenizer\.json"),
        ("file:{folder}/latin.json", "cannot be read as text"),
    ],
)
def test_what_is_no_tokenizer_is_refused_by_name(places, tmp_path, name, expected):
    (places / "bad.json").write_text('{"version": "1.0"}')
    (places / "latin.json").write_bytes("ö".encode("latin1"))
    with pytest.raises(CorpusError, match=expected):
        tokenise(f"text:{places}/text.txt", name.format(folder=places), tmp_path)


def test_a_path_in_a_study_is_relative_to_its_file(places, tmp_path, monkeypatch):
    (places / "s.toml").write_text(
        'shapes = [[1, 8]]\ntokens = [1e4]\ncorpus = "text:text.txt"\ntokenizer = "file:tokenizer.json"\n'
    )
    monkeypatch.chdir(tmp_path)
    study = read_study(str(places / "s.toml"))
    assert tokenise(study.corpus, study.tokenizer, tmp_path / "cache").vocabulary == 401
