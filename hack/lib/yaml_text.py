"""Writes values as YAML the many ways in which people write it; everything follows from a random generator."""
import json
import re

PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@=+-]*(:[A-Za-z0-9_./-]+)*( [A-Za-z0-9_./(),-]+)*")
NOT_PLAIN = {"", "y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"}


class Raw(str):
    """A plain scalar that is written as it stands, whatever YAML makes of it."""


class Text:
    """One file of documents."""

    def __init__(self, random, calm=False):
        self.random = random
        self.calm = calm
        self.anchors = {}
        self.indented = self.chance(0.4)
        self.flow_share = random.choice([0, 0, 0.05, 0.3])
        self.comment_share = random.choice([0, 0, 0.02, 0.1])
        self.anchor_share = random.choice([0, 0, 0, 0.1])

    def chance(self, share):
        return not self.calm and self.random.random() < share

    def file(self, documents):
        """A whole file: documents with their separators, and perhaps odd line ends."""
        if len(documents) == 1 and self.chance(0.15):
            text = json.dumps(documents[0], ensure_ascii=False, indent=self.random.choice([None, 1, 2, 4])) + "\n"
        else:
            text = self.random.choice(["", "", "", "---\n", "# head\n", "\n"])
            for index, document in enumerate(documents):
                if index:
                    text += self.random.choice(["---\n"] * 6 + ["--- # next\n", "---\n\n", "---\n# comment\n", "---   \n"])
                text += self.document(document)
                if self.chance(0.03):
                    text += "---\n"
                if self.chance(0.03):
                    text += "\n# trailing\n"
        if self.chance(0.03):
            text = text.replace("\n", "\r\n")
        if self.chance(0.02):
            text = "\ufeff" + text
        if self.chance(0.05):
            text = text.rstrip("\n")
        return text

    def document(self, value):
        self.anchors = {}
        return "\n".join(self.block(value, 0)) + "\n"

    def comment(self):
        return " # a comment: with 'quotes'" if self.chance(self.comment_share) else ""

    # Blocks

    def block(self, value, indent):
        """The lines of a collection that is not empty, or of a scalar."""
        pad = " " * indent
        if isinstance(value, dict) and value:
            lines = []
            for key, element in self.merged(value):
                if self.chance(self.comment_share):
                    lines.append(pad + "# note")
                lines += self.entry(pad + self.key(key) + ":", element, indent)
            return lines
        if isinstance(value, list) and value:
            lines = []
            for element in value:
                lines += self.element(element, indent)
            return lines
        return [pad + self.flow(value)]

    def merged(self, value):
        """A mapping's entries, some of them by a merge key."""
        for text, (name, old) in self.anchors.items():
            if isinstance(old, dict) and 0 < len(old) < len(value) and all(value.get(k) == v for k, v in old.items()):
                if all(type(value[k]) is type(v) for k, v in old.items()) and self.chance(0.7):
                    rest = [(k, v) for k, v in value.items() if k not in old]
                    return [("<<", Raw("*" + name))] + rest
        return list(value.items())

    def entry(self, head, value, indent):
        anchored, head = self.anchor(head, value)
        if anchored:
            return [head]
        if isinstance(value, dict) and value and not self.is_flow(value):
            return [head + self.comment()] + self.block(value, indent + 2)
        if isinstance(value, list) and value and not self.is_flow(value):
            return [head + self.comment()] + self.block(value, indent + (2 if self.indented else 0))
        return self.scalar_lines(head + " ", value, indent)

    def element(self, value, indent):
        pad = " " * indent
        if isinstance(value, (dict, list)) and value and not self.is_flow(value):
            lines = self.block(value, indent + 2)
            # The first line moves up behind the dash.
            if lines[0].lstrip().startswith("#"):
                return [pad + "-"] + lines
            return [pad + "- " + lines[0][indent + 2:]] + lines[1:]
        return self.scalar_lines(pad + "- ", value, indent)

    def anchor(self, head, value):
        if not isinstance(value, (dict, list)) or not value or not self.anchor_share:
            return False, head
        text = repr(value)
        if text in self.anchors and self.chance(0.6):
            return True, head + " *" + self.anchors[text][0]
        if text not in self.anchors and self.chance(self.anchor_share):
            name = f"a{len(self.anchors)}"
            self.anchors[text] = (name, value)
            head += " &" + name
        return False, head

    def scalar_lines(self, head, value, indent):
        pad = " " * (indent + 2)
        if isinstance(value, str) and not isinstance(value, Raw) and self.is_block(value):
            body = value.rstrip("\n")
            ends = len(value) - len(body)
            mark = "-" if ends == 0 else "" if ends == 1 else "+"
            return [head + "|" + mark] + [pad + line if line else "" for line in (body + "\n" * max(0, ends - 1)).split("\n")]
        if isinstance(value, str) and self.is_long(value):
            return self.folded(head, value, pad)
        return [head + self.flow(value) + self.comment()]

    def is_block(self, text):
        """Whether a literal block can hold it."""
        if "\n" not in text or text.strip("\n") != text.rstrip("\n") or "\t" in text or "\r" in text:
            return False
        if text.startswith((" ", "\n")) or any(ord(c) > 0xFFFF or ord(c) == 0xFEFF for c in text):
            return False
        return self.calm or self.chance(0.8)

    def is_long(self, text):
        return PLAIN.fullmatch(text) and text.count(" ") > 5 and "  " not in text and self.chance(0.5)

    def folded(self, head, text, pad):
        words, lines = text.split(" "), []
        while words:
            count = self.random.randint(2, 8)
            lines.append(" ".join(words[:count]))
            words = words[count:]
        style = self.random.choice(["", ">", ">-", '"', "'"])
        if style in (">", ">-"):
            return [head + style] + [pad + line for line in lines]
        lines = [head + style + lines[0]] + [pad + line for line in lines[1:]]
        lines[-1] += style
        return lines

    # Scalars and flow collections

    def is_flow(self, value):
        size = len(repr(value))
        return size < 120 and self.chance(self.flow_share) and "\\n" not in repr(value)

    def key(self, key):
        if isinstance(key, Raw):
            return str(key)
        if key == "<<":
            return key
        return self.string(key, is_key=True)

    def flow(self, value):
        if isinstance(value, Raw):
            return str(value)
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.key(k)}: {self.flow_inner(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.flow_inner(v) for v in value) + "]"
        if isinstance(value, str):
            return self.string(value)
        if value is None:
            return self.random.choice(["null", "~"]) if not self.calm else "null"
        if isinstance(value, bool):
            return "true" if value else "false"
        return repr(value)

    def flow_inner(self, value):
        if isinstance(value, str) and not isinstance(value, Raw):
            return json.dumps(value, ensure_ascii=False) if self.chance(0.5) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]*", value) else self.string(value)
        return self.flow(value)

    def string(self, text, is_key=False):
        plain = PLAIN.fullmatch(text) and text.lower() not in NOT_PLAIN and not text.endswith(":")
        if plain and (self.calm or is_key or self.random.random() < 0.75):
            return text
        simple = not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]", text)
        if simple and self.chance(0.5):
            return "'" + text.replace("'", "''") + "'"
        ascii_only = self.chance(0.2) and not any(ord(c) > 0xFFFF for c in text)
        return json.dumps(text, ensure_ascii=ascii_only)
