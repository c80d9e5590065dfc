#!/usr/bin/env python3
"""Checks what the compiler and the formatter do not: import edges, traps, size of files, syntax of our Python.

usage: check-sources.py ROOT
"""

import ast
import fnmatch
import pathlib
import re
import sys

IMPORT = re.compile(
    r"^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
    r"(?:(?:typealias|struct|class|enum|protocol|let|var|func)\s+)?(\w+)"
)
TRAPS = [
    (re.compile(r"\btry!"), "try!"),
    (re.compile(r"\bas!"), "as!"),
    (re.compile(r"\bfatalError\s*\("), "fatalError"),
    (re.compile(r"\bpreconditionFailure\s*\("), "preconditionFailure"),
]
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
LONGEST_FILE = 500


def read_table(path):
    allowed, pure = {}, []
    for line in path.read_text().splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        name, _, modules = line.partition(":")
        if name.startswith("pure "):
            pure.append((name[len("pure "):].strip(), set(modules.split())))
        else:
            allowed[name.strip()] = set(modules.split())
    return allowed, pure


def closure(target, allowed):
    """What a target may import: what it names, and of this package's targets what those may import."""
    result, waiting = set(allowed[target]), [name for name in allowed[target] if name in allowed]
    while waiting:
        own = {name for name in allowed[waiting.pop()] if name in allowed}
        waiting += own - result
        result |= own
    return result


def code_of(line):
    """The line without strings and comment; block comments are rare enough to be read as code."""
    return STRING.sub('""', line).split("//")[0]


def main():
    root = pathlib.Path(sys.argv[1])
    allowed, pure = read_table(root / "hack" / "imports.txt")
    problems, files = [], 0
    for target in sorted(path for path in (root / "Sources").iterdir() if path.is_dir()):
        sources = sorted(target.rglob("*.swift"))
        if not sources:
            continue
        if target.name not in allowed:
            problems.append(f"Sources/{target.name}: not in hack/imports.txt")
            continue
        may = closure(target.name, allowed) | allowed["*"]
        for source in sources:
            files += 1
            where = source.relative_to(root)
            lines = source.read_text().splitlines()
            if len(lines) > LONGEST_FILE:
                problems.append(f"{where}: {len(lines)} lines, more than {LONGEST_FILE}")
            never = set().union(*(modules for pattern, modules in pure if fnmatch.fnmatch(source.name, pattern)))
            for number, line in enumerate(lines, 1):
                found = IMPORT.match(line)
                if found and found[1] not in may:
                    problems.append(f"{where}:{number}: {target.name} may not import {found[1]}")
                elif found and found[1] in never:
                    problems.append(f"{where}:{number}: a file of this name may not import {found[1]}")
                for pattern, name in TRAPS:
                    if pattern.search(code_of(line)):
                        problems.append(f"{where}:{number}: {name} traps")
    for script in sorted((root / "hack").rglob("*.py")):
        files += 1
        try:
            ast.parse(script.read_text(), str(script))
        except SyntaxError as error:
            problems.append(f"{script.relative_to(root)}: {error}")
    for problem in problems:
        print(problem)
    print(f"{files} files, {len(problems)} problems")
    sys.exit(1 if problems else 0)


main()
