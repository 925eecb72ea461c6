"""A set of families of runs, end to end: text, sweeps, training, and the tables of measurements."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..claims.page import page
from ..designing.arms_of_study import data_of
from ..designing.design import lay_out
from ..designing.study_file import Families
from ..launching.executors import HERE, Where
from ..launching.launch import Failure, launch, require_success
from ..launching.limits import limits_of
from ..launching.needs import stated
from ..launching.progress import Progress
from ..measurements.reading_tables import TABLES
from ..points.points import Points
from ..points.writing import write_points
from ..records.json_values import to_plain, write_json, write_whole
from ..reporting.families_page import families_page
from ..results.attempt import attempt
from ..store.store import Store, new_or_kept
from ..training.compiled.support import say_engine
from ..training.trackers import check_trackers, complaints, forget_complaints
from .experiment import experiment
from .family_sweeps import Family, joined, read_families
from .page_while_training import REPORT, PageWhileTraining
from .placing import placed
from .run_tables import FAMILIES, curve_table, position_table, run_table


@dataclass(frozen=True)
class Measured:
    """The tables of a set of families: one row per run, per evaluation, and per position in the context."""

    points: Points
    curves: Points
    positions: Points


def measure(
    asked: Families,
    to: Path,
    *,
    data_dir: Path | None = None,
    device: str = "cpu",
    engine: str = "auto",
    track: Sequence[str] = (),
    where: Where = HERE,
    tell: Callable[[Progress], None] = lambda progress: None,
    say: Callable[[str], None] = lambda text: None,
) -> Measured:
    """Train every family of a set in one folder, or resume; families share the runs that they have in common.

    A family starts as soon as the earlier ones leave a process free. The tables points.csv, curves.csv and
    positions.csv are written whenever a family is complete; at the end the verdicts on the claims go to
    findings.json and findings.md, and the page of all figures to report/. Each run is sent to the trackers in `track`.

    Raises:
        MisuseError: the set, a text or the folder cannot be used, or a limit would be exceeded; nothing is trained.
        RunsFailedError: a training process failed; finished runs are kept.
        LimitReachedError: a limit of the set was reached; states are kept.
    """
    track, asked_now = check_trackers(track), dict[str, Family]()
    told: dict[str, None] = {}
    with new_or_kept(to) as store, PageWhileTraining(store, asked.name, "", tell, fitted=False) as tell:
        for study in asked.studies:
            data = data_of(study, store.data, data_dir)
            told[data.told()] = None
            asked_now[study.name] = Family(study, lay_out(study, data, store.data, data_dir))
        laid_out = {**read_families(store), **asked_now}
        for line in told:
            say(line)
        write_json(store.path / FAMILIES, to_plain(laid_out))
        write_json(store.path / "sweep.json", to_plain(joined(asked.name, laid_out.values())))
        for family in asked_now.values():
            there, runs = sum(map(store.has, family.sweep.runs)), len(family.sweep.runs)
            say(f"{family.study.name}: {there} of {runs} runs are done. {family.study.about}".rstrip())
        forget_complaints(store)
        how = {"device": device, "engine": engine, "track": track, "tell": tell}
        how |= {"limits": limits_of(asked), "said": stated(asked)}
        families = list(asked_now.values())
        _require_within(families, store, where, how, say)
        failures = _train(families, store, where, how, say, lambda: _tables(asked.name, store, laid_out))
        for line in complaints(store):
            say(line)
        measured = _tables(asked.name, store, laid_out)
        require_success(failures, f"chains of runs of {asked.name}")
        _judge(asked.name, store, say)
        return measured


def _judge(name: str, store: Store, say):
    """Write the verdicts, and the page of the set with its figures."""
    found = experiment(store.path)
    write_json(store.path / "findings.json", to_plain(found.found))
    title = f"What the runs of {name} say of Kaplan et al. 2020"
    write_whole(store.path / "findings.md", page(found.found, title).encode())
    say(f"{found.found.summary}; see {store.path / 'findings.md'}")
    attempt(
        lambda: say(f"report: {families_page(found, store.path / REPORT).resolve()}"),
        lambda why: say(f"the page could not be written: {why}. The tables are kept: scalinglaws report {store.path}"),
    )


def _require_within(families: list[Family], store: Store, where: Where, how: dict, say) -> None:
    """Refuse a set whose missing runs, each counted once, are estimated to exceed its limits."""
    from .limits_checked import require_runs_within  # which imports PyTorch

    most = max(family.study.processes for family in families)
    require_runs_within(joined("", families), most, store, where, how, say)


def _train(families: list[Family], store: Store, where: Where, how: dict, say, tables: Callable) -> list[Failure]:
    """Train the missing runs, earlier families first, and write the tables whenever some families are complete."""
    sweep = joined("", families)
    stages = [frozenset(run.id for run in family.sweep.runs) for family in families]
    most = max(family.study.processes for family in families)
    executor = placed(where, most, how["device"], how["said"], sweep.runs)
    say_engine([spec for spec in sweep.runs if not store.has(spec)], how["device"], how["engine"], say)
    from .estimate import seconds_here  # it imports PyTorch, which reading a study does not need

    seconds = seconds_here(sweep, device=how["device"], engine=how["engine"], say=say)
    return launch(sweep, store, executor, **how, seconds=seconds, stages=stages, ended=lambda stage: tables())


def _tables(name: str, store: Store, families: dict[str, Family]) -> Measured:
    members: dict[str, list[str]] = {}
    for family in families.values():
        for spec in family.sweep.runs:
            members.setdefault(spec.id, []).append(family.study.name)
    sweep = joined(name, families.values())
    runs = store.runs_of(sweep.runs)
    found = Measured(
        run_table(runs, {run_id: " ".join(names) for run_id, names in members.items()}, sweep.left_out, name),
        curve_table(runs),
        position_table(runs),
    )
    for table in TABLES:
        write_points(getattr(found, table), store.path / f"{table}.csv")
    return found
