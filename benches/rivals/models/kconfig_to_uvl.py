"""A feature model (UVL) of what a Kconfig can be set to.

    pip install kconfiglib
    python kconfig_to_uvl.py SOURCE_DIR [ARCH] > model.uvl

SOURCE_DIR is the source of a project that is configured with Kconfig: Linux, U-Boot, BusyBox (after `make gen_build_files`).
Nothing of it is run: what a Kconfig asks of a compiler is taken to be there. kconfiglib does not know `modules` as a line
of its own: take it out of Linux's `kernel/module/Kconfig` first.

A feature is a bool or a tristate (`m` counts as `y`), or a choice, whose members are alternatives. Its parent is the
nearest menu entry above it that is one. `depends on`, `select`, `imply` (which demands nothing) and, for what has no
prompt, its defaults become constraints. What compares texts or numbers is a feature of its own that nobody restricts.
"""

import os
import re
import sys

import kconfiglib
from kconfiglib import AND, BOOL, NOT, OR, TRISTATE, UNKNOWN, Choice, Symbol


def answer(_kconf, _name, command):
    """What a shell would say: that everything is there, in some version."""
    yes = re.search(r'&& echo "?([^" ]*)"? \|\| echo', command)
    if yes:
        return yes.group(1)
    for script, version in [("cc-version", "GCC 120200"), ("as-version", "GNU 24000"), ("ld-version", "BFD 24000")]:
        if script in command:
            return version
    return "0"


def load(source, arch):
    os.chdir(source)
    os.environ.update(srctree=".", ARCH=arch, SRCARCH=arch, CC="gcc", LD="ld", HOSTCC="gcc", HOSTCXX="g++", NM="nm")
    os.environ.update(KERNELVERSION="1", UBOOTVERSION="1", CONFIG_SHELL="sh", PAHOLE="", RUSTC="", BINDGEN="", AR="ar")
    os.environ.update(CLANG_FLAGS="", CROSS_COMPILE="", OBJCOPY="objcopy", PYTHON3="python3", CC_VERSION_TEXT="gcc")
    kconfiglib._shell_fn = answer
    kconfiglib._error_if_fn = lambda *_: ""
    return kconfiglib.Kconfig("Config.in" if os.path.exists("Config.in") else "Kconfig", warn=False)


def is_feature(item):
    return isinstance(item, Symbol) and item.orig_type in (BOOL, TRISTATE) and item.nodes and not item.is_constant


