"""The notebooks as pages: run before the build, all in one kernel, and kept until they change.

With GII_GEO_NOTEBOOKS=stored they, and the gallery, are shown as they are stored, without what they
print and draw: the tests do so, for they run both anyway.
"""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
PAGES = DOCS / "notebooks"
"""What is shown; made anew by every build."""

KEPT = DOCS / "_build" / "notebooks"


def hash_sources(notebook: Path) -> str:
    """Name a notebook by what it hangs on: its text and the package's."""
    parts = [notebook, *sorted((ROOT / "gii_geo").rglob("*.py"))]
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:16]


def run_notebook(notebook: nbformat.NotebookNode, kernel: KernelManager, folder: Path) -> None:
    """Run the cells in a folder, all names forgotten before."""
    first = nbformat.v4.new_code_cell(f"%reset -f\n%cd -q {folder}")
    notebook.cells.insert(0, first)
    client = NotebookClient(notebook, km=kernel, timeout=900)
    try:
        client.execute(cleanup_kc=False)
    finally:
        client.kc.stop_channels()
    notebook.cells.pop(0)


def is_stored() -> bool:
    """Tell whether nothing is to be run."""
    return os.environ.get("GII_GEO_NOTEBOOKS") == "stored"


def fill_pages(_app: Any) -> None:  # noqa: ANN401  # Sphinx's application
    """Put all notebooks beside the pages, run unless they are to be shown as they are stored."""
    stored = is_stored()
    for folder in (PAGES, KEPT):
        folder.mkdir(parents=True, exist_ok=True)
    waiting = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        kept = KEPT / f"{path.stem}-{hash_sources(path)}.ipynb"
        if stored or kept.exists():
            (PAGES / path.name).write_bytes((path if stored else kept).read_bytes())
        else:
            waiting[path] = kept
    if not waiting:
        return
    kernel = KernelManager(kernel_name="python3")
    kernel.start_kernel()
    try:
        with tempfile.TemporaryDirectory() as folder:
            for path, kept in waiting.items():
                notebook = nbformat.read(path, as_version=4)
                (Path(folder) / path.stem).mkdir()
                run_notebook(notebook, kernel, Path(folder) / path.stem)
                nbformat.write(notebook, kept)
                (PAGES / path.name).write_bytes(kept.read_bytes())
    finally:
        kernel.shutdown_kernel(now=True)


def leave_gallery(_app: Any, page: str, source: list[str]) -> None:  # noqa: ANN401
    """Have the gallery show its code alone where nothing is to be run."""
    if page == "gallery" and is_stored():
        _, _, text = source[0].partition("\n---\n")
        source[0] = text.replace("```{code-cell} python", "```python")


def setup(app: Any) -> dict[str, bool]:  # noqa: ANN401
    """Run the notebooks before pages are looked for."""
    app.connect("builder-inited", fill_pages, priority=100)
    app.connect("source-read", leave_gallery, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
