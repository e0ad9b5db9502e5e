//! Pieces of SQL while a statement is put together.

use std::borrow::Cow;

use sea_query::Expr;

/// How tightly the outermost operator of a piece binds; loosest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// `… OR …`
    Or,
    /// `… AND …`
    And,
    /// A comparison, a `LIKE`, an `IS NULL`.
    Compare,
    /// Any other operator.
    Operator,
    /// One term: a column, a placeholder, a call, anything in brackets.
    Term,
}

/// A piece of SQL: identifiers and placeholders are sea-query's, so that they are quoted and
/// numbered by it.
#[derive(Clone, Debug)]
pub(crate) struct Sql {
    expr: Expr,
    level: Level,
}

/// Stands between two pieces in a sea-query template and is left out by the
/// [writer](super::writer): sea-query would otherwise read two placeholder marks in a row as one.
pub(super) const SEAM: &str = "\u{1}";

const QUESTION: &str = "?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?\u{1}?";
const DOLLAR: &str = "$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$\u{1}$";

impl Sql {
    /// One term made by sea-query itself.
    pub(crate) fn term(expr: impl Into<Expr>) -> Self {
        Self {
            expr: expr.into(),
            level: Level::Term,
        }
    }

    /// Fixed text that is one term.
    pub(crate) fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::term(Expr::Custom(text.into()))
    }

    /// The same with another level.
    pub(crate) fn at(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    pub(crate) fn expr(self) -> Expr {
        self.expr
    }

    pub(super) fn as_expr(&self) -> &Expr {
        &self.expr
    }
}

/// Puts pieces one behind the other. `dollar` says which placeholder mark the dialect's
/// sea-query builder replaces in a template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Joiner {
    dollar: bool,
}

impl Joiner {
    pub(super) fn new(dollar: bool) -> Self {
        Self { dollar }
    }

    /// The pieces one behind the other, nothing in between.
    pub(crate) fn sequence(self, mut parts: Vec<Expr>, level: Level) -> Sql {
        if parts.len() == 1 {
            return Sql {
                expr: parts.remove(0),
                level,
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
            level,
        }
    }

    /// The pieces with `separator` in between.
    pub(crate) fn list(
        self,
        items: impl IntoIterator<Item = Sql>,
        separator: &'static str,
        level: Level,
    ) -> Sql {
        let mut parts = Vec::new();
        for item in items {
            if !parts.is_empty() {
                parts.push(Expr::Custom(separator.into()));
            }
            parts.push(item.expr);
        }
        self.sequence(parts, level)
    }

    /// The piece, in brackets unless it binds tighter than `outer`.
    pub(crate) fn within(self, sql: Sql, outer: Level) -> Sql {
        if sql.level > outer {
            sql
        } else {
            self.brackets(sql)
        }
    }

    /// The piece as an operand: in brackets unless it is one term.
    pub(crate) fn operand(self, sql: Sql) -> Sql {
        self.within(sql, Level::Operator)
    }

    /// The piece in brackets.
    pub(crate) fn brackets(self, sql: Sql) -> Sql {
        self.sequence(
            vec![Expr::Custom("(".into()), sql.expr, Expr::Custom(")".into())],
            Level::Term,
        )
    }

    /// A [template](crate::dialect::Templates) filled in.
    ///
    /// `{0}` is an argument as it is, `{0!}` the same as an operand, `{*}` all of them with
    /// commas. An argument that is not there is left out with the comma before it.
    pub(crate) fn fill(self, template: &'static str, arguments: &[Sql], level: Level) -> Sql {
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
                parts.push(self.list(arguments.iter().cloned(), ", ", Level::Or).expr);
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
        self.sequence(parts, level)
    }
}