class Model:
    def __init__(self, kconfig):
        self.kconfig = kconfig
        self.compared = {}
        self.children = {}
        self.alternatives = {}
        self.constraints = []
        self.choices = {choice: f"choice-{number}" for number, choice in enumerate(kconfig.unique_choices)}
        for choice, name in self.choices.items():
            if any(is_feature(symbol) for symbol in choice.syms):
                self.children.setdefault(self.parent(choice), []).append(name)
        for symbol in kconfig.unique_defined_syms:
            if is_feature(symbol):
                self.place(symbol)
        for symbol in kconfig.unique_defined_syms:
            if is_feature(symbol):
                self.constrain(symbol)
        for choice, name in self.choices.items():
            self.choice(choice, name)

    # True, False, a name, or (operator, parts…)
    def formula(self, expr):
        if isinstance(expr, tuple):
            if expr[0] in (AND, OR):
                return combine("&" if expr[0] is AND else "|", [self.formula(expr[1]), self.formula(expr[2])])
            if expr[0] is NOT:
                return negated(self.formula(expr[1]))
            text = kconfiglib.expr_str(expr)
            _, left, right = expr
            for one, other in [(left, right), (right, left)]:
                if is_feature(one) and other in (self.kconfig.y, self.kconfig.n, self.kconfig.m):
                    same = expr[0] is kconfiglib.EQUAL
                    if expr[0] in (kconfiglib.EQUAL, kconfiglib.UNEQUAL):
                        value = self.formula(one)
                        return value if same == (other is not self.kconfig.n) else negated(value)
            return self.compared.setdefault(text, f"compared-{len(self.compared)}")
        if isinstance(expr, Choice):
            return self.choices[expr] if any(is_feature(symbol) for symbol in expr.syms) else False
        if expr in (self.kconfig.y, self.kconfig.m):
            return True
        if is_feature(expr):
            return expr.name
        return False

    def parent(self, item):
        node = item.nodes[0].parent
        while node is not None:
            if is_feature(node.item) and len(item.nodes) == 1 and node.item is not item:
                return node.item.name
            node = node.parent
        return None

    def place(self, symbol):
        if symbol.choice:
            self.alternatives.setdefault(self.choices[symbol.choice], []).append(symbol.name)
        else:
            self.children.setdefault(self.parent(symbol), []).append(symbol.name)

    def constrain(self, symbol):
        name = symbol.name
        depends = combine("|", [self.formula(node.dep) for node in symbol.nodes])
        self.demand(name, depends)
        for target, condition in symbol.selects:
            if is_feature(target):
                self.demand(combine("&", [name, self.formula(condition)]), target.name)
        if any(node.prompt for node in symbol.nodes) or symbol.choice:
            return
        # Nobody can set it by hand.
        reasons = [self.formula(symbol.rev_dep)]
        for value, condition in symbol.defaults:
            reasons.append(combine("&", [self.formula(value), self.formula(condition)]))
        self.demand(name, combine("|", reasons))
        if symbol.defaults:
            self.demand(combine("&", [depends, reasons[1]]), name)

    def choice(self, choice, name):
        members = [symbol for symbol in choice.syms if is_feature(symbol)]
        if choice.is_optional or not members:
            return
        visible = combine("|", [self.formula(node.prompt[1]) for node in choice.nodes if node.prompt])
        can = combine("|", [self.formula(node.dep) for symbol in members for node in symbol.nodes])
        self.demand(combine("&", [visible, can]), name)

    def demand(self, condition, then):
        if condition is False or then is True:
            return
        self.constraints.append(then if condition is True else ("=>", condition, then))

    def write(self, out):
        out.write("features\n\troot\n")
        self.below(out, None, 2)
        out.write("constraints\n")
        for constraint in self.constraints:
            out.write(f"\t{text(constraint)}\n")

    def below(self, out, parent, depth):
        children = list(self.children.get(parent, []))
        if parent is None:
            children += list(self.compared.values())
        for sort, names in [("optional", children), ("alternative", self.alternatives.get(parent, []))]:
            if names:
                out.write("\t" * depth + sort + "\n")
            for name in names:
                out.write("\t" * (depth + 1) + quoted(name) + "\n")
                self.below(out, name, depth + 2)


def combine(operator, parts):
    nothing, all_of_it = (True, False) if operator == "&" else (False, True)
    parts = [part for part in parts if part is not nothing]
    if any(part is all_of_it for part in parts):
        return all_of_it
    flat = []
    for part in parts:
        flat.extend(part[1:] if isinstance(part, tuple) and part[0] == operator else [part])
    flat = list(dict.fromkeys(flat))
    if not flat:
        return nothing
    return flat[0] if len(flat) == 1 else (operator, *flat)


def negated(part):
    if isinstance(part, bool):
        return not part
    if isinstance(part, tuple) and part[0] == "!":
        return part[1]
    return ("!", part)


def quoted(name):
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else f'"{name}"'


def text(part):
    if part is False:
        return "!root"
    if isinstance(part, str):
        return quoted(part)
    if part[0] == "!":
        return "!" + text(part[1])
    return "(" + f" {part[0]} ".join(text(one) for one in part[1:]) + ")"


if __name__ == "__main__":
    sys.setrecursionlimit(100_000)
    Model(load(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "x86")).write(sys.stdout)
