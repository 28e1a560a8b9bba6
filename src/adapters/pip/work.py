"""What hsm has pip do: lock, and bring the environment to the lock.

Given to Python on standard input, in the project's root. It reads the two files at the root, calls pip, and writes the
lock and the environment; hsm has saved both before and puts them back if this fails.
"""

import sys

# A script on standard input has the current directory first on its path: the project's own `json.py` is not ours.
sys.path = [path for path in sys.path if path not in ("", ".")]

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import tempfile
from importlib import metadata
from urllib.parse import unquote, urlsplit

from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.specifiers import SpecifierSet
from pip._vendor.packaging.utils import canonicalize_name
from pip._vendor.packaging.version import InvalidVersion, Version

REQUIREMENTS = "requirements.hpm.txt"
LOCK = "constraints.hpm.txt"
ENVIRONMENT = ".venv"
# What was built from directories, and from what: it lies in the environment, so that it comes and goes with it.
RECORD = os.path.join(ENVIRONMENT, "hsm-built.json")
# What a new environment holds.
SEEDS = {"pip", "setuptools", "wheel", "distribute"}
HEAD = (
    "# Written by hsm: edit hsm.yaml and run `hsm sync`. If you change this file by hand, the next sync keeps\n"
    "# your version beside it and writes it anew.\n"
    "# sha256: "
)

ABOUT = """
import json, os, platform, sys, sysconfig
i = sys.implementation.version
n = "%d.%d.%d" % i[:3] + ("" if i.releaselevel == "final" else i.releaselevel[0] + str(i.serial))
print(json.dumps({
    "paths": sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}),
    "markers": {
        "implementation_name": sys.implementation.name, "implementation_version": n, "os_name": os.name,
        "platform_machine": platform.machine(), "platform_release": platform.release(),
        "platform_system": platform.system(), "platform_version": platform.version(),
        "python_full_version": platform.python_version(), "sys_platform": sys.platform,
        "platform_python_implementation": platform.python_implementation(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
    },
}))
"""


class Failed(Exception):
    """Something that the user should read."""


# ---- the two files -------------------------------------------------------------------------------------------------


class Line:
    """A line of the requirements, or an entry of the lock."""

    def __init__(self, text, comment=""):
        self.text = text + ("  # " + comment if comment else "")
        self.path, self.editable, self.ref = None, text.startswith("-e "), None
        address, path = None, re.match(r"(-e )?(\"?)\.{1,2}(/|$|\[)", text)
        named = re.match(r"([\w.-]+(?:\[[^\]]*\])?) @ (\S+)(?: ; (.*))?$", text)
        if path:
            # what lies on this machine: the comment is the requirement that it stands for
            self.path = shlex.split(text[3:] if self.editable else text)[0]
            self.path = self.path.rsplit("[", 1)[0] if self.path.endswith("]") else self.path
        elif named:
            address, self.ref = named[2], comment or None
        elif "://" in text:
            address = text
        stands = comment if path or (address and not named) else text
        if named:
            stands = named[1] + (" ; " + named[3] if named[3] else "")
        self.requirement = Requirement(stands)
        self.name = canonicalize_name(self.requirement.name)
        self.is_index = not self.path and not address
        self.is_git = bool(address) and address.startswith("git+")
        self.url, _, fragment = (address or "").partition("#")
        self.subdirectory = fragment[len("subdirectory=") :] if fragment.startswith("subdirectory=") else None
        if self.is_git:
            parts = urlsplit(self.url[len("git+") :])
            path_, at, revision = parts.path.rpartition("@")
            self.revision = revision if at else None
            self.url = parts.scheme + "://" + parts.netloc + (path_ if at else parts.path)

    def asked(self, locked):
        """As pip is asked for it, anywhere on this machine; a repository at the commit that is locked."""
        extras = "[" + ",".join(sorted(self.requirement.extras)) + "]" if self.requirement.extras else ""
        if self.path:
            return ("-e " if self.editable else "") + shlex.quote(os.path.realpath(self.path) + extras)
        if self.is_index:
            return str(self.requirement)
        url = self.url
        if self.is_git:
            revision = locked.revision if fits(self, locked) else self.revision
            url = "git+" + url + ("@" + revision if revision else "")
            url += "#subdirectory=" + self.subdirectory if self.subdirectory else ""
        # an address without a host cannot stand behind a name
        return url if url.startswith("git+file:") else "%s%s @ %s" % (self.name, extras, url)


def fits(line, locked):
    """Whether a locked commit is one of what the line asks for."""
    return bool(
        locked
        and locked.is_git
        and (locked.url, locked.ref, locked.subdirectory) == (line.url, line.revision, line.subdirectory)
    )


