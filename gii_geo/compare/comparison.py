"""Two rankings beside each other, and what is said of them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from gii_geo.demo import DEMO_NOTICE
from gii_geo.tables import order_kinds

FIRST: Final = (10, 50, 100)
"""How far down two rankings are held against each other."""

DIFFERENCE: Final = "_share_difference"
"""Ends the columns of the differences of shares."""


@dataclass(frozen=True)
class Comparison:
    """Two rankings beside each other; the reference is what ours is held against.

    Attributes
    ----------
    matches : pandas.DataFrame
        One row a region of the reference, by its rank: reference_rank, reference_name,
        reference_economies, reference_score; region_id, rank, name, economies, score of ours;
        rank_low and rank_high, where ours tell the ranks that they may have;
        rank_difference (ours less the reference: negative is higher up here);
        reference_rank_among_matched, rank_among_matched; the difference of each kind's share
        (patent_share_difference and so on) and score_difference (0 to 1, ours less the reference,
        missing where a side does not know it); reason, where none of ours matches.
    others : pandas.DataFrame
        Our regions down to the reference's last rank that match none of it: region_id, rank,
        name, economies, score, reason.
    spearman, kendall : float
        Spearman's rho and Kendall's tau-b (-1 to 1) of the ranks of the matched; missing for fewer
        than two, and for made-up data, whose ranks tell nothing.
    caution : str or None
        Which kinds our score counts and the reference's, as far as it is known, does not.
    notice : str or None
        That the data of a side is made up, or a sample.
    """

    matches: pd.DataFrame
    others: pd.DataFrame
    spearman: float
    kendall: float
    caution: str | None = None
    notice: str | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds whose shares both sides know of some region, in the order of every table."""
        known = self.matches.columns[self.matches.notna().any()]
        names = [str(name) for name in known if str(name).endswith(DIFFERENCE)]
        return order_kinds(name.removesuffix(DIFFERENCE) for name in names)

    @property
    def mean_difference(self) -> float:
        """Mean distance of the two ranks of the matched; missing for none and made-up data."""
        apart = self.matches["rank_difference"].abs().dropna()
        return np.nan if self.notice == DEMO_NOTICE or apart.empty else float(apart.mean())

    def count_within(self) -> tuple[int, int]:
        """Count the matched whose rank in the reference is one that they may have here.

        Returns
        -------
        within, known : int
            These, and how many of the matched tell the ranks that they may have.

        Examples
        --------
        >>> matches = pd.DataFrame({"reference_rank": [7, 9], "rank_low": [6, 1], "rank_high": 8})
        >>> Comparison(matches, matches, np.nan, np.nan).count_within()
        (1, 2)
        """
        if "rank_low" not in self.matches:
            return 0, 0
        low, high = self.matches["rank_low"], self.matches["rank_high"]
        within = self.matches["reference_rank"].between(low, high)
        return int(within.fillna(value=False).sum()), int(low.notna().sum())

    def count_overlap(self) -> pd.DataFrame:
        """Count the regions that are among the first of both rankings.

        Returns
        -------
        pandas.DataFrame
            Indexed by ``first`` (10, 50, 100): ``known``, the regions of the reference down to
            this rank as far as they are known, and ``shared``, those of them that are here, too.

        Examples
        --------
        >>> matches = pd.DataFrame({"reference_rank": [1, 2, 60], "rank": [3, 12, 9]})
        >>> Comparison(matches, matches, np.nan, np.nan).count_overlap()["shared"].to_dict()
        {10: 1, 50: 2, 100: 3}
        """
        first = pd.Index(FIRST, name="first")
        there, here = (self.matches[side] for side in ("reference_rank", "rank"))
        known = [int((there <= last).sum()) for last in first]
        shared = [int(((there <= last) & (here <= last)).sum()) for last in first]
        return pd.DataFrame({"known": known, "shared": shared}, index=first)

    def describe(self) -> list[str]:
        """Say how many regions of the reference are found, and why each other one is not.

        Returns
        -------
        list of str
            One sentence each.

        Examples
        --------
        >>> matches = pd.DataFrame(
        ...     {"reference_rank": [1, 2], "reference_name": ["Basel", "Oulu"],
        ...      "reference_score": [0.1, 0.1], "reason": [None, "no data"]}
        ... )
        >>> Comparison(matches, matches.iloc[:0], np.nan, np.nan).describe()
        ['1 of 2 regions are found.', 'Not found: 2 Oulu: no data.']
        """
        found = self.matches["reason"].isna()
        scored = self.matches["reference_score"].notna()
        sentence = f"{found.sum()} of {len(found)} regions are found"
        if 0 < scored.sum() < len(scored):
            sentence += f", {(found & scored).sum()} of the {scored.sum()} with a known score"
        sentences = [f"{sentence}."]
        if self.notice:
            sentences.insert(0, self.notice)
        if self.notice != DEMO_NOTICE:
            sentences += self._describe_ranks()
        if self.caution:
            sentences.append(self.caution)
        missing = self.matches[~found]
        rows = zip(
            missing["reference_rank"], missing["reference_name"], missing["reason"], strict=True
        )
        return sentences + [f"Not found: {rank} {name}: {reason}." for rank, name, reason in rows]

    def _describe_ranks(self) -> list[str]:
        """Say how far the ranks of the matched agree; the measures stand beside each other."""
        if np.isnan(self.spearman):
            return []
        overlap = self.count_overlap().itertuples(name=None)
        parts = [
            f"{shared} of the {'' if known == last else f'{known} known of the '}first {last}"
            for last, known, shared in overlap
            if known
        ]
        within, sure = self.count_within()
        told = f"For {within} of the {sure} found the rank there is one that they may have here."
        return [
            (
                f"The ranks of those found agree with Spearman's rho {self.spearman:.2f} and "
                f"Kendall's tau {self.kendall:.2f}."
            ),
            (
                f"They differ by {self.mean_difference:.1f} on average; among as many here are "
                f"{', '.join(parts)} there."
            ),
            *([told] if sure else []),
        ]
