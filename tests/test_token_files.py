"""Tokens on disk: the same as tokenising directly, done once, and whole or not at all."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scalinglaws.corpora import open_corpus
from scalinglaws.corpora.synthetic import evaluation_floor
from scalinglaws.corpora.token_files import open_data
from scalinglaws.corpora.tokenise import STALE_SECONDS, tokenise, tokenise_test
from scalinglaws.errors import CorpusError, NameUnknownError, StoreError
from scalinglaws.records.json_values import read_json, write_json
from scalinglaws.tokenizers import make_tokenizer

ROOT = Path(__file__).resolve().parents[1]
SPLITS = ("train", "val", "test")
SYNTHETIC = "synthetic:words=50,vocabulary=16,tokens=5000,val_tokens=1024,test_tokens=2048"
ONE_TOKENISING = (
    "import sys\nfrom pathlib import Path\nfrom scalinglaws.corpora.tokenise import tokenise\n"
    "print(tokenise(sys.argv[1], 'bytes', Path(sys.argv[2])).data_id)"
)
KILLED_AT_FLUSH = (
    "import os, signal, sys\nflush, left = os.fsync, [int(sys.argv[3])]\n"
    "def fsync(file):\n    left[0] -= 1\n    flush(file) if left[0] else os.kill(os.getpid(), signal.SIGKILL)\n"
    "os.fsync = fsync\n" + ONE_TOKENISING
)


@pytest.fixture
def books(tmp_path):
    """Two hundred documents in one file."""
    path = tmp_path / "books.txt"
    path.write_text("\n\n\n".join(f"Book {i} says that the loss falls, and é" + " again" * (i % 7) for i in range(200)))
    return path


def start(code, *arguments):
    """Start a process of this Python at the root of the repository."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def folders(cache):
    """What lies in a cache, but for the pointers."""
    return sorted(path.name for path in cache.iterdir() if path.name != "seen")


@pytest.mark.parametrize("name", ["bytes", "bpe:300"])
def test_mapped_tokens_are_those_of_direct_tokenisation(books, tmp_path, name):
    data = tokenise(f"text:{books}", name, tmp_path / "cache")
    documents = open_corpus(f"text:{books}").read()
    tokenizer = make_tokenizer(name, documents.train)
    for split in SPLITS:
        texts = getattr(documents, split)
        direct = [np.append(ids, 0) for ids in tokenizer.encode(texts)]
        assert isinstance(data.split(split), np.memmap)
        assert (data.split(split) == np.concatenate(direct)).all()
        assert data.document_starts(split).tolist() == np.cumsum([0, *map(len, direct)])[:-1].tolist()
        assert data.bytes_per_token(split) == sum(map(len, texts)) / sum(map(len, direct))
    assert data.vocabulary == tokenizer.vocabulary
    assert data.split("train").dtype == (np.uint8 if name == "bytes" else np.uint16)


def test_places_are_told_their_document(books, tmp_path):
    data = tokenise(f"text:{books}", "bytes", tmp_path / "cache")
    starts = data.document_starts("test")
    assert data.documents_of("test", np.array([0, starts[1] - 1, starts[1], starts[-1] + 3])).tolist() == [
        0,
        0,
        1,
        len(starts) - 1,
    ]
    assert (data.split("test")[starts[1:] - 1] == 0).all()