class Asked:
    """What the requirements file says."""

    def __init__(self, text):
        self.lines = []
        self.python = SpecifierSet()
        self.index = None
        for line in text.splitlines():
            body, _, comment = line.partition("  # ")
            if line.startswith("# requires-python: "):
                self.python = SpecifierSet(line.split(": ", 1)[1])
            elif line.startswith("--index-url "):
                self.index = line.split(" ", 1)[1].strip()
            elif not line.strip() or line.startswith("#"):
                continue
            else:
                self.lines.append(Line(body, comment))


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None


def digest(body):
    return hashlib.sha256(body.encode()).hexdigest()


def locked(text):
    """The entries of a lock; None when it is not there or was changed by hand."""
    if text is None or not text.startswith(HEAD):
        return None
    seal, _, body = text[len(HEAD) :].partition("\n")
    if seal != digest(body):
        return None
    entries = {}
    for line in body.splitlines():
        if line and not line.startswith("#"):
            body_, _, ref = line.partition("  # ")
            entry = Line(body_, ref)
            entries[entry.name] = entry
    return entries


def rendered(entries):
    body = "# Exact versions, for the Python and the system on which they were locked.\n" + "".join(
        line + "\n" for line in sorted(entries)
    )
    return HEAD + digest(body) + "\n" + body


def replace(path, text):
    real = os.path.realpath(path)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(real), prefix=".hsm-")
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    mode = os.stat(real).st_mode & 0o7777 if os.path.exists(real) else 0o666 & ~umask()
    os.chmod(temporary, mode)
    os.replace(temporary, real)


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


# ---- Python and pip ------------------------------------------------------------------------------------------------


class Environment:
    """A virtual environment: its Python, and what is installed in it."""

    def __init__(self, directory):
        names = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
        self.python = os.path.join(os.path.abspath(directory), *names)
        out = subprocess.run([self.python, "-I", "-c", ABOUT], stdout=subprocess.PIPE, check=True).stdout
        about = json.loads(out)
        self.paths, self.markers = about["paths"], about["markers"]

    def installed(self):
        found = {}
        for dist in metadata.distributions(path=self.paths):
            name = dist.metadata["Name"]
            if name:
                found.setdefault(canonicalize_name(name), dist)
        return found

    def holds(self, marker, extras=()):
        return marker is None or any(
            marker.evaluate(dict(self.markers, extra=extra)) for extra in (tuple(extras) or ("",))
        )

    def pip(self, where, *args):
        """Runs pip for this environment and gives back how it ended and what it said."""
        command = [sys.executable, "-m", "pip", "--python", self.python, *args]
        done = subprocess.run(command, cwd=where, stdin=subprocess.DEVNULL, stdout=sys.stderr.fileno(), stderr=subprocess.PIPE)
        return done.returncode, done.stderr.decode(errors="replace")


def base():
    """The Python that environments are made with: not one that lies in an environment itself."""
    return getattr(sys, "_base_executable", None) or sys.executable


