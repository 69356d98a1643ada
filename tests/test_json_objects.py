"""The objects of a JSON file, whatever lines and brackets they stand in."""

import io
import json

import pytest

from gii_geo.records.sources.archives import SourceFile
from gii_geo.records.sources.json_objects import read_objects


def read(text: str) -> list[str]:
    return list(read_objects(SourceFile("a", io.BufferedReader(io.BytesIO(text.encode())))))


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        ('{"a": 1}\n{"b": 2}', ['{"a": 1}', '{"b": 2}']),
        ('{"a": 1},\n{"b": 2},\n', ['{"a": 1}', '{"b": 2}']),
        ('[{"a":1},\n{"b":[{"c":2}]}\n]', ['{"a":1}', '{"b":[{"c":2}]}']),
        ('[[{"a":1}], [{"b":2}]]', ['{"a":1}', '{"b":2}']),
        ('{"a":1}{"b":2}\n{"c":3}', ['{"a":1}', '{"b":2}', '{"c":3}']),
        ('{\n "a": 1\n}\n{\n"b":2\n}', ['{\n "a": 1\n}', '{\n"b":2\n}']),
        (
            '{"meta":{"x":[{}]},"results":[{"a":[{}]},{"b":2}],"group_by":[{"k":1}]}',
            ['{"a":[{}]}', '{"b":2}'],
        ),
        ('{"meta":{"results":[{"z":1}]},"results":[\n{"a":1}]}', ['{"a":1}']),
        (
            '{"results": [\n{"a":1,"results":[{"x":1}]}\n], "meta": {"a":[{"k":1}]}}',
            ['{"a":1,"results":[{"x":1}]}'],
        ),
        ('{\n"meta": {}, "results": []}\n[{"q":"]}[{\\""}]', ['{"q":"]}[{\\""}']),
        (
            '[{"meta":{},"results":[{"a":1}]},{"meta":{},"results":[{"b":2}]}]',
            ['{"a":1}', '{"b":2}'],
        ),
        ('{"count": 2, "next": null, "results": [{"a":1}, {"b":2}]}', ['{"a":1}', '{"b":2}']),
        ('{"a": {"results": [{}]}}', ['{"a": {"results": [{}]}}']),
        ("[]", []),
        ('{"meta": {}, "results": []}', []),
    ],
)
def test_objects_are_found_in_arrays_and_pages(text: str, objects: list[str]) -> None:
    assert read(text) == objects
    for one in objects:
        assert isinstance(json.loads(one), dict)


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        ("[1, 2]", ["1, 2"]),
        ('[\n1,\n{"a":1}\n]', ["1", '{"a":1}']),
        ('{broken\n{"a":1}', ["{broken", '{"a":1}']),
        ('{"a":1} more\n{"b":1}', ['{"a":1} more', '{"b":1}']),
        ('{"meta":{},\n"results":[{"a":1},{"b', ['{"a":1}', '{"b']),
        ('more\n{"a":1}\n{"b":2}', ["more", '{"a":1}', '{"b":2}']),
        ('var works =\n[\n{"a":1\n}]', ["var works =", '{"a":1\n}']),
    ],
)
def test_what_stands_where_an_object_should_is_given_too(text: str, objects: list[str]) -> None:
    assert read(text) == objects


def test_a_line_that_is_longer_than_the_head_is_one_object() -> None:
    long = json.dumps({"a": "x" * 100_000})
    assert read(f"{long}\n{long}") == [long, long]
