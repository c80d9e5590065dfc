"""Random YAML as people and tools write it: comments everywhere, blocks with every indicator, uneven indentation.

Unlike yaml_text.py, which writes known values, this makes the text itself and does not know what it means.
"""
import random

WORDS = (
    "the quick brown fox jumps over a lazy dog while kubectl waits for 3 pods: ready, set; go! (see https://x.y/z?a=b#c) "
    "'quoted' \"double\" # hash -- dash \\ back { brace } [ bracket ] $HOME $(VAR) %d 100% `tick` @at &amp; *star a:b é ü 日本 1.0 true "
    "no null ~ | > ? ! = <b> \t").split(" ")
PLAIN = [
    "true", "false", "True", "FALSE", "yes", "no", "on", "Off", "y", "N", "null", "Null", "NULL", "~", "", "0", "-0", "+1", "1", "42", "007", "0644", "0o644",
    "0x1F", "0XaB", "0b11", "1_000", "1e3", "1E-7", "1e-07", "6.02e23", "1.0", "1.50", "-.5", ".5", "5.", "1.e3", ".inf", "-.INF", ".nan", "1:30", "12:30:45",
    "190:20:30", "2020-01-01", "2020-1-1", "2020-01-01T10:00:00Z", "2020-01-01 10:00:00", "2001-12-14t21:59:43.10-05:00", "9223372036854775807",
    "9223372036854775808", "18446744073709551616", "1e400", "123456789012345678901234567890", "0.1", "1e21", "1e20", "100000000000000000000", "1.7976931348623157e308",
    "=", "<<x", "- x", "a b", "a  b", "a:b", "a :b", "a#b", "http://x.y/z", "x-y_z.w", "-x", "--x", "?x", ":x", "100m", "1Gi", "v1.2.3", "1.2.3", "1.2.3.4", "10.0.0.0/8",
    "$(V)", "${x}", "/a/b", "*.x.y"[1:], "a,b", "a[0]", "a{b}", "(x)", "a'b", 'a"b', "a\\b", "é", "日本語", "😀", "a=b", "<x>", "^x$", "a;b", "1.10", "1h30m", "5s", "0.0.0.0",
    "+", "-", "_", "__", "0_", "1__0", "0x_1", "0o8", "08", "0b2", "1e", "e1", "1e+", "-1e-5", "+.5", "0.", "00", "0000", "-00", "1,000", "12e03", "1.2e+3", "TRUE", "tRUE", "NuLL",
]


