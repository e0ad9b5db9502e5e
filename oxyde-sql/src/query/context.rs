//! What is known while one statement is compiled.

use sea_query::{
    Expr, MysqlQueryBuilder, PostgresQueryBuilder, QueryBuilder, SelectStatement,
    SqliteQueryBuilder, Value,
};

use super::fragment::{Joiner, Level, Sql};
use super::writer::{Slot, Writer};
use crate::dialect::{Features, Printing, Templates};
use crate::error::SqlError;
use crate::plan::{Bind, Form};
use crate::types::ColumnType;

/// Deepest nesting of expressions, predicates and queries: far more than people write, and
/// little enough for any thread's stack.
pub const MAX_DEPTH: u16 = 200;

/// What a table's alias is written as.
#[derive(Clone, Debug)]
pub(crate) enum Qualifier {
    /// Nothing: the bare column name.
    Bare,
    /// Another name.
    Name(String),
    /// `VALUES(column)`: the row that was to be inserted, on MariaDB and old MySQL.
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
    /// The alias of the rows whose columns stand for params, as [`row_value_name`] names them.
    pub(crate) rows: Option<&'static str>,
    /// The table that the statement changes, where queries in it may not read that table.
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

    /// Runs `work` one level deeper; an error when that is too deep.
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

    /// Runs `work` while the alias is written another way.
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

    /// A refusal of this dialect.
    pub(crate) fn unsupported(&self, feature: impl Into<String>) -> SqlError {
        SqlError::unsupported(feature, self.features)
    }

    /// Refuses vectors where the database has none.
    pub(crate) fn needs_vectors(&self) -> Result<(), SqlError> {
        if self.features.vectors {
            return Ok(());
        }
        Err(SqlError::NoVectors {
            dialect: self.features.dialect.label(),
        })
    }

    fn slot(&mut self, slot: Slot) -> u64 {
        self.slots.push(slot);
        self.slots.len() as u64 - 1
    }

    /// A placeholder that takes the value of `param` in a form.
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

    /// `CAST(sql AS name)`.
    pub(crate) fn cast_text(&self, sql: Sql, name: &str) -> Sql {
        let parts = vec![
            Expr::Custom("CAST(".into()),
            sql.expr(),
            Expr::Custom(format!(" AS {name})").into()),
        ];
        self.join.sequence(parts, Level::Term)
    }

    /// `CAST(sql AS type)`, or the value itself where the dialect has no cast to the type.
    pub(crate) fn cast(&self, sql: Sql, ty: &ColumnType) -> Sql {
        let Some(name) = ty.cast_name(self.features.dialect) else {
            return sql;
        };
        let cast = self.cast_text(sql, &name);
        match ty.cast_collation(self.features.dialect) {
            None => cast,
            Some(collation) => {
                let collate = Expr::Custom(format!(" COLLATE {collation}").into());
                self.join.sequence(vec![cast.expr(), collate], Level::Term)
            }
        }
    }

    /// The dialect's template filled in; `feature` names it where the dialect has none.
    pub(crate) fn template(
        &self,
        templates: &Templates,
        arguments: &[Sql],
        level: Level,
        feature: &str,
    ) -> Result<Sql, SqlError> {
        match templates.pick(self.features.dialect) {
            Some(text) => Ok(self.join.fill(text, arguments, level)),
            None => Err(self.unsupported(feature)),
        }
    }

    /// The text and the binds of these pieces, one behind the other.
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
    /// A query without brackets around it.
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
