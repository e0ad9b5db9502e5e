use oxyde_sql::ir::{
    BulkUpdate, Expr, Insert, InsertColumn, InsertSource, Scope, Select, Statement, Table, Update,
};

use super::GoldenCase;
use super::schema::{Type, int};

const EMBEDDING: Type = Type::Vector {
    dimensions: Some(3),
};

fn passages() -> Table {
    Table::new("passages")
}

fn embedding() -> Expr {
    passages().col("embedding", EMBEDDING)
}

fn query(index: u32) -> Expr {
    Expr::param(index, EMBEDDING)
}

fn distance(name: &str) -> Expr {
    Expr::call(name, vec![embedding(), query(0)], Type::Double)
}

fn ids() -> Select {
    Select::from_table(&passages()).column(&passages(), "id", Type::BigInt)
}

fn nearest(name: &str) -> Statement {
    Select {
        limit: Some(int(1)),
        ..ids().order(distance(name).asc())
    }
    .into()
}

pub fn cases() -> Vec<GoldenCase> {
    let column = |name: &str, ty: Type| InsertColumn::new(name, ty);
    let (id, vector) = (column("id", Type::BigInt), column("embedding", EMBEDDING));
    let row = Insert::row(passages(), [id.clone(), vector.clone()]);
    vec![
        ("order_l2_distance", nearest("l2_distance")),
        ("order_cosine_distance", nearest("cosine_distance")),
        ("order_inner_product", nearest("inner_product")),
        ("order_l1_distance", nearest("l1_distance")),
        (
            "distance_of_columns",
            ids()
                .output(
                    Expr::call(
                        "l2_distance",
                        vec![embedding(), passages().col("other", EMBEDDING)],
                        Type::Double,
                    )
                    .named("distance"),
                )
                .into(),
        ),
        (
            "filter_distance",
            ids()
                .filter(distance("l2_distance").lookup("lt", [Expr::param(1, Type::Double)]))
                .into(),
        ),
        (
            "exact",
            ids().filter(embedding().lookup("exact", [query(0)])).into(),
        ),
        (
            "larger",
            ids().filter(embedding().lookup("gt", [query(0)])).into(),
        ),
        (
            "distance_of_text",
            ids()
                .output(
                    Expr::call(
                        "l2_distance",
                        vec![passages().col("title", Type::Text), query(0)],
                        Type::Double,
                    )
                    .named("distance"),
                )
                .into(),
        ),
        (
            "read",
            Select::from_table(&passages())
                .column(&passages(), "embedding", EMBEDDING)
                .into(),
        ),
        ("insert_row", row.clone().into()),
        (
            "insert_rows",
            Insert {
                source: InsertSource::Rows,
                ..row
            }
            .into(),
        ),
        (
            "update",
            Update::new(
                passages(),
                Scope::Where(passages().col("id", Type::BigInt).lookup("exact", [int(0)])),
            )
            .set(vector.clone(), query(1))
            .into(),
        ),
        (
            "bulk_update",
            Statement::BulkUpdate(Box::new(BulkUpdate {
                table: passages(),
                keys: vec![id],
                columns: vec![vector],
                assignments: vec![],
            })),
        ),
    ]
}
