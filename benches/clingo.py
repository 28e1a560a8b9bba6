#!/usr/bin/env python3
"""Solves problems in the text format of hsm's solver with clingo and CaDiCaL, to compare.

    python3 -m venv DIR && DIR/bin/pip install clingo python-sat
    cargo bench --bench ratios -- --write INSTANCES
    DIR/bin/python benches/clingo.py INSTANCES            # files, or directories of files

Prints one line for each instance and solver, with tabs between: instance, solver, `solution` or `conflict` (or
`gave-up`), seconds to ground (clauses: to hand over), seconds to solve, seconds in all. Only what can be reached from the rules
without a condition is told; reading the text and writing facts or clauses in Python is not part of the times. A solver
that is not there is said to be missing, and left out. The format is described in solver/src/text.rs.
"""

import argparse
import pathlib
import sys
import time

# This file has the name of the package that it needs.
sys.path = [place for place in sys.path if pathlib.Path(place).resolve() != pathlib.Path(__file__).resolve().parent]

try:
    import clingo
except ImportError:
    clingo = None
try:
    from pysat.card import CardEnc, EncType
    from pysat.formula import IDPool
    from pysat.solvers import Solver
except ImportError:
    Solver = None

PROGRAM = """
{ in(I,C) : cand(I,C) } 1 :- item(I).
{ part(G) } :- group(G,_,_).
present(I) :- in(I,_).
holds(R) :- always(R).
holds(R) :- when_in(R,I,C), in(I,C).
holds(R) :- when_part(R,G), part(G).
holds(R) :- when_option(R,G,I), part(G), present(I).
met(R) :- some_in(R,I,C), in(I,C).
met(R) :- some(R,I), present(I).
:- holds(R), needs(R), not met(R).
:- holds(R), then_part(R,G), not part(G).
:- holds(R), then_present(R,I), not present(I).
:- holds(R), then_out(R,I,C), in(I,C).
:- holds(R), then_absent(R,I), present(I).
held(S,I) :- holds(R), then_holds(R,S,I).
:- then_holds(_,S,_), 2 { held(S,I) : then_holds(_,S,I) }.
:- group(G,Min,_), part(G), #count { I : member(G,I), present(I) } < Min.
:- group(G,_,Max), part(G), #count { I : member(G,I), present(I) } > Max.
#defined always/1. #defined when_in/3. #defined when_part/2. #defined when_option/3. #defined some_in/3.
#defined some/2. #defined needs/1. #defined then_part/2. #defined then_present/2. #defined then_out/3.
#defined then_absent/2. #defined then_holds/3. #defined group/3. #defined member/2. #defined cand/2. #defined item/1.
"""


def number(word):
    return int(word[1:])


def literal(word):
    """`i3:0,2-4` as (3, {0, 2, 3, 4})."""
    item, spans = word.split(":")
    candidates = set()
    for span in [] if spans == "none" else spans.split(","):
        low, _, high = span.partition("-")
        candidates.update(range(int(low), int(high or low) + 1))
    return number(item), candidates


