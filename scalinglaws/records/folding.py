"""How a text is folded to fit a width: the one place where lines are wrapped, for a command and for Python's print."""

import re
from shutil import get_terminal_size

NARROWEST = 40  # columns: a smaller terminal gets lines of this width
HANGING = 4  # spaces before the further lines of one that is folded
GAP = 2  # most spaces between the columns of a row that is folded
WORD = re.compile(r"(\s*)((?:(?<!\w)'[^']*'(?!\w)|(?<!\w)\"[^\"]*\"(?!\w)|\S)+)")
LABEL = re.compile(r" *(?:\S+(?: \S+)? {2,}|[A-Z]\w*: )")  # a word or two before a gap, or a heading
COMMAND = "scalinglaws"
ENDS = (".", ";", ")", ",")  # a word with such an end is the last of a command in a sentence


def columns_here() -> int:
    """Give the columns of the terminal: those of COLUMNS, otherwise the terminal's, otherwise 80."""
    return max(get_terminal_size().columns, NARROWEST)


def folded(text: str, width: int | None) -> str:
    """Fold the lines of a text that are too long, each further line set in.

    A command that is folded can still be pasted: its lines end in a backslash, and a quoted word stays whole.
    """
    if width is None:
        return text
    return "\n".join(part for line in text.split("\n") for part in _parts(line, width))


def _parts(line: str, width: int) -> list[str]:
    if len(line) <= width:
        return [line]
    first = len(line) - len(line.lstrip())
    label = LABEL.match(line)
    if label and len(label[0]) <= width // 4:
        indent, begun, rest = " " * len(label[0]), label[0], line[label.end() :]
    else:
        indent, begun, rest = " " * min(first + HANGING, width // 3), " " * min(first, width // 3), line.lstrip()
    lines, command = [begun], False
    for gap, word in WORD.findall(rest):
        pieces = [word] if command or len(indent) + len(word) <= width else _broken(word, width - len(indent))
        for piece in pieces:
            room = width - 2 * (command or word.endswith(COMMAND))
            if lines[-1] in (begun, indent):
                lines[-1] += piece
            elif len(lines[-1]) + len(gap[:GAP]) + len(piece) <= room:
                lines[-1] += gap[:GAP] + piece
            else:
                lines[-1] += " \\" * command
                lines.append(indent + piece)
        command = (command or word.endswith(COMMAND)) and not word.endswith(ENDS)
    return lines


def _broken(word: str, room: int) -> list[str]:
    """Break a word that fits on no line: at its spaces where it is quoted, else anywhere."""
    found = [""]
    for part in word.split(" "):
        for piece in [part[i : i + room] for i in range(0, len(part), room)] or [""]:
            if found[-1] and len(found[-1]) + 1 + len(piece) > room:
                found.append(piece)
            else:
                found[-1] = f"{found[-1]} {piece}" if found[-1] else piece
    return found
