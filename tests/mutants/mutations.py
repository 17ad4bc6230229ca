"""Edits of source code that a good suite of tests notices; pure."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

TURNED: dict[type[ast.cmpop], ast.cmpop] = {
    **{ast.Lt: ast.LtE(), ast.LtE: ast.Lt(), ast.Gt: ast.GtE(), ast.GtE: ast.Gt()},
    **{ast.Eq: ast.NotEq(), ast.NotEq: ast.Eq(), ast.Is: ast.IsNot(), ast.IsNot: ast.Is()},
    **{ast.In: ast.NotIn(), ast.NotIn: ast.In()},
}


@dataclass(frozen=True)
class Mutant:
    """One edit: what stands on `line`, from `start` to `end` in bytes of the file, becomes `after`.

    `in_function` is False where the code runs when the module is imported.
    """

    line: int
    kind: str
    start: int
    end: int
    before: str
    after: str
    in_function: bool

    def applied_to(self, source: bytes) -> bytes:
        """The source with the edit in it."""
        return source[: self.start] + self.after.encode() + source[self.end :]


def mutants_of(source: bytes) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for code, in_function in walk_code(ast.parse(source)):
        for part, kind, after in edits_of(code):
            start = starts[part.lineno - 1] + part.col_offset
            end = starts[(part.end_lineno or 0) - 1] + (part.end_col_offset or 0)
            before = source[start:end].decode()
            found.append(Mutant(part.lineno, kind, start, end, before, after, in_function))
    return sorted(found, key=lambda mutant: (mutant.start, mutant.end, mutant.kind, mutant.after))


def walk_code(node: ast.AST, in_function: bool = False) -> Iterator[tuple[ast.expr | ast.stmt, bool]]:
    """Statements and expressions that are run, and whether a call runs them.

    Annotations are left out, messages, and assertions, of which `strict` of a `zip` is one.
    """
    if isinstance(node, ast.expr | ast.stmt):
        yield node, in_function
    is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns") or isinstance(node, ast.Assert | ast.JoinedStr):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not is_assertion(child):
                yield from walk_code(child, in_function or (is_function and name == "body"))


def edits_of(node: ast.expr | ast.stmt) -> Iterator[tuple[ast.expr | ast.stmt, str, str]]:
    """The edits at a node: the part that is edited, the name of the edit, and the code put there."""
    match node:
        case ast.Compare(ops=[op, *others]):
            turned = ast.Compare(node.left, [TURNED[type(op)], *others], node.comparators)
            yield node, "comparison turned", f"({ast.unparse(turned)})"
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield node, "and/or exchanged", f"({ast.unparse(ast.BoolOp(other, node.values))})"
        case ast.UnaryOp(op=ast.Not()):
            yield node, "boolean negated", f"bool({ast.unparse(node.operand)})"
        case ast.Constant(value=bool() as value):
            yield node, "boolean negated", str(not value)
        case ast.Constant(value=int() | float() as value):
            yield node, "constant moved", repr(value + 1)
        case ast.Expr(value=ast.Call() | ast.Await(value=ast.Call())):
            yield node, "call dropped", "pass"
        case ast.Return(value=ast.expr() as result) if not is_none(result):
            yield node, "None returned", "return None"
        case ast.If() | ast.While() | ast.IfExp() if not isinstance(node.test, ast.Compare | ast.UnaryOp):
            yield node.test, "boolean negated", f"(not ({ast.unparse(node.test)}))"
        case ast.Call():
            for dropped in node.keywords:
                if dropped.arg and not is_assertion(dropped):
                    left = [keyword for keyword in node.keywords if keyword is not dropped]
                    yield node, "keyword dropped", ast.unparse(ast.Call(node.func, node.args, left))


def is_assertion(node: ast.AST) -> bool:
    """True for `strict=...`, which no caller that keeps the contract notices."""
    return isinstance(node, ast.keyword) and node.arg == "strict"


def is_none(node: ast.expr) -> bool:
    """True for the constant None."""
    return isinstance(node, ast.Constant) and node.value is None