def test_the_text_is_read_once_and_again_when_its_file_changes(books, tmp_path):
    cache, name = tmp_path / "cache", f"text:{books}"
    first = tokenise(name, "bytes", cache)
    made, stat = first.folder.stat().st_mtime_ns, books.stat()
    books.write_bytes(books.read_bytes().replace(b"Book 7 ", b"Book x "))
    os.utime(books, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert tokenise(name, "bytes", cache).data_id == first.data_id  # size and time are the same: it was not read
    os.utime(books, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert tokenise(name, "bytes", cache).data_id != first.data_id
    books.write_bytes(books.read_bytes().replace(b"Book x ", b"Book 7 "))
    back = tokenise(name, "bytes", cache)
    assert (back.data_id, back.folder.stat().st_mtime_ns) == (first.data_id, made)  # the same text: nothing is written


def test_the_same_text_in_other_files_has_the_same_tokens_under_its_own_name(books, tmp_path):
    first = tokenise(f"text:{books}", "bytes", tmp_path / "cache")
    copy = tmp_path / "copy.txt"
    copy.write_bytes(books.read_bytes())
    second = tokenise(f"text:{copy}", "bytes", tmp_path / "cache")
    assert second.folder == first.folder
    assert second.facts()["name"] == f"text:{copy}"


def test_tokenizers_and_limits_make_other_data(books, tmp_path):
    ask = [("bytes", None), ("bpe:300", None), ("bpe:301", None), ("bytes", 3000)]
    ids = [tokenise(f"text:{books}", name, tmp_path / "cache", limit_bytes=limit).data_id for name, limit in ask]
    assert len(set(ids)) == 4


@pytest.mark.parametrize("name", ["bytes", "bpe:300"])
def test_another_corpus_is_read_in_the_tokens_of_the_first(books, tmp_path, name):
    cache, other = tmp_path / "cache", tmp_path / "other.txt"
    other.write_text("\n\n\n".join(f"Letter {i}: dear reader of loss number {i}" for i in range(300)))
    data = tokenise(f"text:{books}", name, cache)
    foreign = tokenise_test(f"text:{other}", data, cache)
    tokenizer = make_tokenizer(name, open_corpus(f"text:{books}").read().train)
    own = open_corpus(f"text:{other}").read().test
    expected = np.concatenate([np.append(ids, 0) for ids in tokenizer.encode(own)])
    assert np.array_equal(foreign.split("test"), expected)
    assert (foreign.vocabulary, foreign.index.splits["train"].tokens) == (data.vocabulary, 0)
    assert tokenise_test(f"text:{other}", data, cache).data_id == foreign.data_id
    with pytest.raises(CorpusError, match="one of the two is not text"):
        tokenise_test(SYNTHETIC, data, cache)


def test_data_is_opened_by_its_hash_alone(books, tmp_path):
    made = tokenise(f"text:{books}", "bpe:300", tmp_path / "cache")
    found = open_data(tmp_path / "cache", made.data_id)
    assert found == made
    assert (found.folder / "tokenizer.json").is_file()
    with pytest.raises(StoreError, match="does not exist"):
        open_data(tmp_path / "cache", "0" * 16)


def test_data_of_another_version_is_refused(books, tmp_path):
    made = tokenise(f"text:{books}", "bytes", tmp_path / "cache")
    write_json(made.folder / "index.json", read_json(made.folder / "index.json") | {"format": 99})
    with pytest.raises(StoreError, match="has format 99, and this version reads 1"):
        open_data(tmp_path / "cache", made.data_id)


@pytest.mark.parametrize("file", ["index.json", "train.bin", "test.starts.bin"])
def test_tokens_that_lost_a_file_or_a_part_of_one_are_refused_by_hash_and_made_again_by_name(books, tmp_path, file):
    cache = tmp_path / "cache"
    made = tokenise(f"text:{books}", "bytes", cache)
    whole = (made.folder / file).read_bytes()
    (made.folder / file).write_bytes(whole[:-8])
    with pytest.raises(StoreError):
        open_data(cache, made.data_id)
    (made.folder / file).unlink()
    with pytest.raises(StoreError):
        open_data(cache, made.data_id)
    assert tokenise(f"text:{books}", "bytes", cache).data_id == made.data_id
    assert (made.folder / file).read_bytes() == whole


@pytest.mark.parametrize("flush", [1, 3, 6, 7, 8])
def test_a_process_killed_at_any_write_leaves_nothing_that_passes_for_tokens(books, tmp_path, flush):
    cache = tmp_path / "cache"
    killed = start(KILLED_AT_FLUSH, f"text:{books}", cache, flush)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    left = folders(cache)
    assert left and all(name.endswith(".part") or open_data(cache, name) for name in left)
    data = tokenise(f"text:{books}", "bytes", cache)
    direct = tokenise(f"text:{books}", "bytes", tmp_path / "fresh")
    assert data.data_id == direct.data_id
    assert all((data.split(split) == direct.split(split)).all() for split in SPLITS)


def test_what_a_killed_process_left_is_removed_after_a_day(books, tmp_path):
    left = tmp_path / "cache" / ".0123.1.1.part"
    fresh = tmp_path / "cache" / ".4567.1.1.part"
    left.mkdir(parents=True)
    fresh.mkdir()
    day_ago = left.stat().st_mtime - STALE_SECONDS - 1
    os.utime(left, (day_ago, day_ago))
    data = tokenise(f"text:{books}", "bytes", tmp_path / "cache")
    assert folders(tmp_path / "cache") == sorted([fresh.name, data.data_id])


def test_processes_that_tokenise_at_once_agree(books, tmp_path):
    cache = tmp_path / "cache"
    both = [start(ONE_TOKENISING, f"text:{books}", cache) for _ in range(2)]
    said = {process.communicate()[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert folders(cache) == sorted(said)
    assert open_data(cache, said.pop()).split("train").size > 0


def test_a_folder_that_cannot_be_written_is_an_error(books, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="name another folder"):
        tokenise(f"text:{books}", "bytes", tmp_path / "file" / "cache")


def test_smaller_subsets_lie_in_larger_ones(books, tmp_path):
    data = tokenise(f"text:{books}", "bytes", tmp_path / "cache")
    small, large = data.split("train", 500), data.split("train", 1000)
    assert (len(small), len(large)) == (500, 1000)
    assert (small == large[:500]).all()
    with pytest.raises(CorpusError, match="999,999 unique tokens were requested from the train split"):
        data.split("train", 999_999)
    with pytest.raises(CorpusError, match="the splits are train, val, test"):
        data.split("extra")


def test_a_synthetic_corpus_is_kept_as_the_symbols_it_is_made_of(tmp_path):
    data = tokenise(SYNTHETIC, "symbols", tmp_path / "cache")
    documents = open_corpus(SYNTHETIC).read()
    assert [data.split(split).size for split in SPLITS] == [5000, 1024, 2048]
    assert all((data.split(split) == np.concatenate(getattr(documents, split))).all() for split in SPLITS)
    assert (data.vocabulary, data.truth) == (16, documents.truth)
    assert data.facts()["bytes_per_token"] is None
    assert 0 < data.truth["floor_nats"] < evaluation_floor(data, 8, 2048) < np.log(16)


def test_text_has_no_known_floor(books, tmp_path):
    data = tokenise(f"text:{books}", "bytes", tmp_path / "cache")
    assert (data.truth, evaluation_floor(data, 8, 2048)) == ({}, None)


def test_facts_for_the_report_add_up(books, tmp_path):
    facts = tokenise(f"text:{books}", "bytes", tmp_path / "cache").facts()
    assert facts["documents"] == 200
    assert facts["tokens"] == facts["bytes"] + 200
    assert len(facts["content"]) == 12
    assert facts["name"] == f"text:{books}"


def test_corpus_and_tokenizer_must_go_together(books, tmp_path):
    with pytest.raises(CorpusError, match="take tokenizer 'symbols'"):
        tokenise(SYNTHETIC, "bytes", tmp_path)
    with pytest.raises(CorpusError, match="is text"):
        tokenise(f"text:{books}", "symbols", tmp_path)
    with pytest.raises(NameUnknownError, match="no tokenizer"):
        tokenise(f"text:{books}", "words", tmp_path)
