"""Reads a data-set version that `pipelines prepare` made."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Split:
    """Texts with the index of each one's class."""

    texts: list[str]
    labels: list[int]


@dataclass(frozen=True)
class DataSet:
    """Training and validation split; the test split is for `pipelines evaluate` alone."""

    name: str
    version: str
    digest: str
    classes: list[str]
    train: Split
    validation: Split


def read_data_set(directory: Path, taxonomy: Path) -> DataSet:
    """Read and verify a version.

    Raises ValueError when a file is not the one that dataset.json describes, or has an unknown label.
    """
    description = json.loads((directory / "dataset.json").read_text(encoding="utf-8"))
    labels = [label["id"] for label in json.loads(taxonomy.read_text(encoding="utf-8"))["labels"]]
    rows = {name: read_rows(directory, name, description) for name in ("train", "validation")}
    has_others = any(row["label"] == OUT_OF_SCOPE for row in rows["train"])
    classes = labels + [OUT_OF_SCOPE] * has_others
    splits = {name: to_split(found, classes, name) for name, found in rows.items()}
    return DataSet(
        name=description["name"],
        version=description["version"],
        digest=description["digest"],
        classes=classes,
        **splits,
    )


def read_rows(directory: Path, split: str, description: dict) -> list[dict]:
    """The rows of a split, after a look at its digest."""
    path = directory / f"{split}.jsonl"
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != description["files"][split]["sha256"]:
        raise ValueError(f"{path} is not the file that dataset.json describes")
    return [json.loads(line) for line in data.decode("utf-8").split("\n") if line]


def to_split(rows: list[dict], classes: list[str], name: str) -> Split:
    """Texts and class indices of rows."""
    unknown = sorted({row["label"] for row in rows} - set(classes))
    if unknown:
        raise ValueError(f"{name} has labels that the taxonomy does not have: {', '.join(unknown)}")
    index = {label: position for position, label in enumerate(classes)}
    return Split([row["text"] for row in rows], [index[row["label"]] for row in rows])
