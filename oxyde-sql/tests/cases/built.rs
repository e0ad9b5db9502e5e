//! Statements of the builder, by which it shows what it makes of its methods.

use oxyde_sql::build::*;
use oxyde_sql::ir::{JoinKind, Statement};
use oxyde_sql::table;

use super::GoldenCase;
use super::schema::{Type, ty};

table! {
    pub struct Users("users") {
        id: i64,
        name: String = ty("name"),
        bio: Option<String>,
        age: Option<i32>,
        score: f64,
        active: bool,
        avatar: Option<Vec<u8>>,
    }
}

table! {
    pub struct Posts("posts") {
        id: i64,
        author_id: Option<i64>,
        title: String = Type::Varchar { length: 50 },
        views: i64,
        kind: String as "type",
    }
}

table! {
    pub struct Drafts("drafts" in "blog") {
        id: i64,
    }
}

table! {
    struct Below("below") {
        id: i64,
    }
}

fn statement(query: &impl Query) -> Statement {
    query.statement().expect("a whole statement").0
}

/// The ids of the users for which this holds.
fn ids(condition: impl Into<Condition>) -> Statement {
    let users = Users::table();
    statement(&users.select().columns(users.id).filter(condition))
}

/// This value of each user.
fn of_users(value: impl Expression) -> Statement {
    statement(&Users::table().select().columns(value.named("value")))
}

