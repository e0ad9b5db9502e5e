//! Fragments of SQL while a statement is assembled.

use std::borrow::Cow;

use sea_query::Expr;

/// The precedence of the outermost operator of a piece; loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precedence {
    /// `… OR …`
    Or,
    /// `… AND …`
    And,
    /// A comparison, a `LIKE`, an `IS NULL`.
    Compare,
    /// Any other operator.
    Operator,
    /// One term: a column, a placeholder, a call, anything in parentheses.
    Term,
}

/// A piece of SQL: identifiers and placeholders are sea-query's, so that sea-query quotes and
/// numbers them.
#[derive(Clone, Debug)]
pub(crate) struct Sql {
    expr: Expr,
    precedence: Precedence,
}

/// Separates two pieces in a sea-query template, and is removed by the
/// [writer](super::writer): sea-query would otherwise read two consecutive placeholder marks as
/// one.
pub(super) const SEAM: &str = "\u{1}";

const QUESTION: &str = "?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?";
const DOLLAR: &str = "$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$";

impl Sql {
    /// One term that sea-query renders.
    pub(crate) fn term(expr: impl Into<Expr>) -> Self {
        Self {
            expr: expr.into(),
            precedence: Precedence::Term,
        }
    }

    /// Fixed text that forms one term.
    pub(crate) fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::term(Expr::Custom(text.into()))
    }

    /// The same with another precedence.
    pub(crate) fn at(mut self, precedence: Precedence) -> Self {
        self.precedence = precedence;
        self
    }

    pub(crate) fn expr(self) -> Expr {
        self.expr
    }

    pub(super) fn as_expr(&self) -> &Expr {
        &self.expr
    }
}

/// Concatenates pieces. `dollar` determines which placeholder mark the dialect's
/// sea-query builder replaces in a template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joiner {
    dollar: bool,
}

impl Joiner {
    pub(super) fn new(dollar: bool) -> Self {
        Self { dollar }
    }

    /// Concatenate the pieces.
    pub(crate) fn sequence(self, mut parts: Vec<Expr>, precedence: Precedence) -> Sql {
        if parts.len() == 1 {
            return Sql {
                expr: parts.remove(0),
                precedence,
            };
        }
        let long = if self.dollar { DOLLAR } else { QUESTION };
        let length = (2 * parts.len()).saturating_sub(1);
        let template = match long.get(..length) {
            Some(template) => Cow::Borrowed(template),
            None => Cow::Owned(vec![&long[..1]; parts.len()].join(SEAM)),
        };
        Sql {
            expr: Expr::CustomWithExpr(template, parts),
            precedence,
        }
    }

    /// Join the pieces with `separator`.
    pub(crate) fn list(
        self,
        items: impl IntoIterator<Item = Sql>,
        separator: &'static str,
        precedence: Precedence,
    ) -> Sql {
        let mut parts = Vec::new();
        for item in items {
            if !parts.is_empty() {
                parts.push(Expr::Custom(separator.into()));
            }
            parts.push(item.expr);
        }
        self.sequence(parts, precedence)
    }

    /// The piece, in parentheses unless it binds tighter than `outer`.
    pub(crate) fn within(self, sql: Sql, outer: Precedence) -> Sql {
        if sql.precedence > outer {
            sql
        } else {
            self.brackets(sql)
        }
    }

    /// The piece as an operand: in parentheses unless it is one term.
    pub(crate) fn operand(self, sql: Sql) -> Sql {
        self.within(sql, Precedence::Operator)
    }

    /// The piece in parentheses.
    pub(crate) fn brackets(self, sql: Sql) -> Sql {
        self.sequence(
            vec![Expr::Custom("(".into()), sql.expr, Expr::Custom(")".into())],
            Precedence::Term,
        )
    }

    /// Fill in a [template](crate::dialect::Templates).
    ///
    /// `{0}` is an argument unchanged, `{0!}` the same as an operand, `{*}` all of them, separated
    /// by commas. A missing argument is omitted together with the comma before it.
    pub(crate) fn fill(
        self,
        template: &'static str,
        arguments: &[Sql],
        precedence: Precedence,
    ) -> Sql {
        let mut parts = Vec::new();
        let mut rest = template;
        while let Some(open) = rest.find('{') {
            let Some(close) = rest[open..].find('}').map(|at| at + open) else {
                break;
            };
            if open > 0 {
                parts.push(Expr::Custom(Cow::Borrowed(&rest[..open])));
            }
            let slot = &rest[open + 1..close];
            let (index, operand) = match slot.strip_suffix('!') {
                Some(index) => (index, true),
                None => (slot, false),
            };
            if index == "*" {
                parts.push(
                    self.list(arguments.iter().cloned(), ", ", Precedence::Or)
                        .expr,
                );
            } else if let Some(argument) = index
                .parse::<usize>()
                .ok()
                .and_then(|index| arguments.get(index))
            {
                let argument = argument.clone();
                parts.push(
                    if operand {
                        self.operand(argument)
                    } else {
                        argument
                    }
                    .expr,
                );
            }
            rest = &rest[close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Expr::Custom(Cow::Borrowed(rest)));
        }
        self.sequence(parts, precedence)
    }
}
