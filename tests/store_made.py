"""Small stores, trained in the process that asks for them."""

import shutil
from dataclasses import replace

from scalinglaws.corpora.token_files import open_data
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.design import design
from scalinglaws.designing.study_file import Study
from scalinglaws.records.json_values import to_plain, write_json
from scalinglaws.store.store import open_store
from scalinglaws.training.worker import work

STUDY = Study("s", ((1, 4),), (1e3, 2e3), n_ctx=16, batch=4, eval_tokens=256, evaluations=6, warmup_steps=4)


def small_text(cache):
    """A few tokens of a made-up language."""
    return tokenise("synthetic:tokens=40000,val_tokens=2000,test_tokens=2000,vocabulary=32", "symbols", cache)


def sweep_of(study, data):
    return design(study, data.vocabulary, data.data_id, len(data.split("train")))


def store_with(folder, data, study):
    """A store in which a study was trained, in this process."""
    store = open_store(folder, create=True)
    shutil.copytree(data.folder, store.data / data.data_id, dirs_exist_ok=True)
    extend(store, study)
    return store


def extend(store, study):
    """Train what a study lacks; gives the ids of the runs that were trained or went on."""
    data = open_data(store.data, next(path.name for path in store.data.glob("*") if path.is_dir()))
    sweep = sweep_of(study, data)
    write_json(store.path / "sweep.json", to_plain(sweep))
    lacking = {spec.id for spec in sweep.runs if not store.has(spec)}
    for spec in sweep.runs:
        store.ask(spec)
    work(store, [spec.id for spec in sweep.runs])
    return lacking


def numbers(store, study):
    """Everything that was measured, without the clock."""
    data = open_data(store.data, next(path.name for path in store.data.glob("*") if path.is_dir()))
    runs = store.runs_of(sweep_of(study, data).runs)
    return {run.spec.id: [replace(e, seconds=0.0) for e in run.curve] for run in runs}
