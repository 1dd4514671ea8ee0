#!/usr/bin/env python3
"""Records what go-jsonnet makes of the expressions in expressions.txt.

    python3 -m venv /tmp/gojsonnet
    /tmp/gojsonnet/bin/pip install gojsonnet==0.22.0
    /tmp/gojsonnet/bin/python record.py

Each line of expressions.txt is one expression; lines that begin with `# ` are
headings. recorded.json holds, in the same order, the expression with the text
of its value as minified JSON (numbers and strings as go-jsonnet writes them), or
with the first line of the error.
"""

import json
import pathlib

import _gojsonnet

FOLDER = pathlib.Path(__file__).parent


def record(expression):
    # The line break ends a comment that an expression may end with.
    program = f"std.manifestJsonMinified((\n{expression}\n))"
    try:
        text = _gojsonnet.evaluate_snippet("main.jsonnet", program)
    except RuntimeError as error:
        return {"expression": expression, "error": str(error).splitlines()[0]}
    return {"expression": expression, "value": json.loads(text)}


def main():
    lines = (FOLDER / "expressions.txt").read_text(encoding="utf-8").splitlines()
    expressions = [line for line in lines if line and not line.startswith("# ")]
    recorded = ",\n".join(
        json.dumps(record(expression), ensure_ascii=True) for expression in expressions
    )
    (FOLDER / "recorded.json").write_text(f"[\n{recorded}\n]\n", encoding="utf-8")
    print(f"{len(expressions)} expressions")


main()
