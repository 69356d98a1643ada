"""Make gii_geo/data/published.csv and published_economies.csv from data/published.

Usage: python scripts/make_published.py

The facts stay as they were noted, one file an edition; the package carries them in one table.
"""

from pathlib import Path
from typing import Final

import pandas as pd

ROOT: Final = Path(__file__).parents[1]
NOTED: Final = ROOT / "data" / "published"
PACKAGED: Final = ROOT / "gii_geo" / "data"


def join_editions() -> pd.DataFrame:
    """Join the clusters of all editions; every cell stays the text it is."""
    parts = []
    for path in sorted(NOTED.glob("gii_clusters_*.csv")):
        part = pd.read_csv(path, dtype=str, keep_default_na=False)
        part.insert(0, "edition", path.stem.removeprefix("gii_clusters_"))
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    counts = pd.read_csv(NOTED / "gii_economy_counts.csv", dtype=str, keep_default_na=False)
    tables = {"published": join_editions(), "published_economies": counts}
    for name, table in tables.items():
        table.to_csv(PACKAGED / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
        print(f"{name}.csv: {len(table)} rows")
