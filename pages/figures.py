"""Make the pictures of README's first screen: a report's first screen in a browser, and its first figure, as PNG.

    python pages/figures.py

The runs are those of kaplan-cpu that vary the size and the tokens alone. `scalinglaws report` writes the same page.
"""

import io
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from scalinglaws.points.reading import read_points
from scalinglaws.reporting.own.figure import drawn
from scalinglaws.reporting.own.shelf import study_figure
from scalinglaws.reporting.report import report
from scalinglaws.results.study_results import StudyResults
from scalinglaws.studying.table_study import Wanted, appraise

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "studies" / "kaplan-cpu" / "points.csv"
ROWS = "family in ('F-N F-OOD', 'F-N F-SEED F-OOD')"
TO = ROOT / "docs" / "figures"
SCREEN = {"width": 1180, "height": 1010}
COLOURS = 256  # of a file that every visitor of the first page loads
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def screen(results: StudyResults) -> bytes:
    """Write the page of results, open it as a reader does, and take its first screen."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = report(results, Path(folder), figures=[study_figure("joint")])
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        tab = opened.new_page(viewport=SCREEN, color_scheme="light")
        tab.goto(page.as_uri())
        tab.locator("figure.alive").wait_for()
        tab.wait_for_timeout(1000)
        taken = tab.screenshot()
        opened.close()
    return taken


def small(png: bytes) -> bytes:
    """Write a picture with few colours."""
    file = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(file, format="png", optimize=True)
    return file.getvalue()


if __name__ == "__main__":
    made = appraise(read_points(TABLE, where=ROWS).points, Wanted(), name="kaplan-cpu: sizes and tokens")
    TO.mkdir(exist_ok=True)
    drawn(study_figure("laws"), made).save(TO / "laws.png")
    (TO / "page.png").write_bytes(screen(made))
    for name in ("laws.png", "page.png"):
        file = TO / name
        file.write_bytes(small(file.read_bytes()))
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1000:.0f} kB")
