"""The published laws: one file per paper."""

from ..errors import LawError, unknown_name
from . import (
    abnar2025,
    alabdulmohsin2022,
    bergsma2025,
    bhagia2024,
    bjorck2024,
    brandfonbrener2024,
    brown2020,
    busbridge2025,
    caballero2022,
    chen2025,
    clark2022,
    deepseek2024,
    farseer2025,
    frantar2023,
    gadre2024,
    henighan2020,
    hernandez2021,
    hestness2017,
    hoffmann2022,
    hu2024,
    krajewski2024,
    krajewski2025,
    kumar2024,
    li2024,
    li2025,
    liu2025,
    llama2024,
    lovelace2026,
    ludziejewski2025,
    luo2025,
    mcleish2025,
    muennighoff2023,
    pearce2024,
    porian2024,
    roberts2026,
    rosenfeld2020,
    ruan2024,
    sardana2023,
    skaling2026,
    tao2024,
    tian2025,
    tissue2024,
    zhang2024,
)
from .declaration import LINEAR, Law, Parameter, Published
from .kaplan2020 import allocation, curves, efficient, loss

PAPERS = (
    loss,
    curves,
    efficient,
    allocation,
    brown2020,
    hestness2017,
    rosenfeld2020,
    henighan2020,
    hernandez2021,
    hoffmann2022,
    pearce2024,
    porian2024,
    deepseek2024,
    llama2024,
    hu2024,
    muennighoff2023,
    lovelace2026,
    sardana2023,
    gadre2024,
    brandfonbrener2024,
    farseer2025,
    skaling2026,
    mcleish2025,
    liu2025,
    bhagia2024,
    ruan2024,
    krajewski2025,
    roberts2026,
    caballero2022,
    alabdulmohsin2022,
    chen2025,
    clark2022,
    frantar2023,
    krajewski2024,
    abnar2025,
    ludziejewski2025,
    tian2025,
    tao2024,
    kumar2024,
    busbridge2025,
    li2024,
    tissue2024,
    luo2025,
    li2025,
    bjorck2024,
    bergsma2025,
    zhang2024,
)

LAWS: dict[str, Law] = {member.name: member for paper in PAPERS for member in paper.LAWS}

# A law of a loss that falls to zero -> its form above a constant loss. Without one a loss far out is predicted too low.
WITH_FLOOR = {
    "kaplan-n": "henighan-n",
    "kaplan-d": "henighan-d",
    "kaplan-c": "henighan-c",
    "kaplan-cmin": "henighan-c",
    "kaplan-nd": "brandfonbrener-nd",
    "kaplan-ns": "kaplan-ns-floor",
    "kaplan-n-log": "henighan-n",
    "gpt3-c": "henighan-c",
    "moonlight": "henighan-c",
    "hestness": "henighan-d",
    "hernandez-loss": "hernandez-loss-floor",
    "farseer": "skaling",
    "clark": "clark-floor",
    "clark-dense": "henighan-n",
}


def law(name: str) -> Law:
    """Look up a published law by its name.

    Raises:
        NameUnknownError: with the nearest known name.
    """
    if not isinstance(name, str):
        raise LawError(f"law: name is a {type(name).__name__}; it must be the name of a law, such as 'chinchilla'.")
    if name not in LAWS:
        raise unknown_name("law", name, LAWS, "scalinglaws laws")
    return LAWS[name]


__all__ = ["LAWS", "LINEAR", "WITH_FLOOR", "Law", "Parameter", "Published", "law"]
