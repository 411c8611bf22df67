"""Levers as sliders in a browser: ``solara run examples/app.py`` (with the extra ``viz``)."""

from pathlib import Path

from twin.app import page_of

page = page_of(Path(__file__).parent.parent / "scenarios" / "everything.yaml", arm="as_it_is")
