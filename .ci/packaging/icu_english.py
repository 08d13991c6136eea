"""Reduces the data of ICU, which Foundation brings, to English and to what belongs to no language.

    icu_english.py OBJECT OUTPUT.s

A third of a statically linked program would be the names of days, currencies and cities in other languages, and tables
of character sets before Unicode. Turnout writes English in UTF-8; ICU falls back to its root where it has no data of a
language. The output defines `__wrap_` before the symbol of OBJECT, for the linker's --wrap; that symbol is printed.
"""

import re
import struct
import subprocess
import sys

LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z][a-z]{3})?(_([A-Z]{2}|[0-9]{3}))?(_[A-Z]+)?")


def kept(name: str) -> bool:
    stem, _, kind = name.split("/")[-1].rpartition(".")
    if kind in ("cnv", "dict"):  # character sets; words in languages that are written without spaces
        return False
    return kind != "res" or stem.split("_")[0] == "en" or not LANGUAGE.fullmatch(stem)


def reduced(data: bytes) -> bytes:
    """A package of items, sorted by name: a header, the table of contents, names, and contents at multiples of 16."""
    header = struct.unpack_from("<H", data)[0]
    if data[2:4] != b"\xda\x27" or data[12:16] != b"CmnD":
        sys.exit("icu_english.py: this is not a package of ICU's data")
    base = memoryview(data)[header:]
    count = struct.unpack_from("<I", base)[0]
    entries = [struct.unpack_from("<II", base, 4 + 8 * index) for index in range(count)]
    ends = [start for _, start in entries[1:]] + [len(base)]
    items = []
    for (name_at, start), end in zip(entries, ends):
        name = bytes(base[name_at : name_at + 256]).split(b"\0")[0]
        if kept(name.decode()):
            items.append((name + b"\0", bytes(base[start:end])))

    names, contents = b"", b""
    names_at = 4 + 8 * len(items)
    contents_at = names_at + sum(len(name) for name, _ in items)
    contents_at += -(header + contents_at) % 16
    table = struct.pack("<I", len(items))
    for name, content in items:
        table += struct.pack("<II", names_at + len(names), contents_at + len(contents))
        names += name
        contents += content + bytes(-len(content) % 16)
    return data[:header] + (table + names).ljust(contents_at, b"\0") + contents


def main(source: str, target: str) -> None:
    section = target + ".data"
    subprocess.run(["objcopy", "-O", "binary", "--only-section=.rodata", source, section], check=True)
    symbols = subprocess.run(["nm", "--defined-only", source], check=True, capture_output=True, text=True).stdout
    symbol = re.fullmatch(r"0+ R (icudt\d+_dat)\n", symbols)
    if symbol is None:
        sys.exit("icu_english.py: the object has more than ICU's data")
    with open(section, "rb") as file:
        data = reduced(file.read())
    with open(section, "wb") as file:
        file.write(data)
    with open(target, "w", encoding="utf-8") as file:
        file.write(f'.section .rodata\n.globl __wrap_{symbol[1]}\n.balign 16\n__wrap_{symbol[1]}:\n.incbin "{section}"\n')
        file.write('.section .note.GNU-stack,"",@progbits\n')
    print(symbol[1])


main(*sys.argv[1:])
