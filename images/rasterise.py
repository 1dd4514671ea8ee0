"""Draws the PNGs from icon.svg; run it after changing that (pip install resvg-py)."""

from pathlib import Path

import resvg_py

images = Path(__file__).parent
svg = (images / "icon.svg").read_text()
for file, size in [
    (images / "icon-128.png", 128),
    (images / "icon-512.png", 512),
    (images.parent / "task/gitops/icon.png", 32),
]:
    png = resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size)
    file.write_bytes(bytes(png))
