//! The state of the compilation of one statement.

use sea_query::{
    Expr, MysqlQueryBuilder, PostgresQueryBuilder, QueryBuilder, SelectStatement,
    SqliteQueryBuilder, Value,
};

use super::fragment::{Joiner, Precedence, Sql};
use super::writer::{Slot, Writer};
use crate::dialect::{Features, Printing, Templates};
use crate::error::SqlError;
use crate::plan::{Bind, Form};
use crate::types::{ColumnType, Only};

/// Maximum nesting of expressions, predicates and queries: far more than people write, and
/// small enough for any thread's stack.
pub const MAX_DEPTH: u16 = 200;

/// How to write a table's alias.
#[derive(Clone, Debug)]
pub(crate) enum Qualifier {
    /// Nothing: the bare column name.
    Bare,
    /// Another name.
    Name(String),
    /// `VALUES(column)`: the proposed row, on MariaDB and old MySQL.
    ValuesOf,
}

/// The name of a value in the derived table of a bulk update's rows.
pub(crate) fn row_value_name(position: usize) -> String {
    format!("v{position}")
}

/// The state of one compilation.
pub(crate) struct Context<'a> {
    pub(crate) features: &'a Features,
    pub(crate) join: Joiner,
    slots: Vec<Slot>,
    depth: u16,
    qualifiers: Vec<(String, Qualifier)>,
    /// The alias of the rows whose columns represent params, named by [`row_value_name`].
    pub(crate) rows: Option<&'static str>,
    /// The table that the statement changes, if subqueries may not read that table.
    pub(crate) changed: Option<String>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(features: &'a Features) -> Self {
        Self {
            features,
            join: Joiner::new(features.printing() == Printing::Dollar),
            slots: Vec::new(),
            depth: 0,
            qualifiers: Vec::new(),
            rows: None,
            changed: None,
        }
    }

    /// Run `work` one level deeper; an error if that is too deep.
    pub(crate) fn deeper<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        if self.depth >= MAX_DEPTH {
            return Err(SqlError::TooDeep { limit: MAX_DEPTH });
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }

    /// Run `work` with the alias written in another way.
    pub(crate) fn with_qualifier<T>(
        &mut self,
        alias: &str,
        qualifier: Qualifier,
        work: impl FnOnce(&mut Self) -> Result<T, SqlError>,
    ) -> Result<T, SqlError> {
        self.qualifiers.push((alias.to_owned(), qualifier));
        let result = work(self);
        self.qualifiers.pop();
        result
    }

    pub(super) fn qualifier(&self, alias: &str) -> Option<&Qualifier> {
        self.qualifiers
            .iter()
            .rev()
            .find(|(name, _)| name == alias)
            .map(|(_, to)| to)
    }

    /// Create an error for a feature that the dialect does not support.
    pub(crate) fn unsupported(&self, feature: impl Into<String>) -> SqlError {
        SqlError::unsupported(feature, self.features)
    }

    /// Refuse more than the database accepts; the hint says what to do instead.
    pub(crate) fn at_most(
        &self,
        limit: usize,
        count: usize,
        what: &'static str,
        hint: &'static str,
    ) -> Result<(), SqlError> {
        if count <= limit {
            return Ok(());
        }
        Err(SqlError::TooMany {
            what,
            count,
            limit,
            dialect: self.features.dialect.label(),
            hint,
        })
    }

    /// Refuse a type of columns if the database lacks it.
    pub(crate) fn needs(&self, only: &Only) -> Result<(), SqlError> {
        if (only.has)(self.features) {
            return Ok(());
        }
        Err(SqlError::NoType {
            what: only.what,
            hint: only.hint,
            dialect: self.features.dialect.label(),
        })
    }

    fn slot(&mut self, slot: Slot) -> u64 {
        self.slots.push(slot);
        self.slots.len() as u64 - 1
    }

    /// A placeholder for the value of `param` in a form.
    pub(crate) fn placeholder(&mut self, param: u32, ty: &ColumnType, form: Form) -> Sql {
        if let (Some(rows), Form::Scalar) = (self.rows, form) {
            return Sql::term(Expr::col((rows, row_value_name(param as usize))));
        }
        let slot = self.slot(Slot::Bind(Bind {
            param,
            ty: ty.clone(),
            form,
        }));
        let marker = Sql::term(Expr::Value(Value::BigUnsigned(Some(slot))));
        let list = form == Form::Array;
        match ty.parameter_cast(self.features.dialect) {
            Some(name) if list => self.cast_text(marker, &format!("{name}[]")),
            Some(name) if form == Form::Scalar => self.cast_text(marker, &name),
            _ => marker,
        }
    }

    /// The marker of a placeholder or of text, for sea-query's `LIMIT` and `OFFSET`.
    pub(super) fn limit_marker(&mut self, what: Result<u32, String>) -> u64 {
        self.slot(match what {
            Ok(param) => Slot::Bind(Bind {
                param,
                ty: ColumnType::BigInt,
                form: Form::Scalar,
            }),
            Err(text) => Slot::Text(text),
        })
    }

    /// The marker of an expression, for sea-query's `LIMIT` and `OFFSET`.
    pub(super) fn limit_sql(&mut self, sql: Sql) -> u64 {
        self.slot(Slot::Sql(Box::new(sql)))
    }

    /// `CAST(sql AS name)`.
    pub(crate) fn cast_text(&self, sql: Sql, name: &str) -> Sql {
        let parts = vec![
            Expr::Custom("CAST(".into()),
            sql.expr(),
            Expr::Custom(format!(" AS {name})").into()),
        ];
        self.join.sequence(parts, Precedence::Term)
    }

    /// `CAST(sql AS type)`, or the value itself if the dialect has no cast to the type.
    pub(crate) fn cast(&self, sql: Sql, ty: &ColumnType) -> Sql {
        let Some(name) = ty.cast_name(self.features.dialect) else {
            return sql;
        };
        let cast = self.cast_text(sql, &name);
        match ty.cast_collation(self.features.dialect) {
            None => cast,
            Some(collation) => {
                let collate = Expr::Custom(format!(" COLLATE {collation}").into());
                self.join
                    .sequence(vec![cast.expr(), collate], Precedence::Term)
            }
        }
    }

    /// Fill in the dialect's template; `feature` names it in the error if the dialect has none.
    pub(crate) fn template(
        &self,
        templates: &Templates,
        arguments: &[Sql],
        precedence: Precedence,
        feature: &str,
    ) -> Result<Sql, SqlError> {
        if let Some(requirement) = templates.needs {
            self.features.require(requirement)?;
        }
        match templates.pick(self.features.dialect) {
            Some(text) => Ok(self.join.fill(text, arguments, precedence)),
            None => Err(self.unsupported(feature)),
        }
    }

    /// Concatenate the text and the binds of these pieces.
    pub(super) fn write(&self, pieces: &[Piece]) -> (String, Vec<Bind>) {
        let printing = self.features.printing();
        let mut writer = Writer::new(
            &self.slots,
            printing == Printing::Dollar,
            self.features.share_clause(),
        );
        for piece in pieces {
            match printing {
                Printing::Dollar => piece.print(&PostgresQueryBuilder, &mut writer),
                Printing::Question => piece.print(&SqliteQueryBuilder, &mut writer),
                Printing::Backtick => piece.print(&MysqlQueryBuilder, &mut writer),
            }
        }
        (writer.text, writer.binds)
    }
}

/// A part of a whole statement.
pub(super) enum Piece {
    /// Anything but a bare query.
    Sql(Sql),
    /// A query without parentheses.
    Select(Box<SelectStatement>),
}

impl Piece {
    /// Fixed text.
    pub(super) fn text(text: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::Sql(Sql::text(text))
    }

    fn print(&self, builder: &impl QueryBuilder, writer: &mut Writer<'_>) {
        match self {
            Self::Sql(sql) => builder.prepare_expr(sql.as_expr(), writer),
            Self::Select(select) => builder.prepare_select_statement(select, writer),
        }
    }
}
