"""What is measured of whole processes: `etw` and other programs, on files."""

import json
import shutil
import statistics
import subprocess

KINDS = ("plain", "packed", "quiet")


def make_files(m, folder, megabytes, small_megabytes):
    """Mixed traces on disk, each in two sizes."""
    files = {}
    for kind in KINDS:
        for name, size in (("big", megabytes), ("small", small_megabytes)):
            path = folder / f"{kind}-{name}.etl"
            subprocess.run([m.program("make_mixed"), kind, str(size), str(path)], check=True)
            files[kind, name] = path
    return files


def in_turns(rounds, **commands):
    """Calls functions in turns, once more than counts; what they return, in lists by name."""
    results = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            result = command()
            if number > 0:
                results[name].append(result)
    return results


def measure_pipe(m, etw, trace, folder, rounds):
    """`etw dump` into a pipe beside `cat` of the same bytes; wall seconds, and calls of write."""
    for profile in ("json-compact", "json"):
        finished = folder / "finished.json"
        with open(finished, "wb") as out:
            subprocess.run([etw, "dump", "-q", "-o", profile, "--threads", "2", str(trace)],
                           stdout=out, check=True)
        results = in_turns(
            rounds,
            dump=lambda p=profile: m.command("pipe", etw, "dump", "-q", "-o", p, "--threads", "2",
                                             trace),
            cat=lambda path=finished: m.command("pipe", "cat", path))
        for name, runs in results.items():
            size = {int(run["bytes"]) for run in runs}
            if size != {finished.stat().st_size}:
                raise RuntimeError(f"{name} wrote {size} bytes")
            m.values[f"pipe.{profile}.{name}"] = statistics.median(run["wall"] for run in runs)
        dumps, cats = results["dump"], results["cat"]
        m.values[f"pipe.{profile}.ratio"] = statistics.median(
            a["wall"] / b["wall"] for a, b in zip(dumps, cats))
        m.values[f"pipe.{profile}.bytes"] = dumps[0]["bytes"]
        m.values[f"pipe.{profile}.writes"] = max(run["writes"] for run in dumps)
        finished.unlink()


def measure_memory(m, etw, files):
    """The most memory of processes, in MiB."""
    for kind in KINDS:
        for size in ("small", "big"):
            trace = files[kind, size]
            for level in (1, 2, 3, 4):
                run = m.command("null", m.program("bench_consume"), trace, level,
                                2 if level == 4 else 1)
                m.values[f"rss.{kind}.{size}.level{level}"] = run["rss_kib"] / 1024
            run = m.command("null", etw, "dump", "-q", "--threads", "2", trace)
            m.values[f"rss.{kind}.{size}.dump"] = run["rss_kib"] / 1024


def measure_start(m, etw, folder, rounds):
    """Milliseconds until the first byte of output, with 50,400 schemas known and with none."""
    trace = folder / "start.etl"
    subprocess.run([m.program("make_mixed"), "plain", "1", str(trace)], check=True)
    manifests = folder / "manifests"
    manifests.mkdir(exist_ok=True)
    subprocess.run([m.program("make_mixed"), "manifests", str(manifests)], check=True)
    known, pack = manifests, folder / "known.pack"
    built = subprocess.run([etw, "schema", "build", str(manifests), "-o", str(pack)], check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if built.returncode == 0 and pack.exists():
        known = pack
    m.values["start.pack"] = float(known == pack)
    results = in_turns(
        rounds,
        known=lambda: m.command("pipe", etw, "dump", "-q", "-c", "1", "--schema", known, trace),
        none=lambda: m.command("pipe", etw, "dump", "-q", "-c", "1", trace),
        echo=lambda: m.command("pipe", "/bin/echo", "started"))
    for name, runs in results.items():
        m.values[f"start.{name}"] = 1000 * statistics.median(run["first_byte"] for run in runs)


# ------------------------------------------------------------------------------------ babeltrace2


def shown(value):
    """How babeltrace2 shows a number of our JSON; None for what it shows otherwise."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and value.startswith("0x") and len(value) <= 18:
        return value
    return None


def compare_ctf(etw, trace, ctf, events):
    """Ends in an error unless babeltrace2 and we see the same events with the same numbers."""
    peer = subprocess.Popen(["babeltrace2", str(ctf)], stdout=subprocess.PIPE, text=True)
    ours = subprocess.Popen([etw, "dump", "-q", "-o", "json-compact", str(trace)],
                            stdout=subprocess.PIPE, text=True)
    lines = compared = 0
    for theirs, own in zip(peer.stdout, ours.stdout):
        lines += 1
        if lines % 97:  # Looking at all of them takes longer than all measurements.
            continue
        for name, value in json.loads(own)["data"].items():
            text = shown(value)
            if text is None:
                continue
            compared += 1
            if f" {name} = {text}" not in theirs:
                raise RuntimeError(f"event {lines}: {name} is not {text}: {theirs}")
    lines += sum(1 for _ in peer.stdout)
    if peer.wait() != 0 or lines != events or compared == 0:
        raise RuntimeError(f"babeltrace2 sees {lines} events, not {events}")
    ours.stdout.close()
    ours.wait()


def measure_babeltrace(m, etw, folder, megabytes, rounds):
    """Processor seconds of babeltrace2 and of ours on the same events; False if it is not there."""
    if not shutil.which("babeltrace2"):
        return False
    trace, ctf = folder / "peer.etl", folder / "ctf"
    ctf.mkdir(exist_ok=True)
    subprocess.run([m.program("make_mixed"), "plain", str(megabytes), str(trace)], check=True)
    events = m.run("make_ctf", trace, ctf)["events"]
    compare_ctf(etw, trace, ctf, int(events))
    results = in_turns(
        rounds,
        peer_decode=lambda: m.command("null", "babeltrace2", ctf, "-c", "sink.utils.dummy"),
        decode=lambda: m.command("null", m.program("bench_consume"), trace, 3, 1),
        peer_text=lambda: m.command("null", "babeltrace2", ctf),
        text=lambda: m.command("null", etw, "dump", "-q", "-o", "text", "--threads", "1", trace),
        json=lambda: m.command("null", etw, "dump", "-q", "-o", "json", "--threads", "1", trace),
        compact=lambda: m.command("null", etw, "dump", "-q", "-o", "json-compact", "--threads",
                                  "1", trace))
    for name, runs in results.items():
        m.values[f"ctf.{name}"] = statistics.median(run["cpu"] for run in runs)
    for name, peer in (("decode", "peer_decode"), ("text", "peer_text"), ("json", "peer_text"),
                       ("compact", "peer_text")):
        m.values[f"ctf.{name}.ratio"] = statistics.median(
            a["cpu"] / b["cpu"] for a, b in zip(results[peer], results[name]))
    m.values["ctf.events"] = events
    return True
