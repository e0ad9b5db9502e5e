//! The questions of `makemigrations`, and the flags that answer them.

use std::collections::BTreeSet;

use oxyde_migrate::autodetect::{Detection, Knowledge, Question, detect};
use oxyde_sql::schema::Schema;

use crate::args::MakeMigrations;
use crate::error::CliError;
use crate::output::Output;

/// Read the answers that the flags give.
pub(super) fn apply_flags(
    args: &MakeMigrations,
    knowledge: &mut Knowledge,
) -> Result<(), CliError> {
    for rename in &args.rename {
        let wrong = || {
            CliError::new(format!("`{rename}` is not a rename")).hint(
                "write `old:new` for a table, `table.old:table.new` for a column or enum value",
            )
        };
        let (from, to) = rename.split_once(':').ok_or_else(wrong)?;
        match (from.rsplit_once('.'), to.rsplit_once('.')) {
            (None, None) => {
                knowledge
                    .renames
                    .tables
                    .insert(from.to_owned(), to.to_owned());
            }
            (Some((owner, from)), Some((same, to))) if owner == same => {
                knowledge
                    .renames
                    .columns
                    .insert((owner.to_owned(), from.to_owned()), to.to_owned());
            }
            (Some((owner, from)), None) => {
                knowledge
                    .renames
                    .columns
                    .insert((owner.to_owned(), from.to_owned()), to.to_owned());
            }
            _ => return Err(wrong()),
        }
    }
    for fill in &args.fill {
        let (column, sql) = fill
            .split_once('=')
            .filter(|(c, _)| c.contains('.'))
            .ok_or_else(|| {
                CliError::new(format!("`{fill}` is not a column with a value"))
                    .hint("write `table.column=SQL`, for example `users.name=''`")
            })?;
        knowledge.fills.insert(column.to_owned(), sql.to_owned());
    }
    for table in &args.drop {
        knowledge.origins.remove(table);
    }
    Ok(())
}

/// Detect changes, ask, and detect again until no question is left.
pub(super) fn settled(
    old: &Schema,
    new: &Schema,
    mut knowledge: Knowledge,
    args: &MakeMigrations,
    output: &Output<'_>,
) -> Result<Detection, CliError> {
    let mut skipped: BTreeSet<(String, String)> = BTreeSet::new();
    loop {
        let found = detect(old, new, &knowledge)?;
        let open = found.questions.iter().find(|question| match question {
            Question::Fill { table, column, .. } => {
                !skipped.contains(&(table.clone(), column.clone()))
            }
            _ => true,
        });
        let Some(question) = open.cloned() else {
            return Ok(found);
        };
        if args.yes || args.check {
            return Ok(found);
        }
        if let Question::Fill { table, column, new } = &question {
            match ask_for_fill(table, column, *new, output)? {
                Some(sql) => {
                    knowledge.fills.insert(format!("{table}.{column}"), sql);
                }
                None => {
                    skipped.insert((table.clone(), column.clone()));
                }
            }
        } else if let Some((from, to)) = question.pair() {
            if ask_for_rename(&question, &from, &to, output)? {
                accept(&mut knowledge, question);
            } else {
                knowledge.not_renamed.insert((from, to));
            }
        }
    }
}

/// Ask for the value of existing rows; `None` if there are none.
fn ask_for_fill(
    table: &str,
    column: &str,
    new: bool,
    output: &Output<'_>,
) -> Result<Option<String>, CliError> {
    let what = if new {
        "new, NOT NULL"
    } else {
        "no longer nullable"
    };
    let answer = output.host.ask(&format!(
        "Column {table}.{column} is {what} and has no default. SQL expression for existing \
                     rows (empty if there are none): "
    ));
    match answer {
        Some(sql) => Ok(Some(sql).filter(|sql| !sql.is_empty())),
        None => Err(CliError::new(format!(
            "column {table}.{column} is {what} and has no default"
        ))
        .hint(format!(
            "pass `--fill \"{table}.{column}=SQL\"` for existing rows, \
             give the field a db_default, or pass `--yes` if there are none"
        ))),
    }
}

/// Ask whether something was renamed.
fn ask_for_rename(
    question: &Question,
    from: &str,
    to: &str,
    output: &Output<'_>,
) -> Result<bool, CliError> {
    let kind = match question {
        Question::TableRename { .. } => "table",
        Question::ColumnRename { .. } => "column",
        _ => "enum value",
    };
    let answer = output
        .host
        .ask(&format!("Was the {kind} {from} renamed to {to}? [y/N] "));
    match answer.as_deref() {
        Some(answer) => Ok(matches!(answer, "y" | "Y" | "yes")),
        None => Err(CliError::new(format!(
            "{kind} {from} was removed and {to} was added: it is unclear whether it was renamed"
        ))
        .hint(format!(
            "pass `--rename {from}:{to}` if it was, or `--yes` to drop one and add the other"
        ))),
    }
}

fn accept(knowledge: &mut Knowledge, question: Question) {
    match question {
        Question::TableRename { from, to } => {
            knowledge.renames.tables.insert(from, to);
        }
        Question::ColumnRename { table, from, to } => {
            knowledge.renames.columns.insert((table, from), to);
        }
        Question::EnumValueRename { ty, from, to } => {
            knowledge.renames.columns.insert((ty, from), to);
        }
        Question::Fill { .. } => {}
    }
}
