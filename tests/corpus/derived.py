"""GUIDs that providers derive from their names: of the providers that describe themselves in the
traces, those whose GUID is of the derived kind have the one that their name gives, and the filter
finds their events by name alone."""

import hashlib
import sys
import uuid

import common

NAMESPACE = bytes.fromhex("482C2DB2C39047C887F81A15BFC130FB")
DERIVED_WANTED = 5  # as many different providers at least


def guid_from_name(name):
    digest = bytearray(hashlib.sha1(NAMESPACE + name.upper().encode("utf-16-be")).digest()[:16])
    digest[7] = digest[7] & 0x0F | 0x50
    return str(uuid.UUID(bytes_le=bytes(digest)))


def self_described(stats):
    """Yields the providers of a trace that tell their names themselves."""
    for provider in stats["providers"]:
        if provider["name"] and any(row["schema"] in ("tracelogging", "manifest")
                                    for row in provider["events"]):
            yield provider


def main():
    arguments = common.parser(__doc__).parse_args()
    corpus = common.start(arguments)
    report = common.Report(arguments.verbose)
    derived = set()
    for name in corpus.names():
        if corpus.census(name).get("not_a_trace"):
            continue
        path = corpus.trace(name)
        for provider in self_described(common.run_json(arguments.etw, "stats", "--json", path)):
            if provider["guid"][14] != "5":
                continue
            derived.add(provider["name"])
            report.equal(provider["guid"], guid_from_name(provider["name"]), provider["name"])
            found = common.run_json(arguments.etw, "stats", "--json", "-p", provider["name"], path)
            report.equal([provider["guid"]], [one["guid"] for one in found["providers"]],
                         f"{name}: GUIDs of -p {provider['name']}")
            report.equal(provider["count"], found["events"],
                         f"{name}: events of -p {provider['name']}")
    report.check(len(derived) >= DERIVED_WANTED,
                 f"{len(derived)} providers with derived GUIDs: {', '.join(sorted(derived))}",
                 f"at least {DERIVED_WANTED} wanted")
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
