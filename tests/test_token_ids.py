"""Text that was tokenised elsewhere (.bin and .npy), and a test text of one's own that is used whole."""

import numpy as np
import pytest

from scalinglaws.corpora import open_corpus
from scalinglaws.corpora.order import window_starts
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.design import lay_out
from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import CorpusError, StudyError

IDS = (np.random.default_rng(0).zipf(1.4, 40_000) % 300).astype("<u2")
IDS[0] = 299


@pytest.fixture
def folder(tmp_path):
    """Token ids as nanoGPT prepares them."""
    (tmp_path / "owt").mkdir()
    IDS.tofile(tmp_path / "owt" / "train.bin")
    IDS[:7001].tofile(tmp_path / "owt" / "val.bin")
    return tmp_path


def test_the_ids_are_those_of_the_files_and_losses_are_measured_on_val(folder):
    data = tokenise(f"bin:{folder}/owt#vocabulary=300", "symbols", folder / "c")
    np.testing.assert_array_equal(data.split("train"), IDS)
    np.testing.assert_array_equal(data.split("test"), IDS[:7001])
    assert data.vocabulary == 300 and data.index.splits["test"].documents == 64
    assert np.isnan(data.bytes_per_token())
    assert "measured on val.bin" in data.told()


def test_documents_end_after_the_separator_and_bytes_are_those_stated(folder):
    data = tokenise(f"bin:{folder}/owt#vocabulary=300,separator=1,test_bytes=28004", "symbols", folder / "c")
    assert data.bytes_per_token() == 4.0
    starts = data.document_starts("test")
    assert (IDS[starts[1:] - 1] == 1).all() and len(starts) == (IDS[:7001] == 1).sum() + 1


def test_another_stated_vocabulary_is_another_text_and_an_equal_copy_elsewhere_is_the_same(folder):
    one, two = (tokenise(f"bin:{folder}/owt#vocabulary={v}", "symbols", folder / "c") for v in (300, 512))
    assert (one.vocabulary, two.vocabulary) == (300, 512) and one.data_id != two.data_id
    (folder / "owt").rename(folder / "moved")
    assert tokenise(f"bin:{folder}/moved#vocabulary=300", "symbols", folder / "c").data_id == one.data_id


def test_headers_of_llm_c_32_bits_and_numpy_are_read(folder):
    for name, dtype, magic in (("a", "<u2", 20240520), ("b", "<u4", 20240801)):
        (folder / name).mkdir()
        head = np.zeros(256, "<i4")
        head[:3] = magic, 1, len(IDS)
        (folder / name / "fineweb_train_000001.bin").write_bytes(head.tobytes() + IDS.astype(dtype).tobytes())
        np.save(folder / name / "fineweb_val_000000.npy", IDS[:900])
        data = tokenise(f"bin:{folder}/{name}#vocabulary=300", "symbols", folder / "c")
        np.testing.assert_array_equal(data.split("train"), IDS)
        assert len(data.split("test")) == 900
    IDS.astype("<u4").tofile(folder / "wide.bin")
    with pytest.raises(CorpusError, match="bits=32"):
        tokenise(f"bin:{folder}/wide.bin#vocabulary=300", "symbols", folder / "c")
    data = tokenise(f"bin:{folder}/wide.bin#vocabulary=300,bits=32,tokens=5000", "symbols", folder / "c")
    assert len(data.split("train")) == 5000 and "last twentieth" in data.told()
    np.testing.assert_array_equal(data.split("test"), IDS[-2000:])


def test_the_vocabulary_that_the_message_proposes_works(folder):
    with pytest.raises(CorpusError, match="no vocabulary is stated, and the largest id is 299") as problem:
        tokenise(f"bin:{folder}/owt", "symbols", folder / "c")
    proposed = str(problem.value).split(" as in ")[1].strip("'.")
    assert tokenise(proposed, "symbols", folder / "c").vocabulary == 300
    with pytest.raises(CorpusError, match=r"largest id is 299.*#vocabulary=300,separator=1'"):
        tokenise(f"bin:{folder}/owt#vocabulary=299,separator=1", "symbols", folder / "c")


