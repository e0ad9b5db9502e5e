//! `run-sql-changes-all-rows`.

use super::{LintContext, Rule, Severity};
use crate::operation::Operation;
use crate::split_sql;

pub(super) const RULE: Rule = Rule {
    name: "run-sql-changes-all-rows",
    severity: Severity::Warning,
    problem: "an UPDATE or DELETE without WHERE, a TRUNCATE or a DROP in run_sql affects all rows at once",
    safe_way: "add a WHERE clause, work in batches, or use the operation for it (drop_table)",
    check,
};

fn check(scene: &LintContext<'_>) -> Option<String> {
    let Operation::RunSql(run) = scene.operation else {
        return None;
    };
    let text = run.up.text(scene.style.dialect)?;
    split_sql::split(text, scene.style.backslash)
        .into_iter()
        .find_map(|sql| {
            let words: Vec<String> = sql
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .map(str::to_ascii_uppercase)
                .filter(|word| !word.is_empty())
                .collect();
            let first = words.first()?.as_str();
            let where_less = !words.iter().any(|word| word == "WHERE");
            let drops =
                first == "DROP" && words.get(1).is_some_and(|w| w == "TABLE" || w == "SCHEMA");
            let all = matches!(first, "UPDATE" | "DELETE") && where_less;
            let line: String = sql
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(60)
                .collect();
            (all || drops || first == "TRUNCATE").then(|| format!("`{line}` affects all rows"))
        })
}