def made(directory, *options):
    done = subprocess.run([base(), "-m", "venv", *options, directory], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Failed("a virtual environment could not be made:\n" + done.stdout.decode(errors="replace"))
    return Environment(directory)


def present():
    """The project's environment, if it is there and works."""
    try:
        return Environment(ENVIRONMENT)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def brought():
    """The project's environment, made where there is none. Some systems keep the pip that goes into it apart."""
    there = present()
    if there:
        return there
    has_pip = subprocess.run([base(), "-c", "import ensurepip"], stderr=subprocess.DEVNULL, cwd=tempfile.gettempdir())
    options = ["--clear"] if os.path.lexists(ENVIRONMENT) else []
    return made(ENVIRONMENT, *options, *(["--without-pip"] if has_pip.returncode else []))


def suits(asked, environment):
    version = environment.markers["python_full_version"]
    if not asked.python.contains(version, prereleases=True):
        raise Failed(
            "the stack needs Python %s, and this is %s (%s)\n"
            "make %s with another one: python3.N -m venv --clear %s"
            % (asked.python, version, environment.python, ENVIRONMENT, ENVIRONMENT)
        )


def files(where, asked, keep, environment, offline):
    """The arguments that give pip the requirements, with what is locked kept."""
    direct = {line.name: line for line in asked.lines}
    lines = ["--index-url " + asked.index] if asked.index and not offline else []
    lines += [
        line.asked(keep.get(line.name)) for line in asked.lines if environment.holds(line.requirement.marker)
    ]
    pins = [
        str(entry.requirement)
        for name, entry in keep.items()
        if entry.is_index and (name not in direct or direct[name].is_index)
    ]
    for name, text in (("requirements.txt", lines), ("constraints.txt", pins)):
        with open(os.path.join(where, name), "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in text))
    return ["-r", "requirements.txt", "-c", "constraints.txt"]


QUIET = ["--quiet", "--no-input", "--no-color", "--disable-pip-version-check"]


# ---- locking -------------------------------------------------------------------------------------------------------


def contradicted(asked, entry):
    """Whether a line itself no longer allows what is locked."""
    version = next((s.version for s in entry.requirement.specifier), None)
    return entry.is_index and any(
        line.name == entry.name and not line.requirement.specifier.contains(version, prereleases=True)
        for line in asked.lines
    )


def resolved(asked, keep, environment, offline):
    """Asks pip for versions. Locked ones are kept as far as they go together with what is asked for now."""
    with tempfile.TemporaryDirectory(prefix="hsm-") as where:
        while True:
            report = os.path.join(where, "report.json")
            code, said = environment.pip(
                where, "install", "--dry-run", "--ignore-installed", "--report", report, *QUIET,
                *(["--no-index"] if offline else []), *files(where, asked, keep, environment, offline),
            )
            if code == 0:
                sys.stderr.write(said)
                with open(report, encoding="utf-8") as file:
                    return json.load(file)["install"]
            impossible = "ResolutionImpossible" in said or "No matching distribution" in said
            if not keep or not impossible:
                sys.stderr.write(said)
                raise Failed("")
            named = {canonicalize_name(name) for name in re.findall(r"\(constraint\) ([\w.-]+?)==", said)}
            freed = named & set(keep)
            keep = {name: entry for name, entry in keep.items() if freed and name not in freed}


def entries(asked, report):
    """The lines of a lock. What lies on this machine has none: it is what it is."""
    refs = {line.name: line.revision for line in asked.lines if line.is_git}
    for item in report:
        name, info = canonicalize_name(item["metadata"]["name"]), item["download_info"]
        if "vcs_info" in info:
            part = "#subdirectory=" + info["subdirectory"] if info.get("subdirectory") else ""
            ref = refs.get(name)
            line = "%s @ git+%s@%s%s" % (name, info["url"], info["vcs_info"]["commit_id"], part)
            yield line + ("  # " + ref if ref else "")
        elif "dir_info" in info or (item["is_direct"] and info["url"].startswith("file:")):
            continue
        elif item["is_direct"]:
            yield "%s @ %s" % (name, info["url"])
        else:
            yield "%s==%s" % (name, item["metadata"]["version"])


def lock(options):
    asked, before = Asked(read(REQUIREMENTS) or ""), read(LOCK)
    old = locked(before)
    keep = dict(old or {})
    if options.upgrade:
        keep = {}
    for name in options.upgrade_package or []:
        keep.pop(canonicalize_name(name), None)
    upgrades = options.upgrade or options.upgrade_package
    there = present()
    if there:
        suits(asked, there)
        state = State(asked, keep, there)
        if old is not None and not upgrades and state.is_good() and state.names() <= set(old):
            # what is there is what was locked: perhaps less is wanted now
            return settle(before, rendered(old[name].text for name in state.names()), options.check)
    with tempfile.TemporaryDirectory(prefix="hsm-") as scratch:
        environment = there or made(os.path.join(scratch, "environment"), "--without-pip")
        suits(asked, environment)
        keep = {name: entry for name, entry in keep.items() if not contradicted(asked, entry)}
        after = rendered(entries(asked, resolved(asked, keep, environment, options.offline)))
    settle(before, after, options.check)


def settle(before, after, check):
    if after != before and check:
        raise Failed("%s needs to be updated" % LOCK)
    if after != before:
        replace(LOCK, after)


# ---- the environment -----------------------------------------------------------------------------------------------


class State:
    """What is installed, beside what is wanted."""

    def __init__(self, asked, lock_, environment):
        self.lock, self.environment = lock_, environment
        self.local = {line.name for line in asked.lines if line.path}
        self.installed = environment.installed()
        self.built = json.loads(read(RECORD) or "{}")
        self.missing, self.wrong, self.wanted = set(), set(), set()
        direct = {line.name: line for line in asked.lines}
        todo = [(line.requirement, ()) for line in asked.lines]
        seen = set()
        while todo:
            requirement, extras = todo.pop()
            if not environment.holds(requirement.marker, extras):
                continue
            name = canonicalize_name(requirement.name)
            self.wanted.add(name)
            self.look_at(name, requirement, direct.get(name))
            key = (name, frozenset(requirement.extras))
            if key in seen or name not in self.installed:
                continue
            seen.add(key)
            dist = self.installed[name]
            written = {canonicalize_name(extra): extra for extra in dist.metadata.get_all("Provides-Extra") or []}
            extras = tuple(written.get(canonicalize_name(extra), extra) for extra in requirement.extras)
            for text in dist.requires or []:
                try:
                    todo.append((Requirement(text), extras))
                except InvalidRequirement:
                    continue

    def look_at(self, name, requirement, line):
        dist = self.installed.get(name)
        if dist is None:
            self.missing.add(name)
            return
        entry = self.lock.get(name)
        try:
            version = Version(dist.version)
        except InvalidVersion:
            self.wrong.add(name)
            return
        if not requirement.specifier.contains(version, prereleases=True) and not (line and not line.is_index):
            self.missing.add(name)
        if entry is not None and entry.is_index and not entry.requirement.specifier.contains(version, prereleases=True):
            self.missing.add(name)
        if not self.comes_from(name, dist, line, entry) or lacks_files(dist):
            self.wrong.add(name)

    def comes_from(self, name, dist, line, entry):
        direct = json.loads(dist.read_text("direct_url.json") or "null")
        source = line if line and not line.is_index else entry
        if source is None or source.is_index:
            return direct is None
        if direct is None:
            return False
        if source.path:
            same = os.path.realpath(source.path) == os.path.realpath(path_of(direct["url"]))
            editable = direct.get("dir_info", {}).get("editable", False)
            return same and editable == source.editable and self.built.get(name) == fingerprint(source)
        if source.is_git:
            commit = direct.get("vcs_info", {}).get("commit_id")
            pinned = entry.revision if entry is not None and entry.is_git else commit
            return (commit, direct["url"], direct.get("subdirectory")) == (pinned, source.url, source.subdirectory)
        return direct["url"].partition("#")[0] == source.url

    def is_good(self):
        return not self.missing and not self.wrong

    def names(self):
        """What a lock of this has entries for."""
        return self.wanted - self.local


def path_of(url):
    return unquote(urlsplit(url).path)


def lacks_files(dist):
    """Whether something that was installed is gone; without a record nobody can tell."""
    kept = (file for file in dist.files or [] if file.suffix != ".pyc")
    return any(not os.path.lexists(file.locate()) for file in kept)


def fingerprint(line):
    """What decides how a local source is built. In place, that is its project files; else all of its files."""
    sum_ = hashlib.sha256(repr(sorted(line.requirement.extras)).encode())
    if os.path.isfile(line.path):
        sum_.update(open(line.path, "rb").read())
    elif line.editable:
        for name in ("pyproject.toml", "setup.py", "setup.cfg"):
            sum_.update(repr((name, read(os.path.join(line.path, name)))).encode())
    else:
        for top, dirs, names in os.walk(line.path):
            made_ = ("build", "dist", "__pycache__")
            dirs[:] = sorted(d for d in dirs if d not in made_ and not d.startswith(".") and not d.endswith(".egg-info"))
            for name in sorted(names):
                stat = os.stat(os.path.join(top, name), follow_symlinks=False)
                sum_.update(repr((os.path.relpath(os.path.join(top, name), line.path), stat.st_size, stat.st_mtime_ns)).encode())
    return sum_.hexdigest()


def uninstall(environment, names):
    if names:
        with tempfile.TemporaryDirectory(prefix="hsm-") as where:
            code, said = environment.pip(where, "uninstall", "--yes", *QUIET, *sorted(names))
        if code:
            sys.stderr.write(said)
            raise Failed("")


def sync(options):
    asked, text = Asked(read(REQUIREMENTS) or ""), read(LOCK)
    pins = locked(text)
    if asked.lines and pins is None:
        raise Failed("%s is not there, or was changed by hand; run without `--frozen` to lock anew" % LOCK)
    pins = pins or {}
    if not asked.lines and not os.path.lexists(ENVIRONMENT):
        return
    environment = brought()
    suits(asked, environment)
    state = State(asked, pins, environment)
    if not state.is_good():
        uninstall(environment, state.wrong & set(state.installed))
        with tempfile.TemporaryDirectory(prefix="hsm-") as where:
            code, said = environment.pip(
                where, "install", *QUIET, *(["--no-index"] if options.offline else []),
                *files(where, asked, pins, environment, options.offline),
            )
        sys.stderr.write(said)
        if code:
            raise Failed("")
    here = [line for line in asked.lines if line.path and environment.holds(line.requirement.marker)]
    built = json.dumps({line.name: fingerprint(line) for line in here}, indent=1, sort_keys=True)
    if built != (read(RECORD) or "{}"):
        replace(RECORD, built)
    state = State(asked, pins, environment)
    if not state.is_good():
        raise Failed("pip did not install what is locked: " + ", ".join(sorted(state.missing | state.wrong)))
    uninstall(environment, set(state.installed) - state.wanted - SEEDS)


def main():
    parser = argparse.ArgumentParser(prog="hsm with pip")
    parser.add_argument("work", choices=["lock", "sync"])
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--offline", action="store_true")
    parser.add_argument("--upgrade", action="store_true")
    parser.add_argument("--upgrade-package", action="append")
    options = parser.parse_args()
    try:
        (lock if options.work == "lock" else sync)(options)
    except Failed as error:
        if str(error):
            sys.stderr.write("%s\n" % error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
