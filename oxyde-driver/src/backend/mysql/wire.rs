//! The types of MySQL's binary protocol, obtained from the server.

use std::sync::OnceLock;

use sqlx::mysql::{MySqlConnection, MySqlTypeInfo};
use sqlx::{Column as _, MySql, Row as _, Type};

/// The types that parameters are sent as.
#[derive(Clone, Debug)]
pub(super) struct Wire {
    pub small_int: MySqlTypeInfo,
    pub integer: MySqlTypeInfo,
    pub big_int: MySqlTypeInfo,
    pub double: MySqlTypeInfo,
    pub decimal: MySqlTypeInfo,
    pub bool: MySqlTypeInfo,
    pub text: MySqlTypeInfo,
    pub bytes: MySqlTypeInfo,
    pub date: MySqlTypeInfo,
    pub time: MySqlTypeInfo,
    pub date_time: MySqlTypeInfo,
}

static WIRE: OnceLock<Wire> = OnceLock::new();

/// The query for types that sqlx provides only together with its date and decimal crates.
const ASK: &str = "SELECT CAST('2000-01-01' AS DATE), CAST('00:00:00' AS TIME(6)), \
                   CAST('2000-01-01' AS DATETIME(6)), CAST('1' AS DECIMAL(65, 30))";

/// The types, queried once per process.
pub(super) async fn load(connection: &mut MySqlConnection) -> Result<&'static Wire, sqlx::Error> {
    if let Some(wire) = WIRE.get() {
        return Ok(wire);
    }
    let row = sqlx::query(ASK)
        .persistent(false)
        .fetch_one(connection)
        .await?;
    let info = |at: usize| row.column(at).type_info().clone();
    Ok(WIRE.get_or_init(|| Wire {
        small_int: <i16 as Type<MySql>>::type_info(),
        integer: <i32 as Type<MySql>>::type_info(),
        big_int: <i64 as Type<MySql>>::type_info(),
        double: <f64 as Type<MySql>>::type_info(),
        decimal: info(3),
        bool: <i8 as Type<MySql>>::type_info(),
        text: <str as Type<MySql>>::type_info(),
        bytes: <[u8] as Type<MySql>>::type_info(),
        date: info(0),
        time: info(1),
        date_time: info(2),
    }))
}
