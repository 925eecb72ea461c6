"""A long document cut into pieces at its line ends, so that a part of it can be held out."""

MARKS = (b"\n", b" ")


def pieces(text: bytes, size: int) -> list[bytes]:
    """Cut a document at the first line end, space or character after every `size` bytes; a little more is one piece."""
    found, start = [], 0
    while start < len(text):
        end = start + size
        if end + size // 2 >= len(text):
            end = len(text)
        else:
            near = [place for mark in MARKS if (place := text.find(mark, end, end + size)) >= 0]
            end = near[0] + 1 if near else next(i for i in range(end, end + 4) if text[i] & 0xC0 != 0x80)
        found.append(text[start:end].strip(b"\n"))
        start = end
    return [one for one in found if one and not one.isspace()]
