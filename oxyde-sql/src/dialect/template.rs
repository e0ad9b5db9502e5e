use super::Dialect;

/// One piece of SQL per dialect, as a table row; `None` where the dialect cannot do it.
///
/// In the text `{0}` stands for the first argument as it is, `{0!}` for the same as an operand
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
}

impl Templates {
    /// The same text everywhere.
    #[must_use]
    pub const fn same(text: &'static str) -> Self {
        Self::of(text, text, text)
    }

    /// A text each for PostgreSQL, SQLite, and MySQL with MariaDB.
    #[must_use]
    pub const fn of(postgres: &'static str, sqlite: &'static str, mysql: &'static str) -> Self {
        Self {
            postgres: Some(postgres),
            sqlite: Some(sqlite),
            mysql: Some(mysql),
            mariadb: Some(mysql),
        }
    }

    /// The same with a text of MariaDB's own.
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
