//! Shorthands to write a schema in Rust. Each returns a plain value, whose fields can be changed
//! further.

use super::{
    Check, Column, Distribution, ForeignKey, Generated, Index, IndexPart, ReferentialAction,
    Schema, Table, Unique,
};
use crate::ddl::{check_name, foreign_key_name, index_name, unique_name};
use crate::types::ColumnType;

fn owned(columns: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    columns.into_iter().map(Into::into).collect()
}

impl Schema {
    /// A schema of these tables.
    ///
    /// ```
    /// use oxyde_sql::ddl::{Present, create_tables};
    /// use oxyde_sql::dialect::{Dialect, Features};
    /// use oxyde_sql::schema::{Column, ForeignKey, ReferentialAction, Schema, Table};
    /// use oxyde_sql::types::ColumnType;
    ///
    /// let users = Table::new("users")
    ///     .column(Column::new("id", ColumnType::BigInt).auto_increment())
    ///     .column(Column::new("email", ColumnType::Varchar { length: 200 }))
    ///     .primary_key(["id"])
    ///     .unique(["email"]);
    /// let posts = Table::new("posts")
    ///     .column(Column::new("id", ColumnType::BigInt).auto_increment())
    ///     .column(Column::new("author_id", ColumnType::BigInt))
    ///     .primary_key(["id"])
    ///     .foreign_key(
    ///         ForeignKey::to(["author_id"], "users", ["id"]).on_delete(ReferentialAction::Cascade),
    ///     );
    /// let schema = Schema::of([users, posts]);
    ///
    /// let statements = create_tables(&schema, &Features::of(Dialect::Sqlite), &Present::default())?;
    /// assert!(statements[0].starts_with(r#"CREATE TABLE "users""#), "{statements:?}");
    /// # Ok::<(), oxyde_sql::SqlError>(())
    /// ```
    #[must_use]
    pub fn of(tables: impl IntoIterator<Item = Table>) -> Self {
        Self {
            tables: tables.into_iter().collect(),
            objects: Vec::new(),
        }
    }
}

impl Table {
    /// A table of the connection's default schema, without columns yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Put it into a database schema (namespace).
    #[must_use]
    pub fn in_schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// Add a column.
    #[must_use]
    pub fn column(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }

    /// Set the columns of the primary key.
    #[must_use]
    pub fn primary_key(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.primary_key = owned(columns);
        self
    }

    /// Let the database generate the values of a column (auto-increment).
    #[must_use]
    pub fn auto_increment(mut self, column: &str) -> Self {
        for each in &mut self.columns {
            each.auto_increment |= each.name == column;
        }
        self
    }

    /// Add a unique constraint, under the name that models derive.
    #[must_use]
    pub fn unique(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let columns = owned(columns);
        let name = unique_name(&self.name, &columns);
        self.uniques.push(Unique::on(name, columns));
        self
    }

    /// Add an index, under the name that models derive.
    #[must_use]
    pub fn index(mut self, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let columns = owned(columns);
        let name = index_name(&self.name, &columns);
        self.indexes.push(Index::on(name, &columns));
        self
    }

    /// Add a foreign key, under the name that models derive.
    #[must_use]
    pub fn foreign_key(mut self, key: ForeignKey) -> Self {
        let name = foreign_key_name(&self.name, &key.columns);
        self.foreign_keys.push(ForeignKey { name, ..key });
        self
    }

    /// Add a check constraint; its name is derived from the table's and this one.
    #[must_use]
    pub fn check(mut self, name: &str, condition: impl Into<String>) -> Self {
        self.checks.push(Check {
            name: check_name(&self.name, name),
            condition: condition.into(),
            portable: false,
        });
        self
    }

    /// Set the comment.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// Divide its rows over the nodes of a Citus cluster.
    #[must_use]
    pub fn distributed(mut self, distribution: Distribution) -> Self {
        self.distribution = Some(distribution);
        self
    }
}

impl Column {
    /// Return a column that is NOT NULL and has nothing else.
    #[must_use]
    pub fn new(name: impl Into<String>, ty: ColumnType) -> Self {
        Self {
            name: name.into(),
            ty,
            native: None,
            nullable: false,
            default: None,
            auto_increment: false,
            counter: None,
            generated: None,
            comment: None,
            raw: None,
        }
    }

    /// Allow NULL.
    #[must_use]
    pub const fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// Let the database generate its values.
    #[must_use]
    pub const fn auto_increment(mut self) -> Self {
        self.auto_increment = true;
        self
    }

    /// Set the default, an SQL expression.
    #[must_use]
    pub fn default(mut self, expression: impl Into<String>) -> Self {
        self.default = Some(expression.into());
        self
    }

    /// Compute it from other columns by an SQL expression: when the row is written if `stored`,
    /// otherwise when it is read.
    #[must_use]
    pub fn generated(mut self, expression: impl Into<String>, stored: bool) -> Self {
        let expression = expression.into();
        self.generated = Some(Generated { expression, stored });
        self
    }

    /// Set the comment.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }
}

impl ForeignKey {
    /// A reference of these columns to columns of another table, which does nothing when the
    /// referenced row changes. [`Table::foreign_key`] gives it its name.
    #[must_use]
    pub fn to(
        columns: impl IntoIterator<Item = impl Into<String>>,
        table: impl Into<String>,
        target_columns: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self {
            name: String::new(),
            kept_name: false,
            undeclared: false,
            columns: owned(columns),
            target_schema: None,
            target_table: table.into(),
            target_columns: owned(target_columns),
            on_delete: ReferentialAction::NoAction,
            on_update: ReferentialAction::NoAction,
            raw: None,
        }
    }

    /// What happens to rows whose referenced row is deleted.
    #[must_use]
    pub const fn on_delete(mut self, action: ReferentialAction) -> Self {
        self.on_delete = action;
        self
    }

    /// What happens to rows whose referenced key changes.
    #[must_use]
    pub const fn on_update(mut self, action: ReferentialAction) -> Self {
        self.on_update = action;
        self
    }
}

impl Index {
    /// Return an ordinary index on columns, ascending.
    #[must_use]
    pub fn on(name: impl Into<String>, columns: &[String]) -> Self {
        let parts = columns.iter().cloned().map(IndexPart::Column);
        Self {
            name: name.into(),
            parts: parts.collect(),
            unique: false,
            method: None,
            config: None,
            condition: None,
            include: Vec::new(),
            opclass: None,
            options: std::collections::BTreeMap::new(),
        }
    }
}

impl Unique {
    /// Return a unique constraint on columns.
    #[must_use]
    pub const fn on(name: String, columns: Vec<String>) -> Self {
        Self {
            name,
            columns,
            kept_name: false,
        }
    }
}
