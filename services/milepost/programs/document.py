"""YAML as it was meant: values with their lines, read strictly.

`off` and `yes` stay words, `18:00` and `2026-09-01` stay text, `010` is no number. A key that stands twice, an alias
and a tag are findings, not surprises.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from yaml import MarkedYAMLError, YAMLError
from yaml.composer import Composer
from yaml.events import AliasEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from milepost.programs.problem import Finding, Path

LONGEST = 1_000_000
"""Characters of a file; a program has some thousands."""


@dataclass(slots=True)
class Document:
    """A file's value, the line of every path in it, and what was wrong with the writing."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Return the line of a path, or of what is nearest above it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _StrictLoader(Reader, Scanner, Parser, Composer, BaseResolver):
    """PyYAML's composer with few resolvers."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)

    def compose_node(self, parent: Node | None, index: Any) -> Node | None:
        """Compose a node; refuse an alias, by which a short file can mean an endless value."""
        if self.check_event(AliasEvent):
            raise MarkedYAMLError(problem="an alias (*)", problem_mark=self.get_mark())
        return super().compose_node(parent, index)


_TAG = "tag:yaml.org,2002:"
_PLAIN = {
    "null": (re.compile(r"^(?:~|null|)$"), ["~", "n", ""]),
    "bool": (re.compile(r"^(?:true|false)$"), ["t", "f"]),
    "int": (re.compile(r"^-?(?:0|[1-9][0-9]{0,14})$"), list("-0123456789")),
    "float": (re.compile(r"^-?[0-9]{1,15}\.[0-9]{1,15}$"), list("-0123456789")),
}
for _kind, (_pattern, _first) in _PLAIN.items():
    _StrictLoader.add_implicit_resolver(f"{_TAG}{_kind}", _pattern, _first)


def read_document(text: str) -> Document:
    """Return what a text says; where it is no YAML, the value is None and the findings say why."""
    document = Document()
    if len(text) > LONGEST:
        document.findings.append(Finding((), f"{len(text)} characters", f"a program has at most {LONGEST}"))
        return document
    try:
        node = _StrictLoader(text).get_single_node()
    except MarkedYAMLError as error:
        _note_unreadable(document, error)
    except YAMLError as error:
        document.findings.append(Finding((), f"no YAML: {error}".splitlines()[0], "save the file as plain UTF-8 text"))
    except RecursionError:
        document.findings.append(Finding((), "lists within lists without end", "a program is six levels deep at most"))
    else:
        document.value = None if node is None else _value(node, (), document)
    return document


def _note_unreadable(document: Document, error: MarkedYAMLError) -> None:
    mark = error.problem_mark or error.context_mark
    document.lines[()] = 1 if mark is None else mark.line + 1
    possible = "write the value itself" if "alias" in str(error.problem) else "mend the YAML here; is a quote missing?"
    document.findings.append(Finding((), f"no YAML: {error.problem or error.context}", possible))


def _value(node: Node, path: Path, document: Document) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    match node:
        case MappingNode(tag="tag:yaml.org,2002:map"):
            return _mapping(node, path, document)
        case SequenceNode(tag="tag:yaml.org,2002:seq"):
            return [_value(item, (*path, index), document) for index, item in enumerate(node.value)]
        case ScalarNode():
            return _scalar(node, path, document)
    document.findings.append(Finding(path, f"the tag {node.tag}", "leave the tag out"))
    return None


def _mapping(node: MappingNode, path: Path, document: Document) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, ScalarNode):
            document.findings.append(Finding(path, "a key that is a list or a mapping", "a key is one word"))
            continue
        key = str(key_node.value)
        if key in found:
            first = f"leave one out, the first is in line {document.lines[(*path, key)]}"
            document.findings.append(Finding((*path, key), f"the key {key!r} stands twice", first, line))
            continue
        document.lines[(*path, key)] = line
        found[key] = _value(value_node, (*path, key), document)
    return found


def _scalar(node: ScalarNode, path: Path, document: Document) -> Any:
    kind, text = node.tag.removeprefix(_TAG), node.value
    if kind == "str":
        return text
    if kind not in _PLAIN or _PLAIN[kind][0].match(text) is None:
        document.findings.append(Finding(path, f"the tag {node.tag}", "leave the tag out; put text in quotes"))
        return None
    match kind:
        case "null":
            return None
        case "bool":
            return text == "true"
        case "int":
            return int(text)
    return float(text)