class Problem:
    def __init__(self, text):
        self.items, self.groups, self.rules, self.resources = [], [], [], 0
        for line in text.splitlines()[1:]:
            words = line.split("#")[0].split()
            if not words or words[0] == "prefer":
                continue
            if words[0] == "item":
                self.items.append(int(words[1]))
            elif words[0] == "resource":
                self.resources += 1
            elif words[0] == "group":
                low, _, high = ("1..1" if words[2] == "one" else words[2]).partition("..")
                self.groups.append((int(low), int(high), [number(word) for word in words[3:]]))
            elif words[0] == "rule":
                self.rules.append((words[2], words[4], words[5:]))
            else:
                raise SystemExit(f"what is `{line}`?")
        self.reach()

    def option(self, group, member):
        members = self.groups[group][2] if group < len(self.groups) else []
        return members[member] if member < len(members) else None

    def reach(self):
        by_item, by_group, todo = {}, {}, []
        for when, word, rest in self.rules:
            if when == "always":
                todo.append((word, rest))
            elif when[0] == "i":
                by_item.setdefault(literal(when)[0], []).append((word, rest))
            else:
                by_group.setdefault(number(when.split("/")[0]), []).append((word, rest))
        self.reached_items, self.reached_groups = set(), set()
        while todo:
            word, rest = todo.pop()
            items = []
            if word in ("present", "any-of"):
                items = [literal(one)[0] for one in rest]
            elif word in ("part", "one-of", "all-of"):
                group = number(rest[0])
                if group < len(self.groups) and group not in self.reached_groups:
                    self.reached_groups.add(group)
                    items = self.groups[group][2]
                    todo += by_group.get(group, [])
            for item in items:
                if item < len(self.items) and self.items[item] > 0 and item not in self.reached_items:
                    self.reached_items.add(item)
                    todo += by_item.get(item, [])

    def conditions(self, when):
        """Ways in which the condition holds: each a list of ("in", item, candidate), ("present", item), ("part", group)."""
        if when == "always":
            return [[]]
        if when[0] == "i":
            item, candidates = literal(when)
            return [[one] for one in self.some(item, candidates)]
        group, _, member = when[1:].partition("/")
        if int(group) not in self.reached_groups:
            return []
        if not member:
            return [[("part", int(group))]]
        item = self.option(int(group), int(member))
        return [[("part", int(group)), ("present", item)]] if item in self.reached_items else []

    def some(self, item, candidates):
        """One of these holds if the item is in one of these candidates."""
        if item not in self.reached_items:
            return []
        known = [one for one in sorted(candidates) if one < self.items[item]]
        if len(known) == self.items[item]:
            return [("present", item)]
        return [("in", item, one) for one in known]

    def demands(self, word, rest):
        """Clauses of (positive, atom), and holders: all have to hold."""
        if word in ("present", "any-of"):
            return [[(True, atom) for one in rest for atom in self.some(*literal(one))]]
        if word == "absent-or":
            item, candidates = literal(rest[0])
            if item not in self.reached_items:
                return []
            if not candidates:
                return [[(False, ("present", item))]]
            out = [one for one in range(self.items[item]) if one not in candidates]
            return [[(False, ("in", item, one))] for one in out]
        if word == "holds":
            resource, holder = number(rest[0]), number(rest[1])
            return [[(True, ("held", resource, holder))]] if resource < self.resources else [[]]
        if word == "never":
            return [[]]
        group = number(rest[0])
        part = [(True, ("part", group))] if group in self.reached_groups else []
        options = [self.option(group, int(member)) for member in rest[1:]]
        options = [[(True, ("present", one))] if one in self.reached_items else [] for one in options]
        if word == "all-of":
            return [part, *options]
        return [part] + ([sum(options, [])] if word == "one-of" else [])


def facts(problem):
    lines = []
    for item in problem.reached_items:
        lines.append(f"item({item}). cand({item},0..{problem.items[item] - 1}).")
    for group in problem.reached_groups:
        low, high, members = problem.groups[group]
        lines.append(f"group({group},{low},{high}).")
        lines += [f"member({group},{one})." for one in set(members) if one in problem.reached_items]
    rule = 0
    for when, word, rest in problem.rules:
        conditions = problem.conditions(when)
        for clause in problem.demands(word, rest) if conditions else []:
            rule += 1
            for condition in conditions:
                if not condition:
                    lines.append(f"always({rule}).")
                elif len(condition) == 2:
                    lines.append(f"when_option({rule},{condition[0][1]},{condition[1][1]}).")
                elif condition[0][0] == "in":
                    lines.append(f"when_in({rule},{condition[0][1]},{condition[0][2]}).")
                elif condition[0][0] == "part":
                    lines.append(f"when_part({rule},{condition[0][1]}).")
                else:
                    item = condition[0][1]
                    lines.append(f"when_in({rule},{item},0..{problem.items[item] - 1}).")
            if len(clause) == 1 and clause[0][1][0] == "part":
                lines.append(f"then_part({rule},{clause[0][1][1]}).")
            elif len(clause) == 1 and clause[0][1][0] == "held":
                lines.append(f"then_holds({rule},{clause[0][1][1]},{clause[0][1][2]}).")
            elif len(clause) == 1 and clause[0] == (True, ("present", clause[0][1][1])):
                lines.append(f"then_present({rule},{clause[0][1][1]}).")
            elif len(clause) == 1 and not clause[0][0]:
                atom = clause[0][1]
                if atom[0] == "in":
                    lines.append(f"then_out({rule},{atom[1]},{atom[2]}).")
                else:
                    lines.append(f"then_absent({rule},{atom[1]}).")
            else:
                lines.append(f"needs({rule}).")
                for _, atom in clause:
                    if atom[0] == "in":
                        lines.append(f"some_in({rule},{atom[1]},{atom[2]}).")
                    else:
                        lines.append(f"some({rule},{atom[1]}).")
    return "\n".join(lines)


