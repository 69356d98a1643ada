"""A big tab-separated table in blocks: its rows numbered as they stand in the file."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gii_geo.records.sources import blocks
from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.blocks import read_blocks, read_header
from gii_geo.tables import InputError

LINES = st.lists(st.one_of(st.none(), st.integers(0, 10**6)), min_size=1, max_size=60)


def source(data: bytes) -> SourceFile:
    return SourceFile("a.tsv", io.BufferedReader(io.BytesIO(data)))


@settings(max_examples=50)
@given(LINES, st.sampled_from([64, 200, 10_000]))
def test_each_line_is_a_row_or_is_told_under_its_number(
    lines: list[int | None], block_bytes: int
) -> None:
    text = "\n".join("broken" if line is None else f'"x"\t{line}' for line in lines)
    told: list[tuple[int, str, str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_BYTES", block_bytes)
        found = [
            row
            for block in read_blocks(
                source(f"id\tn\n{text}".encode()), ["n"], lambda *one: told.append(one)
            )
            for row in zip(block["row"].to_pylist(), block["n"].to_pylist(), strict=True)
        ]
    expected = list(enumerate(lines, start=1))
    assert found == [(row, str(line)) for row, line in expected if line is not None]
    problem = "1 cells instead of 2"
    assert told == [(row, problem, "broken") for row, line in expected if line is None]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_header_is_read_without_quotes_and_without_reading_on(mark: bytes) -> None:
    file = source(mark + b'"patent_id"\tyear \r\n1\t2\r\n')
    assert read_header(file) == ["patent_id", "year"]
    assert [block.to_pydict() for block in read_blocks(file, ["year"], print)] == [
        {"year": ["2"], "row": [1]}
    ]


def test_bytes_that_are_no_text_are_marked() -> None:
    (block,) = read_blocks(source(b"id\n\xff\n1\n"), ["id"], print)
    assert block["id"].to_pylist() == ["\ufffd", "1"]


def test_a_table_without_rows_gives_none() -> None:
    assert sum(map(len, read_blocks(source(b"id\tn\n"), ["n"], print))) == 0


def test_a_line_longer_than_a_block_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 100)
    with pytest.raises(InputError, match=r"a\.tsv\. Must be a tab-separated table; straddling"):
        list(read_blocks(source(b"id\n" + b"1" * 1_000), ["id"], print))
