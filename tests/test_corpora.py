"""Corpora: no text in two splits, none that moves, and every wrong file named with what is wrong with it."""

import bz2
import gzip
import json
import lzma
import sysconfig
from hashlib import sha256

import pytest

from scalinglaws.corpora import open_corpus
from scalinglaws.corpora.corpus import SPLITS, content_hash, split_documents, split_of
from scalinglaws.corpora.duplicates import drop_near_duplicates
from scalinglaws.corpora.text import PIECE
from scalinglaws.corpora.text_files import ALWAYS_READ, BETWEEN_DOCUMENTS
from scalinglaws.errors import CorpusError, NameUnknownError

TEXTS = [f"document number {i}, about nothing".encode() for i in range(400)]


def where(documents):
    """Document -> its split."""
    return {text: split for split in SPLITS for text in getattr(documents, split)}


def write(folder, name, content):
    """Write a file and the folders above it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_every_document_is_in_one_split_and_copies_are_dropped():
    documents = split_documents("x", TEXTS * 3)
    everything = [text for split in SPLITS for text in getattr(documents, split)]
    assert sorted(everything) == sorted(TEXTS)


def test_one_document_in_twenty_is_held_out_for_each_of_test_and_validation():
    counts = [sum(split_of(i.to_bytes(4, "big")) == split for i in range(4000)) for split in ("test", "val")]
    assert counts == [200, 200]


def test_adding_documents_moves_none_and_keeps_their_order():
    before, after = split_documents("x", TEXTS[:300]), split_documents("x", TEXTS)
    assert where(before).items() <= where(after).items()
    assert [text for text in after.train if text in set(TEXTS[:300])] == before.train


def test_a_limit_takes_the_beginning_of_the_training_text_and_leaves_the_rest():
    whole, part, less = (split_documents("x", TEXTS, limit_bytes=limit) for limit in (None, 5000, 2000))
    assert (part.train, less.train) == (whole.train[: len(part.train)], whole.train[: len(less.train)])
    assert 4900 < sum(map(len, part.train)) <= 5000
    assert (part.test, part.val) == (whole.test, whole.val)


def test_the_order_of_the_files_does_not_matter():
    assert content_hash(split_documents("x", TEXTS)) == content_hash(split_documents("x", TEXTS[::-1]))


def test_given_splits_stay_and_text_that_is_in_test_is_not_trained_on():
    documents = split_documents("x", TEXTS, {"test": TEXTS[:5], "val": TEXTS[3:8]})
    assert sorted(documents.test) == sorted(TEXTS[:5])
    assert sorted(documents.val) == sorted(TEXTS[5:8])
    assert sorted(documents.train) == sorted(TEXTS[8:])


def test_a_document_most_of_which_stands_in_another_is_a_near_duplicate():
    lines = [f"a line of its own, number {i}" for i in range(100)]
    long = "\n".join(lines).encode()
    inside = "\n".join(["    " + line for line in lines[:40]]).encode()
    half = "\n".join(lines[:50] + [f"a line of another text, {i}" for i in range(50)]).encode()
    kept = drop_near_duplicates([long, inside, half, b"x", b"x"])
    assert kept == [long, half, b"x", b"x"]


def test_the_library_of_this_python_is_a_corpus():
    corpus = open_corpus("stdlib")
    documents = corpus.read()
    texts = where(documents)
    assert sum(map(len, texts)) > 5_000_000
    assert len(documents.test) > 10 and len(documents.val) > 10
    assert sum(b"import unittest" in text for text in texts) < 20
    assert not any(b"\0" in text for text in texts)
    assert content_hash(documents) == content_hash(open_corpus("stdlib").read())
    assert "Python Software Foundation" in corpus.licence


def test_a_python_without_sources_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(CorpusError, match=r"has no \.py files"):
        open_corpus("stdlib")


def test_two_blank_lines_part_the_documents_of_a_txt_file_and_of_no_other(tmp_path):
    joined = BETWEEN_DOCUMENTS.join(TEXTS) + b"\n"
    write(tmp_path, "a/books.txt", joined)
    assert where(open_corpus(f"text:{tmp_path}/a").read()) == where(split_documents("x", TEXTS))
    for i in range(100):
        write(tmp_path, f"b/{i}.py", f"x = {i}".encode() + BETWEEN_DOCUMENTS + b"y = 2")
    assert len(where(open_corpus(f"text:{tmp_path}/b").read())) == 100


@pytest.mark.parametrize("suffix, compress", [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_compressed_text_is_the_same_text(tmp_path, suffix, compress):
    path = write(tmp_path, f"books.txt{suffix}", compress(BETWEEN_DOCUMENTS.join(TEXTS)))
    assert where(open_corpus(f"text:{path}").read()) == where(split_documents("x", TEXTS))


def test_zstandard_text_is_the_same_text(tmp_path):
    zstandard = pytest.importorskip("zstandard")
    frames = [zstandard.ZstdCompressor().compress(part) for part in (TEXTS[0] + b"\n", b"\n\n" + TEXTS[1])]
    write(tmp_path, "train.txt.zst", b"".join(frames))
    write(tmp_path, "val.txt", TEXTS[2])
    write(tmp_path, "test.txt", TEXTS[3])
    assert sorted(open_corpus(f"text:{tmp_path}").read().train) == TEXTS[:2]


def test_files_named_for_splits_are_the_splits_and_other_files_are_left(tmp_path):
    for split, texts in {"train": TEXTS[:50], "val": TEXTS[50:60], "test": TEXTS[60:70]}.items():
        write(tmp_path, f"{split}.txt.xz", lzma.compress(BETWEEN_DOCUMENTS.join(texts)))
    write(tmp_path, "README.md", b"not text to train on")
    documents = open_corpus(f"text:{tmp_path}").read()
    found = [sorted(getattr(documents, split)) for split in SPLITS]
    assert found == [sorted(TEXTS[:50]), sorted(TEXTS[50:60]), sorted(TEXTS[60:70])]


def test_a_split_that_no_file_names_is_drawn_from_the_training_file(tmp_path):
    write(tmp_path, "train.txt", BETWEEN_DOCUMENTS.join(TEXTS[:300]))
    write(tmp_path, "val.txt", BETWEEN_DOCUMENTS.join(TEXTS[300:]))
    documents = open_corpus(f"text:{tmp_path}").read()
    assert sorted(documents.val) == sorted(TEXTS[300:])
    assert set(documents.test) == {text for text in TEXTS[:300] if split_of(sha256(text).digest()) == "test"}


def test_source_code_called_train_and_test_is_no_split(tmp_path):
    for i in range(100):
        write(tmp_path, f"test_{i}.py", f"assert {i}".encode())
    write(tmp_path, "train.py", b"loss.backward()")
    assert len(where(open_corpus(f"text:{tmp_path}").read())) == 101


def test_a_note_whose_name_begins_like_a_split_drops_no_other(tmp_path):
    for i, text in enumerate(TEXTS[:300]):
        write(tmp_path, f"note-{i}.txt", text)
    write(tmp_path, "training-plan.txt", TEXTS[300])
    corpus = open_corpus(f"text:{tmp_path}")
    assert sorted(where(corpus.read())) == sorted(TEXTS[:301])
    assert corpus.origin.startswith("301 text files")
    assert "not every file is named after a split, so training-plan.txt is read like any other file" in corpus.origin


def test_files_that_all_are_named_for_splits_are_the_splits_whatever_follows_the_name(tmp_path):
    for split, texts in {"train-of-books": TEXTS[:50], "test-of-books": TEXTS[50:60]}.items():
        write(tmp_path, f"{split}.txt", BETWEEN_DOCUMENTS.join(texts))
    write(tmp_path, "README.md", b"a note on the data")
    corpus = open_corpus(f"text:{tmp_path}")
    assert sorted(corpus.read().test) == sorted(TEXTS[50:60])
    assert corpus.origin.endswith("Files named after train and test are the splits; left out: README.md.")
    write(tmp_path, "more.txt", TEXTS[70])
    assert len(where(open_corpus(f"text:{tmp_path}").read())) == 62


def test_three_splits_of_json_lines_are_these_splits(tmp_path):
    for split, texts in {"train": TEXTS[:50], "val": TEXTS[50:60], "test": TEXTS[60:70]}.items():
        write(tmp_path, f"{split}.jsonl", b"\n".join(json.dumps({"text": t.decode()}).encode() for t in texts))
    for place in (tmp_path, tmp_path / "*.jsonl"):
        documents = open_corpus(f"text:{place}").read()
        found = [sorted(getattr(documents, split)) for split in SPLITS]
        assert found == [sorted(TEXTS[:50]), sorted(TEXTS[50:60]), sorted(TEXTS[60:70])]


def records(field, **others):
    return [{field: text.decode(), "id": i, **others} for i, text in enumerate(TEXTS)]


@pytest.mark.parametrize(
    "rows",
    [records("text", url="x"), records("content", title="y"), records("body"), [t.decode() for t in TEXTS]],
    ids=["text", "content", "the only text", "strings"],
)
def test_each_line_of_json_is_a_document_by_its_text(tmp_path, rows):
    lines = "\r\n".join(["", *map(json.dumps, rows)]).encode()
    for name, content in {
        "a.jsonl": lines,
        "a.ndjson.gz": gzip.compress(lines),
        "a.jsonl.xz": lzma.compress(lines),
    }.items():
        path = write(tmp_path, name, content)
        assert sorted(where(open_corpus(f"text:{path}").read())) == sorted(TEXTS)


def test_the_field_of_a_json_record_can_be_named(tmp_path):
    path = write(tmp_path, "a#b/a.json", json.dumps(records("body", title="one of a kind")).encode())
    assert sorted(where(open_corpus(f"text:{path}#body").read())) == sorted(TEXTS)
    assert sorted(where(open_corpus(f"text:{tmp_path}/a#b/*.json#body").read())) == sorted(TEXTS)
    with pytest.raises(CorpusError, match=r"its fields are 'body', 'id', 'title'.*corpus = \"text:.*a\.json#body\""):
        open_corpus(f"text:{path}").read()
    with pytest.raises(CorpusError, match=r"record 1: the field 'id' is not text"):
        open_corpus(f"text:{path}#id").read()
    with pytest.raises(CorpusError, match=r"the field 'boddy' is missing; it has 'body', 'id', 'title'"):
        open_corpus(f"text:{path}#boddy").read()
    write(tmp_path, "a.txt", b"no records")
    with pytest.raises(CorpusError, match=r"none of the files is \.jsonl, \.json, \.parquet or \.arrow"):
        open_corpus(f"text:{tmp_path}/a.txt#body")


def test_json_that_is_no_list_of_records_is_one_document(tmp_path):
    for i in range(100):
        write(tmp_path, f"{i}.json", json.dumps({"version": i}).encode())
    assert len(where(open_corpus(f"text:{tmp_path}").read())) == 100


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_other_line_ends_are_line_ends(tmp_path, end):
    many = [f"document {i},\nof two lines".encode() for i in range(2000)]
    path = write(tmp_path, "a.txt", BETWEEN_DOCUMENTS.join(many).replace(b"\n", end))
    assert sorted(where(open_corpus(f"text:{path}").read())) == sorted(many)


def test_a_byte_order_mark_is_no_text_and_a_blank_document_is_none(tmp_path):
    for i, text in enumerate(TEXTS[:200]):
        write(tmp_path, f"{i}.txt", b"\xef\xbb\xbf" + text)
        write(tmp_path, f"blank/{i}.txt", b" " * i + b"\n\t\n")
    assert sorted(where(open_corpus(f"text:{tmp_path}").read())) == sorted(TEXTS[:200])


@pytest.mark.parametrize("between, first", [(" ", 0x61), ("", 0x4E00)], ids=["spaces", "no spaces"])
def test_a_book_of_one_line_is_cut_at_spaces_or_between_characters(tmp_path, between, first):
    words = [chr(first + i % 20) + chr(first + i * 7919 % 19_997) for i in range(240_000)]
    path = write(tmp_path, "book.txt", between.join(words).encode())
    pieces = [piece.decode() for piece in where(open_corpus(f"text:{path}").read())]
    assert len(pieces) > 40
    assert sorted("".join(pieces)) == sorted(between.join(words))


def test_hidden_files_are_left_and_globs_go_deep(tmp_path):
    for i, text in enumerate(TEXTS[:200]):
        write(tmp_path, f"{i % 3}/{i}.txt", text)
    write(tmp_path, ".git/config.txt", b"hidden")
    write(tmp_path, "0/image.png", b"\x89PNG")
    assert len(where(open_corpus(f"text:{tmp_path}/**/*.txt").read())) == 200


def test_a_book_is_cut_at_line_ends_so_that_a_part_can_be_held_out(tmp_path):
    lines = [f"line {i} of one long book, with nothing between its chapters" for i in range(40_000)]
    path = write(tmp_path, "book.txt", "\n".join(lines).encode())
    pieces = list(where(open_corpus(f"text:{path}").read()))
    assert sorted(line for piece in pieces for line in piece.decode().split("\n")) == sorted(lines)
    assert max(map(len, pieces)) < PIECE + 100


def test_a_book_beside_a_validation_file_is_cut_for_the_test_split_and_one_with_both_is_not(tmp_path):
    lines = [f"line {i} of one long book, with nothing between its chapters" for i in range(40_000)]
    write(tmp_path, "train.txt", "\n".join(lines).encode())
    write(tmp_path, "val.txt", TEXTS[0])
    assert len(open_corpus(f"text:{tmp_path}").read().test) > 1
    write(tmp_path, "test.txt", TEXTS[1])
    assert len(open_corpus(f"text:{tmp_path}").read().train) == 1


def test_a_folder_of_the_data_folder_is_opened_by_its_name(tmp_path):
    write(tmp_path, "corpora/letters/train.txt", BETWEEN_DOCUMENTS.join(TEXTS))
    assert open_corpus("data:letters", data_dir=tmp_path).read().train
    with pytest.raises(CorpusError, match="which contains: letters"):
        open_corpus("data:leters", data_dir=tmp_path)
    with pytest.raises(CorpusError, match="Set SCALINGLAWS_DATA"):
        open_corpus("data:letters")


@pytest.mark.parametrize(
    "name, content, expected",
    [
        ("latin.txt", b"12345\xe9 caf", "latin.txt is not UTF-8: byte 5 is 0xe9"),
        ("latin.txt.xz", lzma.compress(b"a" * 70_000 + b"\xff"), "byte 70000 is 0xff"),
        ("cut.txt", b"caf\xc3", "byte 3 is 0xc3"),
        ("null.txt", b"ab\0c", "null.txt is not text: byte 2 is 0"),
        ("wide.txt", "naïve".encode("utf-16"), "iconv -f utf-16 -t utf-8"),
        ("wide.txt", b"a\0b\0c\0", "iconv -f utf-16le -t utf-8"),
        ("a.jsonl", b'{"text": "a"}\n{"text"', "a.jsonl: line 2 is not JSON"),
        ("a.jsonl", b'{"text": "a"}\n7', "a.jsonl: line 2 is not a JSON record"),
        ("a.jsonl", b'{"text": "\\u0000"}', "line 1 contains the character 0"),
        ("a.jsonl", b'{"text": "\\ud800"}', "line 1 contains half of a surrogate pair"),
        ("a.jsonl", b"[" * 99_999, "a.jsonl: line 1 is not JSON"),
        ("a.json", b"[" * 99_999, "a.json: it is not JSON"),
        ("bomb.txt.gz", gzip.compress(bytes(ALWAYS_READ + 1)), "decompresses to more than 67,108,864 bytes"),
        ("broken.txt.gz", b"not gzip", "broken.txt.gz cannot be read"),
        ("broken.txt.bz2", b"not bzip2", "cannot be read"),
        ("broken.txt.xz", lzma.compress(b"text" * 999)[:-30], "cannot be read"),
        ("broken.txt.zst", b"not zstandard", "broken.txt.zst cannot be read|zstandard. Install"),
        ("empty.txt", b"\n\n\n\n", "contain no text"),
        ("short.txt", b"one\n\n\ntwo", "has 2 distinct documents, too few"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(tmp_path, name, content, expected):
    path = write(tmp_path, name, content)
    with pytest.raises(CorpusError, match=expected):
        open_corpus(f"text:{path}").read()


def test_text_that_is_not_there_is_an_error(tmp_path):
    for path, expected in {"nowhere.txt": "does not exist", "*.txt": "matches no files", "": "has no files"}.items():
        with pytest.raises(CorpusError, match=expected):
            open_corpus(f"text:{tmp_path}/{path}")


@pytest.mark.parametrize("name", ["stdlb", "text", "text:", "wikipedia"])
def test_an_unknown_corpus_is_an_error_that_lists_the_known(name):
    with pytest.raises(
        NameUnknownError, match="Known: bin:PATH, data:NAME, facts, hf:NAME, skills, stdlib, synthetic, text:PATH"
    ):
        open_corpus(name)


def test_limits_are_checked():
    with pytest.raises(CorpusError, match="must be above 0"):
        open_corpus("stdlib", limit_bytes=0)
    with pytest.raises(CorpusError, match="takes tokens"):
        open_corpus("synthetic", limit_bytes=100)
