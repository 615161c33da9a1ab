#!/usr/bin/env python3
"""Fails where two files define different types of one qualified name.

Linked into one library or test program, such a pair breaks the one definition rule: the linker takes the functions of
one of them for both, and nothing says so. Types in unnamed namespaces and in functions are nobody else's business.
"""

import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = (
    "src",
    "cli",
    "bindings/common",
    "bindings/python/src",
    "bindings/ruby/ext",
    "tests/support",
    "fuzz",
    "benchmarks",
)

# Comments, texts and preprocessor lines hold braces and words that mean nothing here.
_IGNORED = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"(?P<tag>[^()\s\\]*)\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+'"""
    r"""|^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*""",
    re.DOTALL | re.MULTILINE,
)
_NUMBER = re.compile(r"\b\d[\w']*")
_TOKEN = re.compile(r"[A-Za-z_]\w*|::|[{}();<>=,:]|\S")
_NAMESPACE = re.compile(r"(?:inline )?namespace(?P<name>(?: (?:\w+|::|inline))*)$")
_TYPE = re.compile(
    r"(?:^|[;}>] ?|\b(?:typedef|static|constexpr|const|private|public|protected) ?:? ?)"
    r"(?:struct|class|union|enum(?: class| struct)?)(?: \[ \[.*?\] \]| alignas \(.*?\))*"
    r" (?P<name>\w+(?: :: \w+)*)(?P<args> <.*?>)?(?: final)?(?: :(?!:).*)?$"
)


def type_names(text: str):
    """The qualified names of the types that a source defines, in the order of the text."""
    text = _NUMBER.sub("0", _IGNORED.sub(lambda found: '""' if found[0][:1] in "\"'R" else " ", text))
    scopes: list[str | None] = []  # the names of namespaces and types around; None: what others do not see
    head: list[str] = []  # tokens since the last brace or semicolon
    for token in _TOKEN.findall(text):
        if token == "{":
            name = _opened(" ".join(head))
            if name and None not in scopes:
                kind, words = name
                if kind == "type":
                    yield "::".join([scope for scope in scopes if scope] + [words])
                scopes.append(words)
            else:
                scopes.append(None)
            head = []
        elif token == "}":
            if scopes:
                scopes.pop()
            head = []
        elif token == ";":
            head = []
        else:
            head.append(token)


def _opened(head: str) -> tuple[str, str] | None:
    """What a brace after these tokens opens: a namespace or type and its name; None for all else."""
    if found := _NAMESPACE.search(head):
        name = found["name"].replace("inline", "").replace(" ", "")
        return ("namespace", name) if name else None
    if head.startswith("extern"):
        return ("namespace", "")
    head = re.sub(r"^template <.*> (?=(?:requires .*)?(?:struct|class|union) )", "", head)
    if found := _TYPE.search(head):
        return ("type", (found["name"] + (found["args"] or "")).replace(" ", ""))
    return None


def sources():
    for folder in FOLDERS:
        yield from (p for p in sorted((ROOT / folder).rglob("*")) if p.suffix in {".h", ".hpp", ".cc", ".cpp"})


def check_itself() -> None:
    text = """
        // struct Comment {
        #define MACRO struct Macro { \\
            int x; };
        namespace a::b { struct S { enum class E { kX }; struct Inner { int x = 1'000; }; }; class Declared;
        template <typename T, class U = int> class Template final : public Base<T> { void F() { struct Local { }; } };
        template <> struct Template<int> { }; using X = struct S; const char* text = "struct Text {"; char c = '{';
        struct S::Nested { }; enum Plain : int { kY }; S Make() { return S{}; } auto lambda = [](struct S s) { };
        namespace { struct Hidden { struct Deeper { }; }; } inline namespace v1 { union U { }; } }
        struct [[nodiscard]] Global { Global() : x{1} { } int x; }; extern "C" { struct C { }; }
    """
    found = list(type_names(text))
    wanted = ["S", "S::E", "S::Inner", "Template", "Template<int>", "S::Nested", "Plain", "v1::U"]
    wanted = [f"a::b::{name}" for name in wanted] + ["Global", "C"]
    if found != wanted:
        sys.exit(f"dev/odr.py misreads its own sample: {found}")


def main() -> int:
    check_itself()
    places = collections.defaultdict(set)
    for path in sources():
        for name in type_names(path.read_text()):
            places[name].add(str(path.relative_to(ROOT)))
    pairs = {name: sorted(files) for name, files in places.items() if len(files) > 1}
    for name, files in sorted(pairs.items()):
        print(f"{name} is defined in {' and in '.join(files)}; rename one, or put it into an unnamed namespace")
    if not pairs:
        print(f"odr: {len(places)} types, each defined once")
    return 1 if pairs else 0


if __name__ == "__main__":
    sys.exit(main())
