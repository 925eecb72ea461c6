"""Make the pages that the documentation shows: of studies of this project, and of public tables of runs.

    python pages/examples.py [NAME ...]

They go to build/examples. One that is newer than all that it is made from is left as it is. A study that was not
trained here, or a table that is not on this machine (SCALINGLAWS_DATA), has no page, and the site no link to it.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TO = ROOT / "build" / "examples"
TABLES = Path(os.environ.get("SCALINGLAWS_DATA", ROOT.parent / "shared" / "data")) / "runs"


@dataclass(frozen=True)
class Example:
    """A page: its name in docs/examples.md, the first of these folders or files that is there, and options."""

    name: str
    sources: tuple[Path, ...]
    options: tuple[str, ...] = ()

    @property
    def source(self) -> Path | None:
        """What it is made from; None where that is not on this machine."""
        return next((path for path in self.sources if path.exists()), None)


EXAMPLES = (
    Example("quickstart", (ROOT / "quickstart", ROOT / "studies" / "quickstart")),
    Example("kaplan-cpu", (ROOT / "studies" / "kaplan-cpu",)),
    Example("chinchilla", (TABLES / "chinchilla_epoch.csv",)),
    Example(
        "gadre",
        (TABLES / "gadre_testbed.csv",),
        ("--where", "loss_split == c4_val and train_set == c4_original"),
    ),
    Example("xlstm", (TABLES / "xlstm_isoflop_runs.csv",), ("--where", "arch == 'llama' and n_ctx == 8192")),
)


def made(example: Example) -> Path | None:
    """Make the page of an example and give it; None where its source is not on this machine."""
    source, page = example.source, TO / example.name / "index.html"
    if source is None:
        return None
    if not _is_current(page, source):
        command = [sys.executable, "-m", "scalinglaws", "report", str(source), *example.options, "--to", page.parent]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{done.stdout}{done.stderr}\nThe page of {example.name} could not be made: see above.")
    return page


def _is_current(page: Path, source: Path) -> bool:
    """Say whether a page is newer than its runs and than the code that makes it."""
    files = [source, *source.rglob("*"), *(ROOT / "scalinglaws").rglob("*")]
    code = [path for path in files if path.is_file() and "__pycache__" not in path.parts]
    return page.is_file() and page.stat().st_mtime > max(path.stat().st_mtime for path in code)


def linked(text: str, pages: dict[str, Path]) -> str:
    """Link the names in the table of docs/examples.md to their pages, where these were made."""
    for name in pages:
        text = text.replace(f"| {name} |", f"| [{name}](examples/{name}/index.html) |")
    return text


def main() -> None:
    """Make the pages that are named, or all."""
    known = {one.name: one for one in EXAMPLES}
    if unknown := sorted(set(sys.argv[1:]) - set(known)):
        sys.exit(f"There is no example {', '.join(unknown)}. Known: {', '.join(known)}.")
    for name in sys.argv[1:] or known:
        page = made(known[name])
        print(page.relative_to(ROOT) if page else f"{name}: its runs are not on this machine")


if __name__ == "__main__":
    main()