def test_files_that_are_not_token_ids_are_refused_with_what_to_do(folder):
    (folder / "odd.bin").write_bytes(b"abc")
    (folder / "text.npy").write_text("hello")
    np.save(folder / "floats.npy", np.ones(9))
    (folder / "mega.bin").write_bytes(bytes(64))
    (folder / "mega.idx").write_bytes(b"MMIDIDX")
    for rest, said in {
        "odd.bin#vocabulary=9": "no whole number of ids",
        "text.npy#vocabulary=9": "no array of numpy",
        "floats.npy#vocabulary=9": "float64",
        "mega.bin#vocabulary=9": "Megatron",
        "nothing#vocabulary=9": "does not exist",
        "owt#vocab=9": "Did you mean 'vocabulary'",
        "owt#vocabulary=300,bits=20": "16 or 32",
        "owt#vocabulary=300,tokens=50000": "there are 40,000",
        "*.bin#vocabulary=300": "Megatron",
    }.items():
        with pytest.raises(CorpusError, match=said):
            tokenise(f"bin:{folder}/{rest}", "symbols", folder / "c")
    with pytest.raises(CorpusError, match="take tokenizer 'symbols'"):
        tokenise(f"bin:{folder}/owt#vocabulary=300", "bytes", folder / "c")
    assert not list(folder.glob("c/*/index.json"))


def test_a_path_is_relative_to_the_study_file_and_no_part_of_a_runs_id(folder, monkeypatch):
    file = folder / "s.toml"
    file.write_text(
        'corpus = "bin:owt#vocabulary=300"\ntokenizer = "symbols"\nshapes = [[1, 16]]\n'
        "tokens = [2e4]\nwarmup_steps = 3\n"
    )
    study = read_study(str(file))
    ids = {run.id for run in lay_out(study, tokenise(study.corpus, study.tokenizer, folder / "c"), folder / "c").runs}
    monkeypatch.chdir(folder / "owt")
    study = read_study(str(file))
    assert study.corpus == "bin:../owt#vocabulary=300"
    assert ids == {r.id for r in lay_out(study, tokenise(study.corpus, "symbols", folder / "c"), folder / "c").runs}


def test_a_test_corpus_is_used_whole_and_its_documents_are_not_trained_on(folder):
    documents = [f"Line {i} of a text about scaling, {i * i}.".encode() for i in range(300)]
    (folder / "all.txt").write_bytes(b"\n\n\n".join(documents))
    own = [b"One document of my own.", *documents[:100]]
    (folder / "own.txt").write_bytes(b"\n\n\n".join(own))
    data = tokenise(f"text:{folder}/all.txt", "bytes", folder / "c", test=f"text:{folder}/own.txt")
    assert data.index.splits["test"].bytes == sum(map(len, own))
    train = bytes(data.split("train")).split(b"\0")
    assert not set(own) & set(train) and set(train[:-1]) < set(documents)
    assert data.data_id != tokenise(f"text:{folder}/all.txt", "bytes", folder / "c").data_id
    with pytest.raises(CorpusError, match="all of its training documents"):
        tokenise(f"text:{folder}/all.txt", "bytes", folder / "c", test=f"text:{folder}/all.txt")
    with pytest.raises(CorpusError, match="must be of one kind"):
        tokenise(f"text:{folder}/all.txt", "bytes", folder / "c", test=f"bin:{folder}/owt#vocabulary=300")
    with pytest.raises(CorpusError, match="must have one vocabulary"):
        tokenise(f"bin:{folder}/owt#vocabulary=300", "symbols", folder / "c", test=f"bin:{folder}/owt#vocabulary=301")
    assert len(open_corpus("synthetic:tokens=2000,test_tokens=2000,val_tokens=2000").read_whole()) > 3


def test_eval_tokens_of_0_reads_every_window_of_the_test_text():
    study = Study("s", ((1, 16),), (1e4,), eval_tokens=0)
    assert len(window_starts(7001, 10, study.eval_tokens)) == 700
    with pytest.raises(StudyError, match="0 for the whole test text"):
        Study("s", ((1, 16),), (1e4,), eval_tokens=-1)
