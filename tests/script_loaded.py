"""A script of benchmarks/ or pages/ as a module, for tests of what it writes."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def script(place: str):
    """Load a script by its place in the project, such as "pages/api.py"."""
    spec = spec_from_file_location(Path(place).stem, ROOT / place)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
