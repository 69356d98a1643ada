"""The page as its reader meets it: in Chromium, from disk, with the network cut off.

Pictures of it are left in tests/out.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest
from reference_result import replace_regions

import gii_geo
from conftest import LONG_RUN
from gii_geo import Settings
from gii_geo.demo import DEMO_NOTICE
from gii_geo.explorer import explore, write_page
from gii_geo.result import Result
from gii_geo.sweep import sweep_radii
from gii_geo.tables import describe_kinds

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

PICTURES = Path(__file__).parent / "out"
DENSE = Settings(min_addresses=60)
MOST_BYTES = 3_000_000
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND"),
)


class Built(NamedTuple):
    """A run and its page."""

    result: Result
    path: Path


OpenPage = Callable[..., "Page"]


def skip_or_fail(reason: str) -> None:
    """Skip a test that this machine cannot run; CI must."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have it: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Start the system's Chromium."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        skip_or_fail("no Chromium on this machine")
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # not everywhere
    except ImportError:
        skip_or_fail("playwright is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: "Browser") -> Iterator[OpenPage]:
    """Open a file offline; at the end nothing but files was asked for and nothing complained."""
    faults: list[str] = []
    with ExitStack() as stack:

        def open_file(path: Path, link: str = "", width: int = 1400, **options: Any) -> "Page":
            height = 844 if width < 500 else 900
            context = browser.new_context(
                viewport={"width": width, "height": height},
                offline=True,
                **{"reduced_motion": "reduce", "color_scheme": "light", **options},
            )
            stack.callback(context.close)
            page = context.new_page()
            page.on(
                "request", lambda sent: faults.append(sent.url) if is_remote(sent.url) else None
            )
            page.on("console", lambda said: faults.append(f"{said.type}: {said.text}"))
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
            page.goto(path.as_uri() + link)
            return page

        yield open_file
    assert faults == []


def is_remote(url: str) -> bool:
    return not url.startswith(("file:", "about:"))


@pytest.fixture(scope="session")
def small(small_result: Result, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Four regions: Basel, Singapore, New York and Taveuni, at four radii."""
    path = tmp_path_factory.mktemp("small") / "explorer.html"
    write_page(small_result, path, radii=sweep_radii(small_result, radii_km=[5, 10, 15, 40]))
    return Built(small_result, path)


@pytest.fixture(scope="session")
def demo(demo_result: gii_geo.Result, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Show the built-in world at all radii."""
    path = tmp_path_factory.mktemp("demo_page") / "explorer.html"
    write_page(demo_result, path, radii=sweep_radii(demo_result))
    return Built(demo_result, path)


def read_rows(page: "Page") -> list[tuple[int, str]]:
    """Read the ranks and names that the table shows."""
    rows = page.evaluate(
        """() => [...document.querySelectorAll("#ranking tbody tr")].map((row) =>
            [row.cells[0].firstChild.textContent, row.querySelector("button").textContent])"""
    )
    return [(int(rank), name) for rank, name in rows]


def rank_by(regions: pd.DataFrame, weights: dict[str, float]) -> list[tuple[int, str]]:
    """Rank and order regions by other weights, as a run would."""
    score = np.zeros(len(regions))
    for kind, weight in weights.items():
        score += weight * regions[f"{kind}_share"].fillna(0).to_numpy()
    rank = pd.Series(score).rank(method="min", ascending=False).astype(int)
    table = regions.assign(rank=rank.to_numpy()).sort_values(["rank", "region_id"])
    return list(zip(table["rank"].tolist(), table["name"], strict=True))


def read_link(page: "Page") -> str:
    """Read the link once it is written."""
    page.wait_for_timeout(400)
    return str(page.evaluate("location.hash"))


def find_marks(page: "Page", across: list[float]) -> list[bool]:
    """Tell where something is painted, half way down the map, by parts of its width."""
    script = """() => {
        const canvas = document.getElementById("marks");
        const { width, height } = canvas;
        const row = canvas.getContext("2d").getImageData(0, height / 2, width, 1).data;
        return [...row].filter((_, i) => i % 4 === 3);
    }"""
    opaque = page.evaluate(script)
    return [opaque[int(part * len(opaque))] > 0 for part in across]


def test_the_built_in_world_opens_from_disk_in_light_and_dark_on_desk_and_phone(
    demo: Built, open_page: OpenPage
) -> None:
    assert demo.path.stat().st_size <= MOST_BYTES
    PICTURES.mkdir(exist_ok=True)
    regions = demo.result.regions
    for width in (1400, 390):
        for scheme in ("light", "dark"):
            page = open_page(demo.path, width=width, color_scheme=scheme)
            assert page.get_by_text(DEMO_NOTICE).is_visible()
            assert all(
                page.get_by_text(credit).count() for credit in demo.result.provenance["credits"]
            )
            assert (
                read_rows(page)[:50]
                == list(zip(regions["rank"], regions["name"], strict=True))[:50]
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.screenshot(path=PICTURES / f"explorer-{width}-{scheme}.png")
            page.locator("#ranking tbody button").first.click()
            page.screenshot(path=PICTURES / f"explorer-{width}-{scheme}-region.png")


@LONG_RUN
def test_deals_at_zero_give_the_order_that_python_gives(demo: Built, open_page: OpenPage) -> None:
    page = open_page(demo.path)
    regions = demo.result.regions
    assert read_rows(page) == rank_by(regions, {"patent": 1, "publication": 1, "deal": 1})
    page.get_by_label("Deals").press("Home")
    assert page.get_by_label("Deals").input_value() == "0"
    expected = rank_by(regions, {"patent": 1, "publication": 1, "deal": 0})
    assert read_rows(page) == expected
    assert expected != list(zip(regions["rank"], regions["name"], strict=True))
    page.get_by_label("Publications").press("End")
    page.get_by_label("Patents").press("ArrowLeft")
    assert read_rows(page) == rank_by(regions, {"patent": 0.9, "publication": 2, "deal": 0})
    page.get_by_role("button", name="Reset").click()
    assert read_rows(page) == list(zip(regions["rank"], regions["name"], strict=True))


def test_new_weights_recolour_the_map_at_once(small: Built, open_page: OpenPage) -> None:
    page = open_page(small.path)
    page.wait_for_timeout(100)
    draw = "document.getElementById('marks').toDataURL()"
    before = page.evaluate(draw)
    page.get_by_label("Deals").press("Home")
    page.wait_for_timeout(100)
    assert page.evaluate(draw) != before


def test_all_weights_at_zero_leave_one_shared_rank_and_no_score(
    small: Built, open_page: OpenPage
) -> None:
    page = open_page(small.path, "#patents=0&publications=0&deals=0")
    assert {rank for rank, _ in read_rows(page)} == {1}
    assert set(page.locator("#ranking .move").all_inner_texts()) == {""}
    assert page.locator("#legend").inner_text() == "No score at these weights."


@LONG_RUN
def test_the_legend_fits_the_discs_at_any_weights(
    small: Built, open_page: OpenPage, tmp_path: Path
) -> None:
    for link in ("", "#patents=0&publications=0&deals=0.1", "#patents=2&publications=2&deals=2"):
        page = open_page(small.path, link)
        best = float(page.locator("#ranking tbody .score").first.inner_text())
        samples = [float(text) for text in page.locator("#legend li").all_inner_texts()]
        sizes = [disc["width"] for disc in measure(page, "#legend i")]
        assert best / 2.6 < samples[0] <= best  # the largest is the last of 1, 2, 5 that fits
        assert sizes == sorted(sizes, reverse=True)
        assert 20 < sizes[0] <= 40  # as large as a disc of the map can be
    path = tmp_path / "explorer.html"
    write_page(replace_regions(small.result, small.result.regions.head(0)), path)
    page = open_page(path)
    assert page.locator("#legend").inner_text() == ""
    assert page.get_by_role("status").inner_text() == "No region"


def measure(page: "Page", selector: str) -> list[dict[str, float]]:
    """Measure where elements lie on screen, in pixels."""
    script = "(all) => all.map((one) => one.getBoundingClientRect().toJSON())"
    boxes: list[dict[str, float]] = page.locator(selector).evaluate_all(script)
    return boxes


def test_a_kind_that_was_not_supplied_cannot_be_weighed_or_sorted_by(
    small_world: pd.DataFrame, open_page: OpenPage, tmp_path: Path
) -> None:
    path = tmp_path / "explorer.html"
    given = small_world[small_world["kind"] != "deal"]
    write_page(gii_geo.find_regions(given, DENSE.replace(min_addresses=40)), path)
    page = open_page(path, "#deals=0&sort=-deal")
    assert page.get_by_label("Deals").is_disabled()
    assert page.locator("#weight-deal-value").inner_text() == "–"
    assert page.locator("#reset").is_hidden()
    heading = page.locator("#ranking thead")
    assert heading.get_by_role("button", name="Deals").is_disabled()
    assert heading.locator("[aria-sort]").inner_text() == "Rank"
    assert page.locator("#sort option").all_text_contents()[2:] == [
        *("Patents", "Publications", "Score")
    ]
    page.locator("#ranking tbody button").first.click()
    row = page.locator("#details tbody tr").nth(2)
    assert row.locator("th, td").all_inner_texts() == ["Deals", "–", "–", "–"]


def test_regions_of_the_same_score_share_a_rank(tmp_path: Path, open_page: OpenPage) -> None:
    """Share by share in floating point, 3/60 + 4/60 + 2/60 is less than 4/60 + 2/60 + 3/60."""
    spots = ((7.59, 47.56), (2.35, 48.86), (-0.12, 51.5))  # Basel, Paris, London
    held = {"patent": (3, 4, 53), "publication": (4, 2, 54), "deal": (2, 3, 55)}
    rows = [
        (kind, *spot)
        for kind, many in held.items()
        for number, spot in zip(many, spots, strict=True)
        for _ in range(number)
    ]
    table = pd.DataFrame(rows, columns=["kind", "lon", "lat"])
    result = gii_geo.find_regions(table, Settings(min_addresses=2))
    write_page(result, tmp_path / "explorer.html")
    expected = list(zip(result.regions["rank"], result.regions["name"], strict=True))
    assert [rank for rank, _ in expected] == [1, 2, 2]
    assert read_rows(open_page(tmp_path / "explorer.html")) == expected


@pytest.fixture(scope="session")
def fourth(four_kinds: Result, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Show four regions with a fourth kind, trademarks."""
    path = tmp_path_factory.mktemp("fourth") / "explorer.html"
    write_page(four_kinds, path)
    return Built(four_kinds, path)


@LONG_RUN
def test_a_fourth_kind_is_weighed_sorted_by_and_told_like_the_others(
    fourth: Built, open_page: OpenPage
) -> None:
    page, regions = open_page(fourth.path), fourth.result.regions
    assert page.locator("#ranking thead th").all_inner_texts() == [
        *("Rank", "Region", "Patents", "Publications", "Deals", "Trademarks", "Score")
    ]
    shown = page.locator("#ranking tbody td:nth-last-child(2)").all_inner_texts()
    assert shown == ["40.00", "30.00", "20.00", "10.00"]
    heading = page.locator("#ranking thead").get_by_role("button", name="Trademarks")
    heading.click()
    heading.click()
    assert [rank for rank, _ in read_rows(page)] == [4, 3, 2, 1]
    page.get_by_label("Trademarks").press("Home")
    assert read_link(page) == "#trademarks=0&sort=trademark"
    weights = {"patent": 1, "publication": 1, "deal": 1, "trademark": 0}
    again = open_page(fourth.path, "#trademarks=0")
    assert read_rows(again) == rank_by(regions, weights)
    first = regions.sort_values(["rank"]).iloc[0]
    without = 100 * (first["score"] - 0.4)
    row = again.get_by_role("row").filter(has_text=first["name"])
    assert row.locator(".score").inner_text() == f"{without:.2f}"
    row.get_by_role("button").click()
    told = again.locator("#details tbody tr").nth(3).locator("th, td").all_inner_texts()
    assert told == ["Trademarks", "40.0", "40.00", "0.0"]
    assert again.locator("#reset").is_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_kind_has_the_colour_of_the_table_of_kinds(
    fourth: Built, open_page: OpenPage, scheme: str
) -> None:
    page = open_page(fourth.path, color_scheme=scheme)
    page.locator("#ranking tbody button").first.click()
    kinds = describe_kinds(["patent", "publication", "deal", "trademark"])
    colours = [kind.colour if scheme == "light" else kind.dark_colour for kind in kinds]
    script = """(all) => all.map((one) => getComputedStyle(one).backgroundColor
        .match(/\\d+/g).map((part) => Number(part).toString(16).padStart(2, "0")).join(""))"""
    for place in (".sliders i", "#ranking tbody tr:first-child .bar i", "#details .bar i"):
        painted = page.locator(place).evaluate_all(script)
        assert [f"#{colour}" for colour in painted] == colours, place


@pytest.mark.parametrize("further", ["trademark", "many"])
def test_however_many_kinds_there_are_the_page_is_as_wide_as_the_screen(
    further: str, four_kinds: Result, open_page: OpenPage, tmp_path: Path
) -> None:
    regions, path = four_kinds.regions, tmp_path / "explorer.html"
    if further == "many":
        for word in ("clinical_trial", "registered_industrial_design", "standard", "x" * 40):
            plural = describe_kinds([word])[0].plural
            regions = regions.assign(**{f"{word}_share": 0.1, plural: 10.0})
    write_page(replace_regions(four_kinds, regions), path)
    page = open_page(path, width=390)
    for width in (390, 641, 700, 1051, 1160, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        phone = width <= 640
        assert page.locator("#ranking th.share").first.is_hidden() == phone
        assert page.locator("#ranking td.share").first.is_hidden() == phone
        for place in ("#ranking th.score", "#ranking tbody tr:first-child .score"):
            (box,) = measure(page, place)
            assert 0 <= box["left"] < box["right"] <= width
        labels, values = measure(page, ".sliders label"), measure(page, ".sliders .value")
        heads = measure(page, ".sliders .head")
        for label, value, head in zip(labels, values, heads, strict=True):
            assert label["right"] < value["left"]
            assert value["right"] <= head["right"] <= width
        page.locator("#ranking tbody button").first.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        card = page.locator("#details")
        assert card.evaluate("(card) => card.scrollWidth <= card.clientWidth")
        PICTURES.mkdir(exist_ok=True)
        page.screenshot(path=PICTURES / f"explorer-{further}-{width}.png")


def test_no_label_lies_on_another_one(small: Built, open_page: OpenPage) -> None:
    page = open_page(small.path, width=390)
    for width in (390, 700, 1051, 1060, 1160, 1280, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        labels, values = measure(page, ".sliders label"), measure(page, ".sliders .value")
        sliders = measure(page, ".sliders > div")
        for label, value, slider in zip(labels, values, sliders, strict=True):
            assert slider["left"] < label["right"] < value["left"]
            assert value["right"] <= slider["right"]


def test_search_finds_cities_without_their_accents(
    small: Built, open_page: OpenPage, tmp_path: Path
) -> None:
    names = small.result.regions["name"].mask(small.result.regions["rank"] == 2, "São Paulo")
    path = tmp_path / "explorer.html"
    write_page(replace_regions(small.result, small.result.regions.assign(name=names)), path)
    page = open_page(path)
    assert page.get_by_role("status").inner_text().startswith("4 regions, ")
    page.get_by_label("Search").fill("sao p")
    assert read_rows(page) == [(2, "São Paulo")]
    assert page.get_by_role("status").inner_text().startswith("1 of ")
    page.get_by_label("Search").fill("nowhere")
    page.wait_for_function("!document.querySelector('#ranking tbody tr')")
    assert page.get_by_role("status").inner_text().startswith("0 of ")


def test_search_finds_economies_by_their_names(small: Built, open_page: OpenPage) -> None:
    page = open_page(small.path)
    regions = small.result.regions
    for words, code in (("united states", "US"), ("SWITZ", "CH"), ("malaysia", "MY")):
        page.get_by_label("Search").fill(words)
        listed = regions["name"][regions["economies"].str.contains(code)]
        assert [name for _, name in read_rows(page)] == listed.tolist()


@LONG_RUN
def test_an_economy_and_the_first_ranks_filter_the_table(demo: Built, open_page: OpenPage) -> None:
    page = open_page(demo.path)
    page.get_by_label("Economy").select_option("FR")
    listed = demo.result.regions["economies"].str.split(";").map(lambda codes: "FR" in codes)
    assert [name for _, name in read_rows(page)] == demo.result.regions["name"][listed].tolist()
    page.get_by_label("Economy").select_option("")
    page.get_by_label("Show", exact=True).select_option("25")
    assert [rank for rank, _ in read_rows(page)] == list(range(1, 26))
    page.get_by_label("Economy").select_option("FR")
    page.get_by_label("Show", exact=True).select_option("10")
    french = demo.result.regions[listed].head(10)
    assert read_rows(page) == list(zip(french["rank"], french["name"], strict=True))
    assert french["rank"].max() > 10  # of the world


@LONG_RUN
def test_a_link_draws_the_rows_down_to_its_region(demo: Built, open_page: OpenPage) -> None:
    region = demo.result.regions.iloc[99]
    page = open_page(demo.path, f"#region={region['region_id']}", width=390)
    assert len(read_rows(page)) == 100
    assert page.locator("#ranking tr.selected button").inner_text() == region["name"]


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_it(
    demo: Built, open_page: OpenPage
) -> None:
    page = open_page(demo.path)
    for column in ("Region", "Patents", "Publications", "Deals", "Score"):
        heading = page.locator("#ranking thead").get_by_role("button", name=column)
        heading.click()
        values = read_column(page, column)
        rising = column == "Region"
        fold = str.casefold if rising else float
        assert [fold(value) for value in values[:9]] == sorted(
            [fold(value) for value in values], reverse=not rising
        )[:9], column
        assert page.locator("#ranking th[aria-sort]").count() == 1
        was = page.locator("#ranking th[aria-sort]").get_attribute("aria-sort")
        heading.click()
        assert page.locator("#ranking th[aria-sort]").get_attribute("aria-sort") != was
        assert read_column(page, column)[0] == values[-1], column


def read_column(page: "Page", column: str) -> list[str]:
    place = ["Rank", "Region", "Patents", "Publications", "Deals", "Score"].index(column)
    script = """(place) => [...document.querySelectorAll("#ranking tbody tr")].map((row) =>
        (row.cells[place].querySelector("button") ?? row.cells[place]).textContent)"""
    return [str(text) for text in page.evaluate(script, place)]


def test_a_click_in_the_ranking_zooms_in_and_tells_all_of_the_region(
    small: Built, open_page: OpenPage
) -> None:
    page = open_page(small.path)
    region = small.result.regions.iloc[1]
    page.get_by_role("button", name=region["name"], exact=True).click()
    card = page.locator("#details")
    told = card.inner_text()
    for value in (region["name"], region["region_id"], f"{100 * region['score']:.2f}"):
        assert value in told
    for kind in ("patent", "publication", "deal"):
        assert f"{100 * region[f'{kind}_share']:.2f}" in told
    assert f"{region['addresses']:,} in {region['locations']:,} locations" in told
    assert float(read_link(page).split("%2C")[-1]) > 20
    assert find_marks(page, [0.5]) == [True]
    pressed = page.locator("#ranking button[aria-pressed=true]")
    assert pressed.inner_text() == region["name"]
    page.keyboard.press("Escape")
    assert card.is_hidden()
    page.keyboard.press("Enter")
    card.get_by_role("button", name="Close").press("Enter")
    assert card.is_hidden()
    assert page.evaluate("document.activeElement.textContent") == region["name"]


@LONG_RUN
@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_on_a_phone_the_card_comes_into_view_and_closing_it_goes_back(
    demo: Built, open_page: OpenPage, motion: str
) -> None:
    page = open_page(demo.path, width=390, has_touch=True, reduced_motion=motion)
    names, card = page.locator("#ranking tbody button"), page.locator("#details")
    for place in (20, 30):
        names.nth(place).scroll_into_view_if_needed()
        before = measure(page, "#ranking tbody button")[place]["top"]
        names.nth(place).tap()
        wait_until_still(page)
        assert is_on_screen(page, "#details")
        assert is_on_screen(page, "#map")
        assert card.evaluate("(card) => card === document.activeElement")
    page.screenshot(path=PICTURES / "explorer-390-card.png")
    page.locator("#details .close").tap()
    wait_until_still(page)
    assert measure(page, "#ranking tbody button")[30]["top"] == pytest.approx(before, abs=2)
    assert names.nth(30).evaluate("(name) => name === document.activeElement")
    page.evaluate("scrollTo(0, 0)")
    page.locator("#view").tap()  # where the last region is
    wait_until_still(page)
    assert is_on_screen(page, "#details")
    assert card.get_attribute("aria-label") == names.nth(30).inner_text()
    page.locator("#details .close").tap()
    wait_until_still(page)
    assert page.evaluate("scrollY") == 0


def wait_until_still(page: "Page") -> None:
    """Wait until the page has not been scrolled for a while."""
    was = None
    while was != (was := page.evaluate("scrollY")):
        page.wait_for_timeout(200)


def is_on_screen(page: "Page", selector: str) -> bool:
    """Tell whether all of an element is on screen."""
    (box,) = measure(page, selector)
    return box["top"] >= 0 and box["bottom"] <= page.evaluate("innerHeight")


def test_a_click_on_the_map_chooses_what_is_under_it(small: Built, open_page: OpenPage) -> None:
    region = small.result.regions.iloc[0]
    page = open_page(small.path, f"#region={region['region_id']}")
    page.keyboard.press("Escape")
    box = page.locator("#view").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    assert page.locator("#tip").inner_text().startswith(region["name"])
    page.mouse.click(*middle)
    assert page.locator("#details h2").inner_text() == region["name"]
    page.mouse.click(box["x"] + box["width"] - 5, box["y"] + 5)
    assert page.locator("#details").is_hidden()


@LONG_RUN
def test_the_map_is_moved_by_mouse_wheel_keys_and_buttons(
    small: Built, open_page: OpenPage
) -> None:
    page = open_page(small.path)
    assert "map=" not in read_link(page)
    page.get_by_role("button", name="Zoom in").click()
    places = [read_link(page)]
    box = page.locator("#view").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.wheel(0, -300)
    places.append(read_link(page))
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 150, steps=4)
    page.mouse.up()
    places.append(read_link(page))
    page.locator("#view").focus()
    for key in ("ArrowLeft", "ArrowDown", "+", "-"):
        page.keyboard.press(key)
        places.append(read_link(page))
    assert len(set(places)) == len(places) - 1  # plus and minus undo each other
    assert page.locator("#details").is_hidden()
    page.keyboard.press("0")
    assert "map=" not in read_link(page)


def test_the_radius_slider_shows_regions_merge_and_split(small: Built, open_page: OpenPage) -> None:
    page = open_page(small.path)
    swept = sweep_radii(small.result, radii_km=[5, 10, 15, 40])
    slider = page.get_by_label("Radius", exact=True)
    assert slider.get_attribute("aria-valuetext") == f"15 km · {len(small.result.regions)} regions"
    assert page.get_by_text("The radius of this run.").is_visible()
    for key, radius_km in (("End", 40), ("Home", 5), ("ArrowRight", 10)):
        slider.press(key)
        there = swept[swept["radius_km"] == radius_km]
        assert read_rows(page) == list(zip(there["rank"], there["name"], strict=True))
        assert str(slider.get_attribute("aria-valuetext")).startswith(f"{radius_km} km · ")
        told = page.locator("#summary").inner_text()
        assert told.startswith(f"{len(there)} regions hold ")
        assert told.endswith(f" within {radius_km} km.")
        split = int((there["event"] == "split").sum())
        assert (f"{split} split off" in page.locator("#fates").inner_text()) == (split > 0)


def test_the_card_says_how_much_of_a_region_another_radius_leaves(
    small: Built, open_page: OpenPage
) -> None:
    swept = sweep_radii(small.result, radii_km=[5])
    now = swept[swept["event"] == "kept"].iloc[0]
    was = small.result.regions.set_index("region_id").loc[now["region_id"]]
    page = open_page(small.path, f"#radius=5&region={now['region_id']}&patents=0.5")
    score = [100 * (region["score"] - 0.5 * region["patent_share"]) for region in (now, was)]
    assert (
        f"continues {was['name']}: area {now['area_km2']:,.0f} km² against "
        f"{was['area_km2']:,.0f}, score {score[0]:.2f} against {score[1]:.2f}"
    ) in page.locator("#details").inner_text()


@LONG_RUN
def test_the_chosen_region_goes_along_to_another_radius(demo: Built, open_page: OpenPage) -> None:
    swept = sweep_radii(demo.result, radii_km=[20.0])
    merged = swept[swept["merged"] != ""].iloc[0]
    small_one = merged["merged"].split(";")[0]
    page = open_page(demo.path, f"#region={small_one}")
    page.get_by_label("Radius", exact=True).press("ArrowRight")
    assert page.locator("#details h2").inner_text() == merged["name"]
    told = page.locator("#details").inner_text()
    names = demo.result.regions.set_index("region_id")["name"]
    assert f"took in {names[small_one]}" in told


@LONG_RUN
def test_the_link_restores_all_that_was_set(demo: Built, open_page: OpenPage) -> None:
    page = open_page(demo.path)
    page.get_by_label("Deals").press("Home")
    page.get_by_label("Radius", exact=True).press("ArrowLeft")
    page.get_by_label("Economy").select_option("JP")
    page.get_by_label("Search").fill("a")
    page.get_by_label("Show", exact=True).select_option("100")
    page.locator("#ranking thead").get_by_role("button", name="Patents").click()
    page.locator("#ranking tbody button").first.click()
    link = read_link(page)
    for part in ("deals=0", "radius=13", "economy=JP", "search=a", "top=100", "sort=-patent"):
        assert part in link
    again = open_page(demo.path, link)
    assert read_rows(again) == read_rows(page)
    assert read_link(again) == link
    for place in ("#details", "#weights", "#radii", "#status"):
        assert again.locator(place).inner_text() == page.locator(place).inner_text()
    for label in ("Deals", "Economy", "Search"):
        assert again.get_by_label(label).input_value() == page.get_by_label(label).input_value()


@pytest.mark.parametrize(
    "link",
    [
        "#patents=99&deals=x&radius=7&economy=QQ&top=-3&sort=constructor&region=R9&map=1,2",
        "#%E0%A4%A&map=NaN,1e999,&sort=-&region=__proto__",
        "#map=500,99,1e9&theme=purple",
    ],
)
def test_a_broken_link_opens_the_page_all_the_same(
    small: Built, open_page: OpenPage, link: str
) -> None:
    page = open_page(small.path, link)
    assert len(read_rows(page)) == len(small.result.regions)
    assert page.locator("#details").is_hidden()
    page.get_by_role("button", name="Dark").click()
    assert read_link(page).endswith("theme=dark")
    assert "map=" not in read_link(page)


def test_a_region_across_the_antimeridian_is_drawn_in_one_piece(
    small: Built, open_page: OpenPage
) -> None:
    fiji = small.result.regions.set_index("economies").loc["FJ"]
    page = open_page(small.path)
    page.get_by_role("button", name=fiji["name"], exact=True).click()
    lon, _, zoom = (float(part) for part in read_link(page).split("map=")[-1].split("%2C"))
    assert abs(abs(lon) - 180) < 0.2
    assert zoom > 20  # a frame around the world would be 1
    inside, outside = [0.46, 0.48, 0.5, 0.52, 0.54], [0.1, 0.3, 0.7, 0.9]
    assert find_marks(page, inside + outside) == [True] * 5 + [False] * 4
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "explorer-antimeridian.png")


def test_html_in_names_does_nothing(small: Built, open_page: OpenPage, tmp_path: Path) -> None:
    regions = small.result.regions.assign(name=HOSTILE, economies="<b>X</b>")
    notes = {**small.result.provenance, "notes": [DEMO_NOTICE, HOSTILE], "credits": [HOSTILE]}
    path = tmp_path / "explorer.html"
    write_page(replace_regions(small.result, regions, provenance=notes), path)
    page = open_page(path)
    page.locator("#ranking tbody button").first.click()
    box = page.locator("#view").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.locator("#notice").inner_text() == DEMO_NOTICE
    page.get_by_text("How this was made").click()
    for place in ("#ranking tbody th >> nth=0", "#details h2", "#tip", "#notes", "#credits"):
        assert HOSTILE in page.locator(place).inner_text()
    assert page.locator("img, main script, main b").count() == 0


# What is in a region, and who works with whom


@LONG_RUN
def test_a_field_ranks_and_colours_the_page_as_python_ranks_it(
    demo: Built, open_page: OpenPage
) -> None:
    page = open_page(demo.path)
    page.select_option("#field", "Digital communication")
    ranked = demo.result.rank_field("Digital communication")
    expected = list(zip(ranked["rank"], ranked["name"], strict=True))
    assert read_rows(page)[:50] == expected[:50]
    assert "in Digital communication" in page.locator("#legend").inner_text()
    assert "Result.rank_field" in page.locator("#sets").inner_text()
    page.wait_for_function("location.hash.includes('field=Digital')")
    page.select_option("#field", "")
    first = demo.result.regions.iloc[0]
    assert read_rows(page)[0] == (first["rank"], first["name"])


def test_the_card_tells_fields_organisations_and_partners(demo: Built, open_page: OpenPage) -> None:
    region_id, name = demo.result.regions.loc[2, ["region_id", "name"]]
    page = open_page(demo.path, f"#region={region_id}")
    profile = demo.result.profiles
    own = profile[(profile["region_id"] == region_id) & (profile["value"] != "unknown")]
    text = page.locator("#details").inner_text()
    for what in ("field", "organisation"):
        first = own[own["what"] == what].groupby("kind")["value"].first()
        assert all(value in text for value in first)
    shared = demo.result.collaboration
    mine = shared[(shared["region_a"] == region_id) | (shared["region_b"] == region_id)]
    other = mine["region_a"].where(mine["region_a"] != region_id, mine["region_b"])
    best = mine.groupby(other)["records"].sum().sort_values(kind="stable").index[-1]
    names = demo.result.regions.set_index("region_id")["name"]
    partner = page.locator("#details .contents button").first
    assert partner.inner_text() == names[best]
    partner.click()
    assert page.locator("#details h2").inner_text() == names[best] != name


@LONG_RUN
def test_search_finds_organisations(demo: Built, open_page: OpenPage) -> None:
    profile = demo.result.profiles
    own = profile[(profile["what"] == "organisation") & (profile["kind"] == "patent")]
    first = own[own["value"] != "unknown"].drop_duplicates("region_id").iloc[0]
    page = open_page(demo.path)
    page.fill("#search", str(first["value"]).upper())
    names = demo.result.regions.set_index("region_id")["name"]
    assert names[first["region_id"]] in [name for _, name in read_rows(page)]
    assert len(read_rows(page)) < len(demo.result.regions)


def test_who_works_with_whom_is_drawn_on_request(demo: Built, open_page: OpenPage) -> None:
    page = open_page(demo.path)
    page.wait_for_timeout(200)
    before = page.locator("#marks").screenshot()
    page.check("#partners")
    page.wait_for_timeout(200)
    assert page.locator("#marks").screenshot() != before
    page.wait_for_function("location.hash.includes('partners=1')")
    page.locator("#radius").press("ArrowRight")  # contents are known at the run's radius alone
    assert page.locator("#partners").is_disabled()
    assert page.locator("#field").is_disabled()


def test_html_in_fields_and_organisations_does_nothing(open_page: OpenPage, tmp_path: Path) -> None:
    rows = {"kind": "deal", "lon": 7.6, "lat": 47.6, "field": HOSTILE, "organisation": HOSTILE}
    with pytest.warns(gii_geo.DataWarning):
        result = gii_geo.find_regions(pd.DataFrame([rows] * 60), Settings(min_addresses=50))
    write_page(result, tmp_path / "explorer.html")
    page = open_page(tmp_path / "explorer.html", "#region=R0001")
    assert page.locator("#details").inner_text().count("<script>") >= 2
    told = page.locator("#field").inner_text()
    assert "<script>" in told
    assert page.locator("#details script, #details img, #field img").count() == 0


@pytest.mark.parametrize(
    ("lon", "lat", "middle"),
    [
        ([8.54, 6.14], [47.37, 46.2], (7.34, 46.8)),
        ([179.6, -179.8], [-16.8, -17.2], (179.9, -17.0)),
        ([7.6], [47.6], (7.6, 47.6)),
        ([8.5, -74.0, 139.7], [47.4, 40.7, 35.7], None),
    ],
    ids=["a country", "across the antimeridian", "one region", "the world"],
)
def test_the_map_opens_on_all_regions(
    lon: list[float],
    lat: list[float],
    middle: tuple[float, float] | None,
    tmp_path: Path,
    open_page: OpenPage,
) -> None:
    table = pd.DataFrame({"kind": "deal", "lon": lon * 200, "lat": lat * 200})
    result = gii_geo.find_regions(table, Settings(min_addresses=50))
    write_page(result, tmp_path / "explorer.html")
    page = open_page(tmp_path / "explorer.html")
    page.locator("#closer").click()  # what is not moved is not in the link
    page.wait_for_timeout(600)
    at = parse_qs(read_link(page).lstrip("#"))["map"][0]
    east, north, zoom = map(float, at.split(","))
    assert (zoom / 2 > 3) == (middle is not None)
    if middle is not None:
        assert (east, north) == pytest.approx(middle, abs=0.1)


def test_a_run_without_fields_offers_no_choice_of_one(small: Built, open_page: OpenPage) -> None:
    page = open_page(small.path)
    assert page.locator("#field").is_hidden()


def test_every_control_has_a_name_and_can_be_reached_by_key(
    small: Built, open_page: OpenPage
) -> None:
    page = open_page(small.path)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, [tabindex='0']")]
            .filter((e) => !e.labels?.length && !e.ariaLabel && !e.textContent.trim())
            .map((element) => element.outerHTML)"""
    )
    assert nameless == []
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    wanted = {"view", "closer", "weight-patent", "radius", "search", "economy", "top", "theme"}
    assert wanted <= reached
    tree = page.locator("#ranking").aria_snapshot()
    for words in ("- table", "columnheader", "rowheader", "- status"):
        assert words in tree


def test_the_theme_follows_the_system_until_it_is_chosen(small: Built, open_page: OpenPage) -> None:
    page = open_page(small.path, color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(paper)
    assert dark != light
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(paper) == dark
    assert page.get_by_role("button", name="Dark").get_attribute("aria-pressed") == "true"
    assert read_link(page) == "#theme=dark"
    page.reload()
    assert page.evaluate(paper) == dark
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(paper) == light


def test_text_stands_out_from_its_ground(small: Built, open_page: OpenPage) -> None:
    for scheme in ("light", "dark"):
        page = open_page(small.path, color_scheme=scheme)
        for name in ("text", "muted", "accent"):
            for ground in ("paper", "panel"):
                assert read_contrast(page, name, ground) >= 4.5  # WCAG 2.2, 1.4.3


def read_contrast(page: "Page", name: str, ground: str) -> float:
    """Measure the contrast of two of the page's colours as WCAG 2.2 defines it."""
    script = """(names) => names.map((name) => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = `var(--${name})`;
        const found = getComputedStyle(probe).color.match(/[\\d.]+/g).map(Number);
        probe.remove();
        return found;
    })"""
    light = []
    for colour in page.evaluate(script, [name, ground]):
        parts = np.array(colour[:3]) / 255
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        light.append(float(linear @ (0.2126, 0.7152, 0.0722)))
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_a_notebooks_frame_shows_the_same_page(
    small: Built, open_page: OpenPage, tmp_path: Path
) -> None:
    path = tmp_path / "notebook.html"
    path.write_text(explore(small.result)._repr_html_(), encoding="utf-8")
    page = open_page(path)
    frame = page.frame_locator("iframe")
    frame.locator("#ranking tbody button").first.click()
    assert frame.locator("#details h2").inner_text() == small.result.regions["name"].iloc[0]
    page.wait_for_timeout(400)  # the link cannot be kept there, and nothing complains


def test_a_map_that_is_hidden_as_it_opens_is_drawn_when_it_is_shown(
    small: Built, open_page: OpenPage, tmp_path: Path
) -> None:
    path = tmp_path / "tabs.html"
    frame = explore(small.result)._repr_html_()
    path.write_text(f'<div id="tab" style="display: none">{frame}</div>', encoding="utf-8")
    page = open_page(path)
    page.wait_for_timeout(600)
    page.evaluate("document.getElementById('tab').style.display = 'block'")
    page.wait_for_timeout(600)
    painted = """() => {
        const { width, height } = document.getElementById("land");
        const map = document.getElementById("land").getContext("2d");
        return map.getImageData(width / 2, height / 2, 1, 1).data[3];
    }"""
    assert page.frames[1].evaluate(painted) == 255
    widths = "[...document.querySelectorAll('#legend i')].map((disc) => disc.offsetWidth)"
    wide = page.frames[1].evaluate(widths)
    assert min(wide) > 0
    page.set_viewport_size({"width": 500, "height": 800})
    page.wait_for_timeout(600)
    assert page.frames[1].evaluate(widths)[0] < wide[0]  # as the map's


def test_rank_sets_are_shown_at_the_weights_of_the_run(
    small: Built, open_page: OpenPage, tmp_path: Path
) -> None:
    known = small.result.regions.assign(
        rank_low=1, rank_high=3, top_100="maybe", city_level_share=0.25
    )
    path = tmp_path / "explorer.html"
    write_page(replace_regions(small.result, known), path)
    page = open_page(path)
    assert page.locator("#radius").is_hidden()
    assert "--radii" in page.locator("#radii").inner_text()
    bar = page.locator("#ranking tbody .span").first
    assert bar.get_attribute("title") == "Rank 1 to 3"
    widths = bar.locator("i").evaluate_all("parts => parts.map(({ style }) => style.width)")
    assert widths == ["0px", "4px"]
    assert "other records could give (95\u00a0%)" in page.locator("#sets").inner_text()
    page.locator("#ranking tbody button").first.click()
    told = page.locator("#details").inner_text()
    sure = (
        "Rank 1 to 3 with 95\u00a0% confidence; all regions told at once, maybe among the first 100"
    )
    assert f"How sure\n{sure}" in told
    page.locator("#weight-deal").fill("0.5")
    assert bar.is_hidden()
    assert "for the run’s weights only" in page.locator("#sets").inner_text()
    assert "How sure" not in page.locator("#details").inner_text()
    page.locator("#reset").click()
    assert bar.is_visible()
    assert "25 % placed by city only" in told
