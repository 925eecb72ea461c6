"""The references of a page as BibTeX: this package, and the papers whose laws or checklist it shows."""

from ..results.study_results import StudyResults

PACKAGE = """@software{scalinglaws,
  title  = {scalinglaws: measure, fit and use neural scaling laws},
  author = {{The scalinglaws authors}},
  year   = {2026},
  note   = {version %s}
}"""
KAPLAN = """@article{kaplan2020scaling,
  title   = {Scaling Laws for Neural Language Models},
  author  = {Kaplan, Jared and McCandlish, Sam and Henighan, Tom and Brown, Tom B. and Chess, Benjamin and
             Child, Rewon and Gray, Scott and Radford, Alec and Wu, Jeffrey and Amodei, Dario},
  journal = {arXiv:2001.08361},
  year    = {2020}
}"""
HOFFMANN = """@article{hoffmann2022training,
  title   = {Training Compute-Optimal Large Language Models},
  author  = {Hoffmann, Jordan and Borgeaud, Sebastian and Mensch, Arthur and others},
  journal = {arXiv:2203.15556},
  year    = {2022}
}"""
MISFITTING = """@article{li2025misfitting,
  title   = {(Mis)Fitting: A Survey of Scaling Laws},
  author  = {Li, Margaret and Kudugunta, Sneha and Zettlemoyer, Luke},
  journal = {arXiv:2502.18969},
  year    = {2025}
}"""
OF_HOFFMANN = ("chinchilla", "hoffmann")  # how the names of its laws begin


def references(results: StudyResults) -> str:
    """Write the references of a page: those of its laws by name, and of its checklist."""
    package = PACKAGE % results.versions.get("scalinglaws", "unknown")
    theirs = [HOFFMANN] if any(one.law.startswith(OF_HOFFMANN) for one in results.fits) else []
    return "\n".join([package, KAPLAN, *theirs, MISFITTING])
