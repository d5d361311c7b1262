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
        return [span for one in self.data["spans"] if keys[one["key"]] == label for span in one["at"]]


class Page(HTMLParser):
    """A page; raises AssertionError if its elements do not nest."""

    def __init__(self, text):
        super().__init__()
        self.open = []
        self.found = []
        self.texts = []
        self.figures = []
        self._axis = {}
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.found.append((tag, given))
        if tag not in VOID:
            self.open.append((tag, given))
        if tag == "figure":
            self.figures.append(Figure(self._axis))
        elif given.get("class") == "canvas":
            self.figures[-1].role, self.figures[-1].label = given["role"] or "", given["aria-label"] or ""
        elif "data-file" in given:
            self.figures[-1].files.append(given["data-file"] or "")

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if not self.open or not data.strip():
            return
        (tag, given), within = self.open[-1], [name for name, _ in self.open]
        if given.get("type") == "application/json":
            if "figure" in within:
                self.figures[-1].data = json.loads(data)
            else:
                self._axis = json.loads(data)
        elif tag not in ("script", "style"):
            self.texts.append(data)
            if "figure" in within and tag == "h3":
                self.figures[-1].question += data
            elif "figure" in within and "aria-pressed" in given:
                self.figures[-1].keys[data] = given["aria-pressed"] == "true"
                self.figures[-1].looks[data] = given["class"] or ""

    @property
    def text(self):
        """What is to be read."""
        return " ".join(" ".join(self.texts).split())

    def plot(self, question):
        """The plot with a title."""
        (found,) = [one for one in self.figures if one.question == question]
        return found

    def references(self):
        """What the page names as a place to load or to go to."""
        names = ("src", "href", "srcset", "xlink:href", "action")
        return [str(value) for _, given in self.found for name, value in given.items() if name in names]
