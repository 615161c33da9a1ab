"""Makes a shared library safe to load beside another build of itself in one process.

A Python extension's libraries are loaded apart from each other (RTLD_LOCAL), so that symbols of two Arrows do not
mix, except for
those with the binding STB_GNU_UNIQUE (statics of inline functions and templates): the loader merges them by name in the
whole process, also between versions whose layouts differ. As weak symbols they are looked up like all others.
"""

import pathlib
import struct

_SHT_DYNSYM = 11
_STB_WEAK = 2
_STB_GNU_UNIQUE = 10


def weaken_unique_symbols(path: pathlib.Path) -> int:
    """Gives every STB_GNU_UNIQUE symbol of the library the binding STB_WEAK, in place.

    Returns:
        how many there were.
    """
    image = bytearray(path.read_bytes())
    if image[:6] != b"\x7fELF\x02\x01":
        raise ValueError(f"{path} is no 64-bit little-endian ELF file")
    section_headers, entry_size, count = _section_table(image)
    changed = 0
    for index in range(count):
        header = struct.unpack_from("<IIQQQQIIQQ", image, section_headers + index * entry_size)
        kind, offset, size, symbol_size = header[1], header[4], header[5], header[9]
        if kind == _SHT_DYNSYM:
            changed += _weaken(image, offset, size, symbol_size)
    if changed:
        path.write_bytes(image)
    return changed


def _section_table(image: bytearray) -> tuple[int, int, int]:
    (offset,) = struct.unpack_from("<Q", image, 0x28)
    entry_size, count = struct.unpack_from("<HH", image, 0x3A)
    return offset, entry_size, count


def _weaken(image: bytearray, offset: int, size: int, symbol_size: int) -> int:
    changed = 0
    for info in range(offset + 4, offset + size, symbol_size):  # st_info follows st_name
        binding, kind = image[info] >> 4, image[info] & 15
        if binding == _STB_GNU_UNIQUE:
            image[info] = _STB_WEAK << 4 | kind
            changed += 1
    return changed
