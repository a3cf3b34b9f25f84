"""The packets that pktmon itself extracts from its trace, as a pcapng file."""

import struct

import common
from agreement import Agreement, Difference, Oracle

TRACE = "demikernel-pktmon"
PROVIDER = "4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac"
PACKET_EVENT = 160
SECTION, INTERFACE, ENHANCED_PACKET = 0x0A0D0D0A, 1, 6
EPOCH_1970 = 11_644_473_600 * 10_000_000  # FILETIME ticks


def read_pcapng(data):
    """(microseconds since 1970, bytes, original length) of every packet of a little-endian file
    whose interfaces count in microseconds, as pktmon writes it."""
    packets, offset = [], 0
    while offset + 12 <= len(data):
        kind, size = struct.unpack_from("<II", data, offset)
        if size < 12 or size % 4 or offset + size > len(data):
            raise ValueError(f"bad block at offset {offset}")
        if kind == INTERFACE and size > 20:
            raise ValueError("interfaces with options are not expected")
        if kind == ENHANCED_PACKET:
            high, low, captured, original = struct.unpack_from("<4I", data, offset + 12)
            start = offset + 28
            packets.append((high << 32 | low, data[start:start + captured], original))
        offset += size
    return packets


def packet_property(events, packet):
    """The name of the property that holds the packet of the first event."""
    text = "0x" + packet.hex().upper()
    for name, value in common.properties(events[0]).items():
        if value == text:
            return name
    return None


def compare_packet(agreement, packet, event, name):
    microseconds, data, original = packet
    values = common.properties(event)
    ticks = microseconds * 10 + EPOCH_1970
    late = common.event_time(event) - ticks
    line = []
    if not 0 <= late < 10:
        line.append(Difference("line", "packet", "time", ticks, common.event_time(event), event))
    agreement.add("lines", line)
    want = "0x" + data.hex().upper()
    same = values.get(name) == want
    agreement.add("fields", [] if same else [Difference("field", "packet", name, want,
                                                        values.get(name), event)])
    length = values.get("OriginalPayloadSize")
    if length is not None:
        agreement.add("fields", [] if length == original else
                      [Difference("field", "packet", "OriginalPayloadSize", original, length)])


def compare(etw, corpus):
    agreement = Agreement("pktmon pcapng")
    packets = read_pcapng(corpus.oracle(TRACE + ".pcapng").read_bytes())
    events = [event for event in common.dump(etw, corpus.trace(TRACE))
              if common.guid(event["System"]["Provider"]["Guid"]) == PROVIDER
              and event["System"]["EventID"] == PACKET_EVENT]
    same = len(packets) == len(events)
    agreement.add("counts", [] if same else [Difference("count", "packet", "packets", len(packets),
                                                        len(events))])
    name = packet_property(events, packets[0][1]) if events else None
    agreement.note(f"the packet is in property {name!r}" if name else
                   "no property holds the bytes of the first packet")
    for packet, event in zip(packets, events):
        compare_packet(agreement, packet, event, name or "Payload")
    return agreement


ORACLES = [Oracle("pktmon", compare)]
