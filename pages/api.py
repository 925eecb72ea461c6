"""Write docs/api.md: the Python API, from the signatures and docstrings of the public names.

python pages/api.py > docs/api.md
"""

import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from typing import Any

import scalinglaws

HEAD = """# The Python API

Every public name of `scalinglaws`, by the room of the package that defines it. This page is written from the signatures
and docstrings by `python pages/api.py > docs/api.md`; a test holds it.
"""
ORDER = (
    *("points", "formats", "laws", "fitting", "uncertainty", "predicting", "comparing", "frontiers", "planning"),
    *("arms", "counting", "auditing", "measurements", "claims", "run", "studying", "reporting", "errors"),
)  # the order of the work; a room that is not here comes last
SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields|Examples?):$", re.MULTILINE)
LONGEST = 100  # characters of a signature on one line


def page() -> str:
    """Lay out the page: a section for each room, an entry for each name."""
    rooms: dict[str, list[str]] = {}
    for name in scalinglaws.__all__:
        rooms.setdefault(room_of(getattr(scalinglaws, name)), []).append(name)
    lines = [HEAD]
    for room in sorted(rooms, key=lambda room: (ORDER.index(room) if room in ORDER else len(ORDER), room)):
        lines += [f"## {room.capitalize()}", "", about_room(room), ""]
        lines += [line for name in rooms[room] for line in entry(name, getattr(scalinglaws, name))]
    return "\n".join(lines).rstrip() + "\n"


def room_of(thing: Any) -> str:
    """Name the room that defines a thing; of a value, that of what it holds."""
    if isinstance(thing, dict) and thing:
        thing = type(next(iter(thing.values())))
    module = thing.__name__ if inspect.ismodule(thing) else getattr(thing, "__module__", None) or "scalinglaws"
    return [*module.split("."), "package"][1]


def about_room(room: str) -> str:
    """Give the first sentence of a room's docstring."""
    module = importlib.import_module(f"scalinglaws.{room}" if room != "package" else "scalinglaws")
    return (inspect.getdoc(module) or "").split("\n\n")[0]


def entry(name: str, thing: Any) -> Iterator[str]:
    """Give the lines of one public name: its signature, its docstring, and the methods of a class."""
    yield from (f"### {name}", "")
    if not callable(thing):
        yield from (value_line(name, thing), "")
        return
    if not (inspect.isclass(thing) and issubclass(thing, Exception)):
        yield from ("```python", signature(name, thing), "```", "")
    yield from (docstring(inspect.getdoc(thing) or ""), "")
    if inspect.isclass(thing):
        methods = [line for member, value in vars(thing).items() for line in method(name, member, value)]
        yield from (*methods, *([""] if methods else []))


def value_line(name: str, thing: Any) -> str:
    """Say of a public value what it is."""
    if isinstance(thing, str):
        return f"`{name}`: text, {thing!r} in this version."
    held = f" of {len(thing)} entries: name -> {type(next(iter(thing.values()))).__name__}" if thing else ""
    return f"`{name}` is a {type(thing).__name__}{held if isinstance(thing, dict) else f', `{thing!r}`'}."


def method(owner: str, member: str, value: Any) -> list[str]:
    """Give the line of a public method or property, with the first sentence of its docstring."""
    called = value.__func__ if isinstance(value, classmethod | staticmethod) else value
    about = (inspect.getdoc(called) or "").split("\n\n")[0].replace("\n", " ")
    if member.startswith("_") or not about:
        return []
    if isinstance(value, property):
        return [f"- `.{member}`: {about}"]
    return [f"- `.{signature(member, called, first=1, split=False)}`: {about}"] if callable(called) else []


def signature(name: str, thing: Any, *, first: int = 0, split: bool = True) -> str:
    """Write a signature with short names of types, a parameter a line where one line is too long for it."""
    try:
        asked = inspect.signature(thing)
    except ValueError:
        return name
    fields = list(asked.parameters.values())[first:]
    line = shortened(f"{name}{asked.replace(parameters=fields)}").removesuffix(" -> None")
    if len(line) <= LONGEST or not split:
        return line
    parts, marked = [], False
    for field in fields:
        if field.kind is field.KEYWORD_ONLY and not marked:
            marked = parts.append("    *,") or True
        parts.append(f"    {shortened(str(field))},")
    back = shortened(str(inspect.Signature(return_annotation=asked.return_annotation))).removeprefix("()")
    return "\n".join([f"{name}(", *parts, f"){back.removesuffix(' -> None')}"])


def shortened(text: str) -> str:
    """Leave the modules out of the names of types."""
    text = re.sub(r"\b(?:[a-zA-Z_]\w*\.)+(?=[A-Za-z_])", "", text.replace("<factory>", "..."))
    return re.sub(r"(: |-> )'([A-Z][\w\[\], |]*)'", r"\1\2", text)  # a type that was written as a text


def docstring(text: str) -> str:
    """Turn a docstring into Markdown: a list for each of its sections, the rest as it stands."""
    opening, *sections = SECTION.split(text)
    lines = [opening.rstrip()]
    for title, body in zip(sections[::2], sections[1::2], strict=True):
        block, rest = indented(body)
        lines += ["", f"**{title}**", "", *items(block)]
        lines += ["", rest] if rest else []
    return "\n".join(lines)


def indented(body: str) -> tuple[str, str]:
    """Part a section's indented lines from what follows it."""
    found = re.match(r"\n((?:(?: {4}.*)?\n?)*)", body)
    assert found
    return textwrap.dedent(found[1]), body[found.end() :].strip()


def items(block: str) -> list[str]:
    """Give an item for each line of a section that is not the continuation of one."""
    found: list[str] = []
    for line in block.splitlines():
        if line.startswith(" ") and found:
            found[-1] += f" {line.strip()}"
        elif line.strip():
            named = re.match(r"([\w, .*]+?): (.*)", line)
            names = ", ".join(f"`{name.strip()}`" for name in named[1].split(",")) if named else ""
            found.append(f"- {names}: {named[2]}" if named else f"- {line}")
    return found


if __name__ == "__main__":
    print(page(), end="")
