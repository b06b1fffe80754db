"""Names what differs between two ONNX files: the first thing to look at when a rebuild is not byte-equal."""

from pathlib import Path

import onnx


def graph_differences(rebuilt: Path, committed: Path) -> list[str]:
    """One line for each differing constant or node; empty when only frame or order differ."""
    ours, theirs = onnx.load(rebuilt).graph, onnx.load(committed).graph
    constants = by_name(ours.initializer), by_name(theirs.initializer)
    nodes = by_name(ours.node), by_name(theirs.node)
    return [
        *name_differences("constant", *constants),
        *name_differences("node", *nodes),
    ]


def by_name(entries) -> dict[str, bytes]:
    """Entries of a graph, serialized, by their names."""
    return {entry.name: entry.SerializeToString(deterministic=True) for entry in entries}


def name_differences(kind: str, ours: dict[str, bytes], theirs: dict[str, bytes]) -> list[str]:
    """Entries that only one side has, or whose content differs."""
    lines = []
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in theirs:
            lines.append(f"{kind} {name}: only in the rebuilt model")
        elif name not in ours:
            lines.append(f"{kind} {name}: only in the committed model")
        elif ours[name] != theirs[name]:
            lines.append(f"{kind} {name}: content differs")
    return lines
