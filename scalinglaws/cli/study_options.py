"""Options of the verbs that take a study file, and how they are read."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError
from .app import data_dir, emit, say, show

Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a key of the study's file.")
]
Only = Annotated[str | None, typer.Option(metavar="F-N,F-B", help="Only these families of a set.")]
Field = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The field of the corpus with the text; by default text, content or the only one."
    ),
]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]
Track = Annotated[
    list[str] | None,
    typer.Option(
        metavar="wandb|mlflow|tensorboard",
        help="Send each run to this tracker while it trains: settings, curve and result. May be given several times.",
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        help="auto: the compiled step where it can train a run, else PyTorch; plain: PyTorch; graphed: on a GPU, "
        "its step as one CUDA graph; sharded: a run cut over the processes of torchrun."
    ),
]
SpeedOption = Annotated[
    str | None,
    typer.Option(
        "--speed",
        metavar="1e14[,0.004]",
        help="Assume these FLOP/s of all processes together, and seconds to start the kernels of a step; time nothing.",
    ),
]

Goal = Annotated[
    str | None,
    typer.Option("--for", metavar="TEXT", help="Choose runs for this: 'plan at C=1e21', or 'loss at N=1e9,D=2e10'."),
]
Money = Annotated[
    str | None,
    typer.Option(
        "--budget",
        metavar="1e19|'8 h'|'500 money'",
        help="With --for: FLOPs, a time on this machine (s, min, h or d), or money with --price-per-hour.",
    ),
]
MaxRun = Annotated[float | None, typer.Option(metavar="FLOPS", help="With --for: maximum FLOPs of one run.")]

Minutes = Annotated[
    float | None,
    typer.Option(metavar="3", help="Of a folder or file of text: about how long the study may take.  \\[default: 3]"),
]
MINUTES = 3.0
TABLES = (".csv", ".tsv", ".xlsx", ".parquet")


def is_text(study: str) -> bool:
    """Whether what is asked for is a folder or file of text, and no preset and no study file.

    Raises:
        MisuseError: it is a table, or the folder of a study.
    """
    from ..designing.read_study import presets

    place = Path(study)
    if study in presets() or study.endswith(".toml") or not place.exists():
        return False
    if place.suffix.lower() in TABLES:
        raise MisuseError(f"{study} is a table, and no text to study. For its runs: scalinglaws report {study}.")
    if (place / "store.json").exists():
        raise MisuseError(
            f"{study} is the folder of a study, and no text. Repeat the command that began it to go on, or draw its "
            f"page: scalinglaws report {study}."
        )
    return True


def study_of_text(text: str, folder: Path, minutes: float | None) -> Path:
    """Give the study file of a text: the one that its folder has, or one that is written there."""
    from ..studying.first_study import TOML, first_study

    if (folder / TOML).exists():
        say(f"{folder / TOML} is there already: this study is taken up again, as it was laid out")
        return folder / TOML
    made = first_study(Path(text), folder, minutes or MINUTES, say)
    for line in made.said:
        say(line)
    say(f"{made.path}: {len(made.study.shapes)} sizes; about {made.seconds / 60:.1f} minutes on this machine when idle")
    return made.path


def asked_study(
    study: str,
    only: str | None,
    changes: list[str] | None,
    field: str | None = None,
    more: Mapping[str, object] | None = None,
):
    """Read the study that is asked for: its file with `--set`, `--field` and `--only`, and with more of its keys."""
    from ..designing.read_study import read_study
    from ..designing.study_file import Families

    asked = read_study(study, {**_changes(changes or []), **(more or {})})
    if field is not None:
        studies = asked.studies if isinstance(asked, Families) else (asked,)
        studies = tuple(replace(one, corpus=_with_field(one.corpus, field)) for one in studies)
        asked = replace(asked, studies=studies) if isinstance(asked, Families) else studies[0]
    if only is None:
        return asked
    if not isinstance(asked, Families):
        raise MisuseError(f"--only is for a set of families; {study} is one study.")
    return asked.only([name.strip() for name in only.split(",")])


def _with_field(corpus: str, field: str) -> str:
    if not corpus.startswith(("text:", "hf:")) or "#" in corpus:
        raise MisuseError(
            f"--field {field}: it names the field of records with the text, of a corpus text:PATH or hf:NAME that "
            f"names none itself; this study's is {corpus}. Give one, such as --set corpus=text:pages.jsonl."
        )
    return f"{corpus}#{field}"


def _changes(texts: list[str]) -> dict:
    """Read KEY=VALUE, the value as in TOML; any other value is taken as text."""
    import tomllib

    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise MisuseError(f"--set {text}: give KEY=VALUE, such as --set corpus=text:notes/ or --set seeds=2.")
        try:
            found[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[key.strip()] = value.strip()
    return found


def print_design(asked, device: str, engine: str, speed: str | None, json: bool):
    """Print every run of a study and what it costs; train nothing."""
    from ..studying.estimate import estimate

    found = estimate(asked, data_dir=data_dir(), device=device, engine=engine, speed=asked_speed(speed), say=say)
    emit(found.plain()) if json else show(found)


def asked_speed(text: str | None):
    """Read FLOPS or FLOPS,SECONDS."""
    from ..studying.estimate import Speed

    if text is None:
        return None
    try:
        found = Speed(*(float(part) for part in text.split(",")))
        if found.flops_per_second > 0 <= found.launch_seconds:
            return found
    except (ValueError, TypeError):
        pass
    raise MisuseError(
        f"--speed {text}: give FLOP/s, such as 1e14, or with the seconds to start a step's kernels, such as 1e14,4e-3."
    )


TIMES = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def amount_of(budget: str | None, price_per_hour: float | None) -> tuple[float, str]:
    """Read a budget: (FLOPs, "FLOPs"), or (seconds, "s"), money being turned into seconds by its price per hour."""
    form = "give FLOPs, such as --budget 1e19, or a time, such as --budget '8 h'"
    number, _, unit = (budget or "").strip().partition(" ")
    for name in ("min", "money", *TIMES):
        if not unit and number.endswith(name) and number[: -len(name)].replace(".", "", 1).isdigit():
            number, unit = number[: -len(name)], name
    try:
        value = float(number)
    except ValueError:
        raise MisuseError(f"--budget {budget or 'is missing'}: {form}.") from None
    if not 0 < value < 1e40 or (unit not in ("", "FLOPs", "money", *TIMES)):
        raise MisuseError(f"--budget {budget}: {form}.")
    if unit == "money":
        if price_per_hour is None:
            raise MisuseError(f"--budget {budget}: money needs its price, such as --price-per-hour 2.5.")
        return value / price_per_hour * TIMES["h"], "s"
    return (value * TIMES[unit], "s") if unit in TIMES else (value, "FLOPs")
