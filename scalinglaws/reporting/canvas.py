"""Figures without global state: made, styled and written as SVG and PDF, with the same bytes every time."""

import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.labelsize": 9.0,
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.which": "major",
    "grid.color": "#e4e6ea",
    "grid.linewidth": 0.6,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.minor.size": 1.8,
    "ytick.minor.size": 1.8,
    "legend.fontsize": 8.0,
    "legend.frameon": False,
    "legend.handlelength": 2.2,
    "legend.labelspacing": 0.35,
    "lines.linewidth": 1.6,
    "mathtext.fontset": "dejavusans",
    "svg.fonttype": "none",
    "svg.hashsalt": "scalinglaws",
    "pdf.fonttype": 42,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
MOST_BESIDE, IN_A_ROW = 4, 3  # panels
WIDTH, NARROW = 10.4, 4.3  # inches; the same width for all, so that letters have the same size on the page
RASTER_DPI = 200  # resolution of what is drawn as pixels: the points of a long table
POINTS_A_REM = 10.2  # points per rem: how large letters may become on a wide page
_FALLBACKS = "'DejaVu Sans', Verdana, 'Bitstream Vera Sans', sans-serif"


@contextmanager
def styled() -> Iterator[None]:
    """Context for drawing and writing: matplotlib's defaults and this style, whatever the user's settings are."""
    import matplotlib
    from matplotlib.style import context

    with matplotlib.rc_context(), context(["default", STYLE]):
        yield


def new_figure(panels: int, *, stacked: bool = False, width: float = WIDTH, height: float = 3.6):
    """Make a figure of panels side by side, in rows of `IN_A_ROW` where there are many, or one above the other.

    Args:
        width, height: width of the figure and height of one row of panels, in inches.

    Returns:
        the Figure and the list of its Axes.
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    columns = 1 if stacked else panels if panels <= MOST_BESIDE else IN_A_ROW
    rows = -(-panels // columns)
    size = NARROW if stacked else width, height * rows
    spaced = ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.08, wspace=0.03, hspace=0.04)
    figure = Figure(figsize=size, layout=spaced, dpi=RASTER_DPI)
    FigureCanvasSVG(figure)
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for empty in axes[panels:]:
        empty.remove()
    return figure, axes[:panels]


def as_svg(figure, name: str) -> str:
    """Write a figure as an SVG document whose ids all begin with its name."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.StringIO()
    FigureCanvasSVG(figure).print_svg(buffer, metadata={"Date": None, "Title": name})  # savefig draws twice
    text = buffer.getvalue().replace("'DejaVu Sans'", _FALLBACKS)
    seen: Counter[str] = Counter()
    text = re.sub(r'\bid="([^"]+)"', lambda found: f'id="{_identity(name, found[1], seen)}"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    return re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{name}-\1"', text)


def _identity(name: str, given: str, seen: Counter) -> str:
    """Make a unique id of plain characters that begins with the figure's name."""
    identity = f"{name}-" + re.sub(r"[^\w.]+", "-", given).strip("-")
    seen[identity] += 1
    return identity if seen[identity] == 1 else f"{identity}-{seen[identity]}"


def as_pdf(figure) -> bytes:
    """Write a figure as PDF with its fonts embedded."""
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    buffer = io.BytesIO()
    FigureCanvasPdf(figure).print_pdf(buffer, metadata={"CreationDate": None})
    return buffer.getvalue()


def inline(svg: str, label: str) -> str:
    """Reduce an SVG document to the element for the page, which sets its size, with a label for screen readers.

    Its title goes: a browser would show the name of the file under the pointer.
    """
    element = svg[svg.index("<svg") :]
    element = re.sub(r"<(metadata|title)>.*?</\1>", "", element, flags=re.DOTALL)
    element = re.sub(r"<!--.*?-->", "", element, flags=re.DOTALL)
    view = re.findall(r'viewBox="([^"]+)"', element)[0]
    body = element[element.index(">") + 1 :]
    spoken = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    widest = float(view.split()[2]) / POINTS_A_REM
    return f'<svg viewBox="{view}" style="max-width:{widest:.1f}rem" role="img" aria-label="{spoken}">{body}'.strip()
