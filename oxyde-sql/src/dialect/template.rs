use super::{Dialect, Requirement};

/// One piece of SQL per dialect, as a table row; `None` if the dialect does not support it.
///
/// In the text `{0}` is the first argument unchanged, `{0!}` the same as an operand
/// (in parentheses unless it is a single term), `{*}` for all arguments with commas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Templates {
    /// PostgreSQL's.
    pub postgres: Option<&'static str>,
    /// SQLite's.
    pub sqlite: Option<&'static str>,
    /// MySQL's.
    pub mysql: Option<&'static str>,
    /// MariaDB's.
    pub mariadb: Option<&'static str>,
    /// What the server must be able to do.
    pub needs: Option<Requirement>,
}

impl Templates {
    /// The same text for all dialects.
    #[must_use]
    pub const fn same(text: &'static str) -> Self {
        Self::of(text, text, text)
    }

    /// One text each for PostgreSQL, SQLite, and MySQL with MariaDB.
    #[must_use]
    pub const fn of(postgres: &'static str, sqlite: &'static str, mysql: &'static str) -> Self {
        Self {
            postgres: Some(postgres),
            sqlite: Some(sqlite),
            mysql: Some(mysql),
            mariadb: Some(mysql),
            needs: None,
        }
    }

    /// The same with a separate text for SQLite.
    #[must_use]
    pub const fn sqlite(mut self, text: &'static str) -> Self {
        self.sqlite = Some(text);
        self
    }

    /// The same with a separate text for MariaDB.
    #[must_use]
    pub const fn mariadb(mut self, text: &'static str) -> Self {
        self.mariadb = Some(text);
        self
    }

    /// The same without SQLite.
    #[must_use]
    pub const fn not_sqlite(mut self) -> Self {
        self.sqlite = None;
        self
    }

    /// The same without MySQL and MariaDB.
    #[must_use]
    pub const fn not_mysql(mut self) -> Self {
        self.mysql = None;
        self.mariadb = None;
        self
    }

    /// The same without MySQL, but with MariaDB.
    #[must_use]
    pub const fn not_mysql_itself(mut self) -> Self {
        self.mysql = None;
        self
    }

    /// The same without MariaDB.
    #[must_use]
    pub const fn not_mariadb(mut self) -> Self {
        self.mariadb = None;
        self
    }

    /// The same without PostgreSQL.
    #[must_use]
    pub const fn not_postgres(mut self) -> Self {
        self.postgres = None;
        self
    }

    /// The same for servers that can do this.
    #[must_use]
    pub const fn needs(mut self, requirement: Requirement) -> Self {
        self.needs = Some(requirement);
        self
    }

    /// The text of one dialect.
    #[must_use]
    pub const fn pick(&self, dialect: Dialect) -> Option<&'static str> {
        match dialect {
            Dialect::Postgres => self.postgres,
            Dialect::Sqlite => self.sqlite,
            Dialect::Mysql => self.mysql,
            Dialect::Mariadb => self.mariadb,
        }
    }
}
