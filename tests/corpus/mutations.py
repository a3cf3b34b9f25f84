"""Damage for traces: what hostile or unlucky files look like. Everything follows from a seed."""

import random

import common

SIZE_MAX = 2 << 20  # larger traces are cut to whole buffers that fit
INTERESTING = (0, 1, 4, 7, 8, 0x10, 0x47, 0x48, 0x49, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000,
               0xFFF8, 0xFFFE, 0xFFFF, 0x10000, 0xFFFFFF, 0x1000000, 0x7FFFFFFF, 0x80000000,
               0xFFFFFFFF)
BUFFER_FIELDS = ((0x00, 4), (0x04, 4), (0x08, 4), (0x10, 8), (0x18, 8), (0x28, 2), (0x2A, 2),
                 (0x2C, 4), (0x30, 4), (0x34, 2), (0x36, 2))
# Fields of the log-file header, counted from the start of the file (64-bit form).
TRACE_FIELDS = ((0x68, 4), (0x6C, 4), (0x74, 4), (0x78, 8), (0x80, 4), (0x88, 4), (0x8C, 4),
                (0x94, 4), (0x98, 4), (0x168, 8), (0x170, 8), (0x178, 4), (0x4C, 2), (0x4A, 1))
RECORD_FIELDS = ((0, 2), (2, 1), (3, 1), (4, 2), (6, 2), (0x28, 2), (0x50, 2), (0x52, 2),
                 (0x54, 2), (0x56, 2))


def cut_to_size(data, chance):
    """The header buffer and as many other whole buffers as fit, from a random place on."""
    buffers = common.buffers(data)
    if len(data) <= SIZE_MAX or len(buffers) < 2:
        return data[:SIZE_MAX]
    first = buffers[0]
    result = bytearray(data[:first.size])
    for buffer in buffers[chance.randrange(1, len(buffers)):]:
        if len(result) + buffer.size > SIZE_MAX:
            break
        result += data[buffer.offset:buffer.offset + buffer.size]
    if len(result) == first.size:  # buffers of a megabyte and more: a part of one has to do
        result += data[buffers[1].offset:][:SIZE_MAX - first.size]
    return bytes(result)


def poke(data, offset, width, value):
    """Writes a number where there is room for it."""
    if 0 <= offset and offset + width <= len(data):
        data[offset:offset + width] = (value & ((1 << 8 * width) - 1)).to_bytes(width, "little")


def strange_value(chance, old):
    """A number that is likely to be at some edge."""
    kind = chance.randrange(4)
    if kind == 0:
        return chance.choice(INTERESTING)
    if kind == 1:
        return old + chance.choice((-9, -8, -4, -2, -1, 1, 2, 4, 8, 9))
    if kind == 2:
        return old ^ (1 << chance.randrange(32))
    return chance.getrandbits(32)


def edit_field(data, chance, base, fields):
    offset, width = chance.choice(fields)
    old = int.from_bytes(data[base + offset:base + offset + width], "little")
    poke(data, base + offset, width, strange_value(chance, old))


def cut(data, chance, _other):
    """The end is missing."""
    edges = [buffer.offset for buffer in common.buffers(bytes(data))]
    edge = chance.choice(edges or [0]) + chance.choice((0, 1, 8, 0x47, 0x48, 0x49, 0x68))
    del data[edge if chance.random() < 0.3 else chance.randrange(len(data)):]


def flip_bits(data, chance, _other):
    """A few bits are wrong, anywhere in what is used."""
    for _ in range(chance.choice((1, 1, 2, 4, 16, 64))):
        data[used_offset(data, chance)] ^= 1 << chance.randrange(8)


def used_offset(data, chance):
    """A random offset, mostly in the valid part of a buffer."""
    buffers = common.buffers(bytes(data))
    if not buffers or chance.random() < 0.1:
        return chance.randrange(len(data))
    buffer = chance.choice(buffers)
    end = min(buffer.offset + max(buffer.end, 1), len(data))
    return chance.randrange(buffer.offset, max(end, buffer.offset + 1))


