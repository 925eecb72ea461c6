"""Show the progress of a study."""

from .app import MEASURE, Folder, Json, app, emit, show


@app.command(rich_help_panel=MEASURE)
def status(folder: Folder, json: Json = False):
    """Show the progress of a study: runs done, in progress and to come.

    Example:  scalinglaws status quickstart
    """
    from ..studying.status import status as read_status

    found = read_status(folder)
    emit(found.plain()) if json else show(found)
