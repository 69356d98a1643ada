"""What the charts of two rankings show."""

from collections.abc import Iterator

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
import pytest

from gii_geo.plot import plot_ranks, plot_slopes

MATCHES = pd.DataFrame(
    {
        "reference_rank": pd.array([1, 2, 3, 40], dtype="Int64"),
        "reference_name": ["Tokyo", "Seoul", "Oulu", "Basel"],
        "rank": pd.array([7, 3, pd.NA, 5], dtype="Int64"),
        "name": ["Tokyo–Yokohama", "Seoul", None, "Basel–Mulhouse"],
    }
)


@pytest.fixture(autouse=True)
def _without_a_screen() -> Iterator[None]:
    mpl.use("Agg")
    yield
    plt.close("all")


def test_the_scatter_shows_every_matched_region_at_its_two_ranks() -> None:
    figure = plot_ranks(MATCHES, title="Title", reference="WIPO 2023", source="WIPO")
    axes = figure.axes[0]
    assert axes.collections[0].get_offsets().tolist() == [[1, 7], [2, 3], [40, 5]]
    assert [text.get_text() for text in axes.texts] == ["Tokyo", "Seoul", "Basel"]
    assert axes.get_title("left") == "Title"
    assert "WIPO 2023" in axes.get_xlabel()
    assert [text.get_text() for text in figure.texts] == ["WIPO"]
    assert axes.yaxis_inverted()


def test_the_slopes_rise_for_a_region_that_ranks_higher_here() -> None:
    figure = plot_slopes(MATCHES, title="Title", reference="WIPO 2023", source="WIPO")
    axes = figure.axes[0]
    assert [line.get_ydata().tolist() for line in axes.lines] == [[1, 2], [2, 1]]
    assert axes.lines[0].get_color() != axes.lines[1].get_color()
    shown = [text.get_text() for text in axes.texts]
    assert {"Tokyo  1", "7  Tokyo–Yokohama", "Seoul  2", "3  Seoul", "WIPO 2023"} <= set(shown)
    assert not any("Basel" in text for text in shown)


def test_nothing_matched_draws_empty_charts() -> None:
    nothing = MATCHES.iloc[2:3]
    for draw in (plot_ranks, plot_slopes):
        figure = draw(nothing, title="Title", reference="WIPO 2023", source="WIPO")
        figure.canvas.draw()
        assert figure.axes[0].get_title("left") == "Title"