pub fn cases() -> Vec<GoldenCase> {
    let (users, posts) = (Users::table(), Posts::table());
    let mine = || posts.author_id.eq(users.id);
    let one = || users.select().columns(users.id);
    vec![
        ("all_columns", statement(&users.select())),
        (
            "all_columns_of_alias",
            statement(&Posts::aliased("p").select()),
        ),
        ("in_schema", statement(&Drafts::table().select())),
        (
            "chain",
            statement(
                &users
                    .select()
                    .columns((users.id, users.name.lower().named("name")))
                    .filter(users.name.icontains("ali"))
                    .filter(users.age.between(18, 65).or(users.age.is_null()))
                    .order_by((users.age.desc().nulls_last(), users.id))
                    .limit(10)
                    .offset(20),
            ),
        ),
        ("eq", ids(users.name.eq("Alice"))),
        ("ne", ids(users.age.ne(3))),
        ("not_eq", ids(!users.age.eq(3))),
        ("compare_columns", ids(users.age.gt(users.age + 1))),
        ("is_in", ids(users.id.is_in([1, 2, 3]))),
        ("is_in_nothing", ids(users.id.is_in([0; 0]))),
        ("not_in", ids(users.name.not_in(["Alice", "Bob"]))),
        ("boolean_column", ids(users.active)),
        (
            "conditions",
            ids(Condition::any([
                users.score.gte(0.5),
                users.bio.is_not_null(),
                users.name.startswith("A").and(!users.name.endswith("z")),
            ])),
        ),
        (
            "lookup",
            ids(users.name.lookup("regex", [Expr::value("^a".to_owned())])),
        ),
        (
            "unknown_lookup",
            ids(users.name.lookup("icontain", [users.bio])),
        ),
        ("in_query", {
            let authors = posts
                .select()
                .columns(posts.author_id)
                .filter(posts.views.gt(100));
            ids(users.id.in_query(authors).and(users.active))
        }),
        ("exists", {
            let popular = posts.select().filter(mine()).filter(posts.views.gt(100));
            ids(popular.exists().and(users.score.lt(1.0)))
        }),
        ("scalar_query", {
            let views = posts
                .select()
                .columns(posts.views.max().named("v"))
                .filter(mine());
            of_users(views.value::<i64>().coalesce(0))
        }),
        ("arithmetic", of_users((users.age + 1) * users.age - 2)),
        ("quotient", of_users(users.age / 2)),
        ("text", of_users(users.name.upper().concat("!").length())),
        ("round", of_users(users.score.abs().round(2))),
        (
            "nullif",
            of_users(users.name.nullif("").coalesce(users.bio)),
        ),
        ("cast", of_users(users.age.cast::<String>())),
        (
            "function",
            of_users(function::<String, _>("sha256", [users.name])),
        ),
        (
            "case",
            of_users(
                Case::<String>::when(users.age.lt(18), "young")
                    .or_when(users.active, users.name)
                    .otherwise("old"),
            ),
        ),
        (
            "groups",
            statement(
                &users
                    .select()
                    .columns((
                        users.name,
                        count().named("posts"),
                        posts
                            .views
                            .sum()
                            .filter(posts.kind.eq("news"))
                            .named("views"),
                        posts
                            .title
                            .string_agg(", ")
                            .order_by(posts.id)
                            .named("titles"),
                    ))
                    .left_join(&posts, mine())
                    .filter(users.active)
                    .group_by((users.id, users.name))
                    .having(count().gt(2).and(posts.views.avg().lt(10.5)))
                    .order_by(posts.views.sum().desc()),
            ),
        ),
        ("count_distinct", of_users(users.name.count().distinct())),
        (
            "window",
            of_users(
                function::<i64, AnyExpr>("rank", []).over(
                    Over::all()
                        .partition_by(users.age + 1)
                        .order_by(users.score.desc()),
                ),
            ),
        ),
        ("from_query", {
            let per_author = posts
                .select()
                .columns((posts.author_id, count().named("posts")))
                .filter(posts.views.gt(5))
                .group_by(posts.author_id);
            let posts = Column::<i64>::new("per_author", "posts");
            statement(&Select::from_query(per_author, "per_author").filter(posts.gt(2)))
        }),
        ("join_query", {
            let popular = posts
                .select()
                .columns(posts.author_id)
                .filter(posts.views.gt(5));
            let on = Column::<i64>::new("popular", "author_id").eq(users.id);
            statement(&one().join_query(JoinKind::Left, popular, "popular", on))
        }),
        ("self_join", {
            let other = Users::aliased("other");
            let twin = other.name.eq(users.name).and(other.id.ne(users.id));
            statement(&one().join(&other, twin).distinct())
        }),
        (
            "distinct_on",
            statement(&one().distinct_on(users.name).order_by(users.name)),
        ),
        (
            "for_update",
            statement(&one().filter(users.id.eq(3)).for_update()),
        ),
        (
            "union",
            statement(
                &one()
                    .filter(users.age.lt(18))
                    .union_all(one().filter(users.age.gt(65)))
                    .order_by(Column::<i64>::new("", "id").desc())
                    .limit(3),
            ),
        ),
        ("with_recursive", {
            let below = Below::table();
            let children = posts
                .select()
                .columns(posts.id)
                .join(&below, posts.author_id.eq(below.id));
            let first = posts.select().columns(posts.id).filter(posts.id.eq(1));
            let rows = first.union_all(children);
            statement(&below.select().with_recursive("below", ["id"], rows))
        }),
        (
            "insert",
            statement(
                &users
                    .insert()
                    .set(users.name, "Alice")
                    .set(users.age, 30)
                    .set(users.bio, None)
                    .set(users.avatar, Some(vec![1, 2]))
                    .returning((users.id, (users.age + 1).named("next"))),
            ),
        ),
        ("insert_defaults", statement(&users.insert())),
        (
            "insert_rows",
            users
                .insert_rows(
                    (users.name, users.age),
                    [("Alice", Some(30)), ("Bob", None)],
                )
                .statement()
                .0,
        ),
        (
            "insert_from_query",
            statement(
                &users.insert().from_query(
                    (users.name, users.score),
                    posts
                        .select()
                        .columns((posts.title, Expr::value(0.5).named("score")))
                        .filter(posts.views.gt(5)),
                ),
            ),
        ),
        (
            "upsert",
            statement(
                &users
                    .insert()
                    .set(users.name, "Alice")
                    .set(users.score, 1.5)
                    .on_conflict(
                        users.name,
                        OnConflict::update(users.bio)
                            .set(users.score, users.score + users.score.excluded() * 2.0),
                    ),
            ),
        ),
        (
            "upsert_filter_returning",
            statement(
                &users
                    .insert()
                    .set(users.name, "Alice")
                    .on_conflict(
                        users.name,
                        OnConflict::update(users.bio).filter(users.score.lt(7.5)),
                    )
                    .returning((users.score + 1.0).named("score")),
            ),
        ),
        (
            "insert_or_ignore",
            statement(
                &users
                    .insert()
                    .set(users.name, "Alice")
                    .on_any_conflict(OnConflict::nothing()),
            ),
        ),
        (
            "update",
            statement(
                &users
                    .update()
                    .set(users.age, users.age + 1)
                    .set(users.bio, "old")
                    .filter(users.age.gt(65))
                    .filter(users.active)
                    .returning((users.score * 2.0).named("double")),
            ),
        ),
        (
            "update_all",
            statement(&users.update().set(users.bio, None).all()),
        ),
        (
            "update_join",
            statement(
                &users
                    .update()
                    .join(&posts, mine())
                    .set(users.bio, posts.title)
                    .filter(posts.views.gt(5)),
            ),
        ),
        (
            "delete",
            statement(&users.delete().filter(users.id.is_in([1, 2]))),
        ),
        ("delete_all", statement(&users.delete().all())),
    ]
}
