"""Which labels the result of a PromQL expression has, and what in it can never match anything."""

from collections.abc import Mapping

import promql_parser as promql

Labels = frozenset[str]
NONE: Labels = frozenset()

SET_OPERATORS = {"and", "or", "unless"}
KEEP_LABELS = {"topk", "bottomk", "limitk", "limit_ratio"}


class Reader:
    """Reads expressions over `metrics`, the labels of each metric. What is wrong with one is added to `problems`."""

    def __init__(self, metrics: Mapping[str, Labels]) -> None:
        self.metrics = metrics
        self.problems: list[str] = []

    def read(self, expr: promql.Expr) -> Labels | None:
        """The labels of the result; None for a scalar or a string, and for what a problem was found in."""
        match expr:
            case promql.VectorSelector():
                return self._selector(expr)
            case promql.MatrixSelector():
                return self._selector(expr.vector_selector)
            case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
                return self.read(expr.expr)
            case promql.AggregateExpr():
                return self._aggregate(expr)
            case promql.Call():
                return self._call(expr)
            case promql.BinaryExpr():
                return self._binary(expr)
        return None

    def _selector(self, selector: promql.VectorSelector) -> Labels | None:
        name = selector.name or ""
        if name not in self.metrics:
            self.problems.append(f"no metric '{name}' in the scrape")
            return None
        for matcher in selector.matchers.matchers:
            self._demand({matcher.name}, self.metrics[name], f"a matcher of {name}")
        return self.metrics[name]

    def _aggregate(self, expr: promql.AggregateExpr) -> Labels | None:
        inner = self.read(expr.expr)
        if inner is None or str(expr.op) in KEEP_LABELS:
            return inner
        if expr.modifier is None:
            return NONE
        named, by = frozenset(expr.modifier.labels), expr.modifier.type == promql.AggModifierType.By
        self._demand(named, inner, f"{expr.op} {'by' if by else 'without'}")
        return named if by else inner - named

    def _call(self, call: promql.Call) -> Labels | None:
        name = call.func.name
        found = [labels for argument in call.args if (labels := self.read(argument)) is not None]
        if name == "vector":
            return NONE
        if not found:
            return None
        if name == "label_replace":
            _, to, _, source, _ = call.args
            self._demand({source.val} - {""}, found[0], name)
            return found[0] | {to.val}
        if name == "histogram_quantile":
            self._demand({"le"}, found[0], name)
            return found[0] - {"le"}
        return found[0]

    def _binary(self, expr: promql.BinaryExpr) -> Labels | None:
        left, right, op = self.read(expr.lhs), self.read(expr.rhs), str(expr.op)
        if left is None or right is None:
            return right if left is None else left
        modifier = expr.modifier
        if modifier is None or (matching := modifier.matching) is None:
            if op != "or" and left != right:
                self.problems.append(f"'{op}' never matches: {sorted(left)} on one side, {sorted(right)} on the other")
            return left & right
        named, on = frozenset(matching.labels), matching.type == promql.LabelModifierType.Include
        self._demand(named, left & right if on else left | right, f"{op} {'on' if on else 'ignoring'}")
        if not on and left - named != right - named:
            self.problems.append(f"'{op} ignoring' never matches: {sorted(left - named)}, {sorted(right - named)}")
        if op in SET_OPERATORS:
            return left & right if op == "or" else left
        extra = frozenset(modifier.group_labels or [])
        if modifier.card == promql.VectorMatchCardinality.ManyToOne:
            self._demand(extra, right, "group_left")
            return left | extra
        if modifier.card == promql.VectorMatchCardinality.OneToMany:
            self._demand(extra, left, "group_right")
            return right | extra
        return named if on else left - named

    def _demand(self, wanted: Labels | set[str], there: Labels, where: str) -> None:
        self.problems += [
            f"no label '{label}' for {where}; there are {sorted(there)}" for label in sorted(wanted - there)
        ]