class Source:
    """One random document, as text."""

    def __init__(self, seed, comments=None):
        self.random = seed if isinstance(seed, random.Random) else random.Random(seed)
        self.comments = self.random.choice([0, 0.05, 0.2, 0.5]) if comments is None else comments
        self.flow = self.random.choice([0, 0.05, 0.2])
        self.odd = self.random.choice([0, 0.3, 1])
        self.keys = 0
        self.budget = self.random.choice([3, 8, 20, 40])
        self.anchors = []
        self.anchor_share = self.random.choice([0, 0, 0, 0.1])
        self.tag_share = self.random.choice([0, 0, 0, 0.05])

    def chance(self, share):
        return self.random.random() < share

    def pick(self, values):
        return self.random.choice(values)

    # Objects

    def file(self):
        """A file of some objects."""
        count = self.pick([1, 1, 2, 3])
        text = self.pick(["", "", "---\n", "# head\n", "\n", "# a\n\n# b\n---\n", "---\n# Source: chart/templates/x.yaml\n"])
        for index in range(count):
            if index:
                text += self.pick(["---\n"] * 5 + ["---\n---\n", "--- # x\n", "---\n# Source: chart/templates/x.yaml\n", "\n---\n\n", "---\n# only a comment\n---\n", "---\t\n"])
            text += self.object(index)
        if self.chance(0.05):
            text += self.pick(["---\n", "---", "...\n", "# end", "\n\n", "  \n", "---\n# end\n"])
        if self.chance(0.03):
            text = text.replace("\n", "\r\n")
        if self.chance(0.02):
            text = "\ufeff" + text
        if self.chance(0.05):
            text = text.rstrip("\n")
        return text

    def object(self, index):
        self.anchors = []
        name = f"n{index}"
        kind, api = self.pick([("ConfigMap", "v1"), ("Thing", "example.com/v1"), ("Deployment", "apps/v1"), ("CustomResourceDefinition", "apiextensions.k8s.io/v1")])
        if kind == "CustomResourceDefinition":
            name += "s.x.y"
        lines = [f"apiVersion: {api}{self.tail()}", f"kind: {kind}{self.tail()}"]
        lines += self.noise(0)
        lines += ["metadata:" + self.tail(), f"  name: {name}{self.tail()}"]
        if self.chance(0.3):
            lines += ["  annotations:" + self.tail()] + self.mapping(4, 1, flat=True)
        lines += self.noise(0)
        field = {"ConfigMap": "data", "Thing": "spec", "Deployment": "spec", "CustomResourceDefinition": "spec"}[kind]
        lines += [field + ":" + self.tail()] + self.mapping(self.pick([1, 2, 2, 2, 4]), 1, flat=kind == "ConfigMap" and self.chance(0.8))
        lines += self.noise(0)
        return "\n".join(lines) + "\n"

    # Comments and blank lines

    def tail(self):
        if self.chance(self.comments * 0.5):
            return self.pick([" # tail", "   # tail: x", "\t# tab", " #", " # 'x", " # | >"])
        return " " if self.chance(0.02) else ""

    def noise(self, indent):
        if not self.chance(self.comments):
            return ["" for _ in range(self.pick([1, 2]))] if self.chance(0.03) else []
        out = []
        for _ in range(self.pick([1, 1, 1, 2, 3])):
            pad = " " * self.pick([indent, indent, indent, 0, max(0, indent - 2), indent + 2, indent + 1])
            out.append(self.pick([pad + "# note", pad + "#", pad + "#x: y", pad + "# - item", pad + "# key: |", "", pad + "# --- x", pad + "## x ##", pad + "# a # b", "  "]))
        return out

    # Collections

    def mapping(self, indent, depth, flat=False):
        lines, pad = [], " " * indent
        for _ in range(self.pick([1, 1, 2, 3, 5])):
            self.budget -= 1
            lines += self.noise(indent)
            self.keys += 1
            key = self.key()
            lines += self.value(pad + key + ":", indent, depth, flat)
            if self.budget < 0:
                break
        if self.chance(0.1):
            lines += self.noise(indent)
        return lines

    def key(self):
        base = f"k{self.keys}"
        return self.pick([base] * 8 + [f'"{base}"', f"'{base}'", base + " x", base + ".y/z", base + "-a", f'"{base}: c"', base + "#d", base + "é", f'"{base}\\n"', base + ":e"])

    def sequence(self, indent, depth):
        lines, pad = [], " " * indent
        for _ in range(self.pick([1, 2, 2, 3])):
            self.budget -= 1
            lines += self.noise(indent)
            gap = self.pick([" "] * 8 + ["   "])
            kind = self.random.random()
            if kind < 0.3 and depth < 6 and self.budget > 0:
                inner = self.mapping(indent + 1 + len(gap), depth + 1)
                lines += self.joined(pad + "-" + gap, inner, indent + 1 + len(gap))
            elif kind < 0.35 and depth < 6 and self.budget > 0:
                inner = self.sequence(indent + 1 + len(gap), depth + 1)
                lines += self.joined(pad + "-" + gap, inner, indent + 1 + len(gap))
            else:
                lines += self.scalar(pad + "-", indent)
        return lines

    @staticmethod
    def joined(head, inner, indent):
        """An element whose first line stands behind the dash."""
        if inner[0].strip() == "" or inner[0].lstrip().startswith("#") or len(inner[0]) < indent:
            return [head.rstrip()] + inner
        return [head + inner[0][indent:]] + inner[1:]

    def value(self, head, indent, depth, flat):
        kind = self.random.random()
        if not flat and depth < 6 and self.budget > 0:
            if kind < 0.3:
                step = self.pick([1, 2, 2, 2, 2, 4])
                return [head + self.anchor() + self.tail()] + self.mapping(indent + step, depth + 1)
            if kind < 0.5:
                return [head + self.anchor() + self.tail()] + self.sequence(indent + self.pick([0, 0, 2, 2, 4]), depth + 1)
            if kind < 0.5 + self.flow:
                return self.flow_lines(head, indent)
        return self.scalar(head, indent)

    def anchor(self):
        if self.chance(self.anchor_share):
            name = f"a{len(self.anchors)}-{self.keys}"
            self.anchors.append(name)
            return " &" + name
        return ""

    # Scalars

    def scalar(self, head, indent):
        kind = self.random.random()
        if self.anchors and self.chance(self.anchor_share):
            return [head + " *" + self.pick(self.anchors)]
        tag = self.pick([" !!str", " !!int", " !!float", " !!bool", " !x", " !", " !!binary"]) if self.chance(self.tag_share) else ""
        if kind < 0.35 * max(self.odd, 0.3):
            text = self.pick(PLAIN)
            return [head + tag + (" " + text if text else "") + self.tail()]
        if kind < 0.6:
            return self.block(head + tag, indent)
        if kind < 0.7:
            return self.multiline(head + tag, indent)
        if kind < 0.8:
            return [head + tag + " " + self.quoted(self.sentence()) + self.tail()]
        if kind < 0.85:
            return [head + " " + self.pick(["[]", "{}", '""', "''", '"\\u00e9\\x41\\t\\0\\e\\_\\N\\L\\P\\/"', '"\\U0001F600"', '"a\\ b"', "'it''s'", '" "', "' x '"]) + self.tail()]
        text = self.plain_words()
        return [head + tag + " " + text + self.tail()]

    def plain_words(self):
        words = [w for w in self.random.choices(WORDS, k=self.pick([1, 2, 3, 5, 12, 30])) if w.isalnum() or w in ("(see", "a:b", "--", "100%", "$HOME", "go!")]
        text = " ".join(["x"] + words)
        return text.rstrip(":")

    def sentence(self):
        return " ".join(self.random.choices(WORDS, k=self.pick([0, 1, 2, 3, 5, 12, 30])))

    def quoted(self, text):
        if self.chance(0.5):
            return "'" + text.replace("'", "''").replace("\t", " ") + "'"
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'

    def block_lines(self):
        """Lines of a block, the first of them not indented."""
        lines = []
        for _ in range(self.pick([0, 1, 1, 2, 3, 5, 9])):
            kind = self.random.random()
            if kind < 0.15 and lines:
                lines += [""] * self.pick([1, 1, 2])
            elif kind < 0.2 and lines:
                lines.append(" " * self.pick([1, 2, 4]) + self.sentence())
            elif kind < 0.23 and lines:
                lines.append("\t" + self.sentence())
            elif kind < 0.26:
                lines.append(self.sentence() + " " * self.pick([1, 2]))
            elif kind < 0.3:
                lines.append(self.pick(["# hash", "---", "- item", "key: value", "...", "{a}", "* x", "é" * 50, "x" * 100, "a\ufeffb", "a\u00a0b", "😀", "\u2028", "a\u0085b", "a\u2028b", "-----BEGIN X-----"]))
            else:
                lines.append(self.sentence())
        return lines

    def block(self, head, indent):
        lines = self.block_lines()
        mark = self.pick("|||>>") + self.pick(["", "", "-", "+"])
        step = self.pick([1, 2, 2, 2, 4])
        if head.rstrip(" ").endswith("-"):
            step = self.pick([2, 2, 4])
        if lines and (lines[0].startswith((" ", "\t")) or self.chance(0.06)):
            # With an indicator the text may begin with blanks.
            lead = self.pick(["", " ", "   ", "\t"])
            lines[0] = lead + lines[0]
            digit = str(step)
            mark = mark[0] + (mark[1:] + digit if self.chance(0.3) else digit + mark[1:])
        elif self.chance(0.03) and lines:
            lines = [""] * self.pick([1, 2]) + lines
        pad = " " * (indent + step)
        out = [head + " " + mark + self.tail()]
        out += [pad + line if line or self.chance(0.05) else "" for line in lines]
        out += [""] * self.pick([0, 0, 0, 0, 1, 2])
        if self.chance(self.comments * 0.3):
            out.append(" " * self.pick([indent, 0, max(0, indent - 1)]) + "# behind the block")
        return out

    def multiline(self, head, indent):
        """A text of several lines, plain or in quotes."""
        pad = " " * (indent + self.pick([1, 2, 4]))
        style = self.pick(["", "'", '"'])
        lines = []
        for _ in range(self.pick([2, 2, 3, 5])):
            if style == "":
                lines.append(self.plain_words())
            elif style == "'":
                lines.append(self.sentence().replace("'", "''").strip())
            else:
                lines.append(self.sentence().replace("\\", "\\\\").replace('"', '\\"').strip() + self.pick(["", "", "\\", "\\n", " \\"]))
            if self.chance(0.15):
                lines += [""] * self.pick([1, 2])
        while len(lines) > 1 and not lines[-1]:
            lines.pop()
        if style == '"' and lines[-1].endswith("\\") and not lines[-1].endswith("\\\\"):
            lines[-1] += "n"
        first, rest = lines[0], lines[1:]
        out = [head + " " + style + first] + [pad + line if line else "" for line in rest]
        out[-1] += style
        if not out[-1].strip():
            out[-1] = pad + "x"
        return out

    # Brackets and braces

    def flow_scalar(self):
        return self.pick([lambda: self.quoted(self.sentence()), lambda: self.pick(["a", "b c", "1", "1.0", "true", "null", "~", "2020-01-01", "x-y", "0644", "http://x/y", "1e3", "a:b"])])()

    def flow_value(self, depth):
        kind = self.random.random()
        if kind < 0.2 and depth < 3:
            return "[" + self.pick([", ", ","]).join(self.flow_value(depth + 1) for _ in range(self.pick([0, 1, 2, 3]))) + self.pick(["", "", ",", " "]).replace(",", "") + "]"
        if kind < 0.4 and depth < 3:
            parts = []
            for _ in range(self.pick([0, 1, 2, 3])):
                self.keys += 1
                parts.append(self.pick([f"k{self.keys}: ", f'"k{self.keys}": ', f'"k{self.keys}":']) + self.flow_value(depth + 1))
            return "{" + self.pick(["", " "]) + ", ".join(parts) + self.pick(["", " "]) + "}"
        return self.flow_scalar()

    def flow_lines(self, head, indent):
        text = self.flow_value(0)
        if text[0] not in "[{":
            text = "[" + text + "]"
        if ", " in text and self.chance(0.3):
            at = text.index(", ") + 1
            return [head + " " + text[:at] + self.tail(), " " * (indent + self.pick([1, 2, 4])) + text[at + 1:] + self.tail()]
        return [head + " " + text + self.tail()]


class Page:
    """A kustomization over one random file, as `random_overlay.Overlay` has it."""

    def __init__(self, seed):
        self.files = {
            "base/kustomization.yaml": b"resources: [x.yaml]\n",
            "base/x.yaml": Source(seed).file().encode("utf-8", "surrogatepass"),
        }

    def make(self):
        """The directory to build."""
        return "base"
