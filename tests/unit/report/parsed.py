"""A page as its reader gets it: elements that nest, plots with their data, and text."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "br", "link", "img", "input"}


@dataclass
class Figure:
    """A plot. `keys`: the buttons of its legend, each with whether it is on."""

    axis: dict[str, Any]
    data: dict[str, Any] = field(default_factory=dict)
    question: str = ""
    role: str = ""
    label: str = ""
    keys: dict[str, bool] = field(default_factory=dict)
    looks: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def values(self, label):
        """The values of a series."""
        return list(self.data["series"][list(self.keys).index(label)]["values"])

    def spans(self, label):
        """The stretches under a key of the legend."""
        keys = list(self.keys)
        return [span for spans in self.data["spans"] if keys[spans["key"]] == label for span in spans["at"]]


class Page(HTMLParser):
    """A page; raises AssertionError if its elements do not nest."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.tags = []
        self.texts = []
        self.figures = []
        self._axis = {}
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag not in VOID:
            self.open.append((tag, attributes))
        if tag == "figure":
            self.figures.append(Figure(self._axis))
        elif attributes.get("class") == "canvas":
            self.figures[-1].role, self.figures[-1].label = attributes["role"] or "", attributes["aria-label"] or ""
        elif "data-file" in attributes:
            self.figures[-1].files.append(attributes["data-file"] or "")

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if not self.open or not data.strip():
            return
        (tag, attributes), within = self.open[-1], [name for name, _ in self.open]
        if attributes.get("type") == "application/json":
            if "figure" in within:
                self.figures[-1].data = json.loads(data)
            else:
                self._axis = json.loads(data)
        elif tag not in ("script", "style"):
            self.texts.append(data)
            if "figure" in within and tag == "h3":
                self.figures[-1].question += data
            elif "figure" in within and "aria-pressed" in attributes:
                self.figures[-1].keys[data] = attributes["aria-pressed"] == "true"
                self.figures[-1].looks[data] = attributes["class"] or ""

    @property
    def text(self):
        """What is to be read."""
        return " ".join(" ".join(self.texts).split())

    def plot(self, question):
        """The plot with a title."""
        (figure,) = [figure for figure in self.figures if figure.question == question]
        return figure

    def references(self):
        """What the page names as a place to load or to go to."""
        names = ("src", "href", "srcset", "xlink:href", "action")
        return [str(value) for _, attributes in self.tags for name, value in attributes.items() if name in names]
