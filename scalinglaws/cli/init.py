"""Write the study of a text, without training it."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError
from .app import MEASURE, To, app, require_training, show
from .study_options import Minutes, is_text, study_of_text


@app.command(rich_help_panel=MEASURE)
def init(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A folder or file of text.")],
    to: To = None,
    minutes: Minutes = None,
):
    """Write the study of a folder or file of text as `study` would lay it out for some minutes; train nothing.

    Example:  scalinglaws init notes/ --minutes 10 --to notes-study
    """
    require_training()
    if not is_text(text):
        raise MisuseError(
            f"{text}: there is no such folder or file of text. A preset needs no text: scalinglaws design quickstart."
        )
    made = study_of_text(text, to or Path(f"{Path(text).resolve().stem}-study"), minutes)
    show(f"written: {made}\nnext:    scalinglaws design {made}\n         scalinglaws study {made} --to {made.parent}")