def by_clingo(problem, patience):
    program = PROGRAM + facts(problem)
    begin = time.perf_counter()
    control = clingo.Control(["1"])
    control.add("base", [], program)
    control.ground([("base", [])])
    ground = time.perf_counter()
    with control.solve(async_=True) as handle:
        answer = None
        if handle.wait(patience):
            answer = bool(handle.get().satisfiable)
        else:
            handle.cancel()
    return answer, ground - begin, time.perf_counter() - ground


def clauses(problem):
    pool, all_clauses = IDPool(), []
    for item in problem.reached_items:
        lits = [pool.id(("in", item, one)) for one in range(problem.items[item])]
        present = pool.id(("present", item))
        all_clauses.append([-present, *lits])
        all_clauses += [[-lit, present] for lit in lits]
        if len(lits) > 1:
            all_clauses += CardEnc.atmost(lits, 1, vpool=pool, encoding=EncType.ladder).clauses
    for group in problem.reached_groups:
        low, high, members = problem.groups[group]
        part = pool.id(("part", group))
        lits = [pool.id(("present", one)) for one in sorted(set(members)) if one in problem.reached_items]
        if low > len(lits) or low > high:
            all_clauses.append([-part])
            continue
        counted = []
        if low > 0:
            counted += CardEnc.atleast(lits, low, vpool=pool, encoding=EncType.totalizer).clauses
        if high < len(lits):
            counted += CardEnc.atmost(lits, high, vpool=pool, encoding=EncType.totalizer).clauses
        all_clauses += [[-part, *clause] for clause in counted]
    holders = {}
    for when, word, rest in problem.rules:
        for condition in problem.conditions(when):
            nots = [-pool.id(atom) for atom in condition]
            for clause in problem.demands(word, rest):
                for _, atom in clause:
                    if atom[0] == "held":
                        holders.setdefault(atom[1], set()).add(atom[2])
                all_clauses.append(nots + [pool.id(atom) if positive else -pool.id(atom) for positive, atom in clause])
    for resource, all_holders in holders.items():
        lits = [pool.id(("held", resource, one)) for one in sorted(all_holders)]
        if len(lits) > 1:
            all_clauses += CardEnc.atmost(lits, 1, vpool=pool, encoding=EncType.ladder).clauses
    return all_clauses


def by_cadical(problem, _patience):
    encoded = clauses(problem)
    begin = time.perf_counter()
    if [] in encoded:
        return False, 0.0, time.perf_counter() - begin
    with Solver(name="cadical153", bootstrap_with=encoded) as solver:
        told = time.perf_counter()
        answer = solver.solve()
        return answer, told - begin, time.perf_counter() - told


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--patience", type=float, default=10, metavar="SECONDS", help="for clingo, per instance")
    arguments.add_argument("--rounds", type=int, default=3, help="the least time of so many counts")
    arguments.add_argument("paths", nargs="+", type=pathlib.Path, help="files, or directories of files")
    arguments = arguments.parse_args()
    solvers = []
    for name, package, found, solve in [
        ("clingo", "clingo", clingo, by_clingo),
        ("CaDiCaL", "python-sat", Solver, by_cadical),
    ]:
        if found is None:
            print(f"{name} is missing here: pip install {package}", file=sys.stderr)
        else:
            solvers.append((name, solve))
    files = [one for path in arguments.paths for one in (sorted(path.iterdir()) if path.is_dir() else [path])]
    for path in files:
        problem = Problem(path.read_text())
        for name, solve in solvers:
            best = None
            for _ in range(arguments.rounds):
                answer, first, second = solve(problem, arguments.patience)
                if best is None or first + second < sum(best[1:]):
                    best = (answer, first, second)
                if first + second > 1:
                    break
            answer, first, second = best
            word = {True: "solution", False: "conflict", None: "gave-up"}[answer]
            fields = [path.stem, name, word, f"{first:.6f}", f"{second:.6f}", f"{first + second:.6f}"]
            print("\t".join(fields), flush=True)


if __name__ == "__main__":
    main()