def splice(data, chance, other):
    """A piece of another trace (or of this one) over, or between, the bytes."""
    source = other if chance.random() < 0.7 else bytes(data)
    start = chance.randrange(len(source))
    piece = source[start:start + chance.choice((8, 64, 512, 4096, 65536))]
    target = chance.randrange(len(data)) & ~7
    end = target if chance.random() < 0.2 else target + len(piece)
    data[target:end] = piece


def edit_buffer(data, chance, _other):
    """A field of a buffer header is wrong."""
    buffers = common.buffers(bytes(data))
    if buffers:
        edit_field(data, chance, chance.choice(buffers).offset, BUFFER_FIELDS)


def edit_trace_header(data, chance, _other):
    """A field of the log-file header is wrong."""
    edit_field(data, chance, 0, TRACE_FIELDS)


def edit_record(data, chance, _other):
    """Sizes, types and flags of records and of their extended items are wrong."""
    found = all_records(data, chance)
    for _ in range(chance.choice((1, 1, 3, 20)) if found else 0):
        edit_field(data, chance, chance.choice(found)[0], RECORD_FIELDS)


def edit_payload(data, chance, _other):
    """Counts, lengths and schema blobs inside of records are wrong."""
    found = all_records(data, chance)
    for _ in range(chance.choice((1, 2, 8, 40)) if found else 0):
        offset, size = chance.choice(found)
        if size > 0x10:
            place = offset + chance.randrange(0x10, size)
            width = chance.choice((1, 2, 4))
            old = int.from_bytes(data[place:place + width], "little")
            poke(data, place, width, strange_value(chance, old))


def all_records(data, chance):
    """The records of one uncompressed buffer."""
    frozen = bytes(data)
    plain = [buffer for buffer in common.buffers(frozen) if not buffer.is_compressed]
    return common.records(frozen, chance.choice(plain)) if plain else []


def move_buffers(data, chance, _other):
    """Buffers are there twice, are missing, or have changed places."""
    frozen = bytes(data)
    pieces = [frozen[b.offset:b.offset + b.size] for b in common.buffers(frozen)]
    if len(pieces) < 2:
        return
    index = chance.randrange(0 if chance.random() < 0.2 else 1, len(pieces))
    kind = chance.randrange(3)
    if kind == 0:
        pieces.insert(chance.randrange(len(pieces) + 1), pieces[index])
    elif kind == 1:
        del pieces[index]
    else:
        other = chance.randrange(len(pieces))
        pieces[index], pieces[other] = pieces[other], pieces[index]
    data[:] = b"".join(pieces)[:2 * SIZE_MAX]


def scatter(data, chance, _other):
    """Random 32-bit values at random aligned offsets."""
    for _ in range(chance.choice((1, 4, 16, 64))):
        poke(data, used_offset(data, chance) & ~3, 4, chance.getrandbits(32))


def zero(data, chance, _other):
    """A page that never reached the disk, or one of all ones."""
    start = chance.randrange(len(data)) & ~0xFFF
    end = min(start + 0x1000, len(data))
    data[start:end] = bytes([chance.choice((0, 0xFF))]) * (end - start)


KINDS = (cut, flip_bits, splice, edit_buffer, edit_trace_header, edit_record, edit_record,
         edit_payload, edit_payload, move_buffers, scatter, zero)


def mutate(sources, seed):
    """(bytes, description) of the mutation with that seed. `sources` are (name, data) pairs."""
    chance = random.Random(seed)
    name, original = chance.choice(sources)
    data = bytearray(cut_to_size(original, chance))
    applied = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        if not data:
            break
        kind = chance.choice(KINDS)
        kind(data, chance, chance.choice(sources)[1])
        applied.append(kind.__name__)
    return bytes(data), f"{name}: {', '.join(applied)}"
