//! What `makemigrations` asks, or is told by flags.

use std::collections::BTreeSet;

use oxyde_migrate::autodetect::{Detection, Knowledge, Question, detect};
use oxyde_sql::schema::Schema;

use crate::args::MakeMigrations;
use crate::error::CliError;
use crate::output::Output;

/// What the flags say.
pub(super) fn told(args: &MakeMigrations, knowledge: &mut Knowledge) -> Result<(), CliError> {
    for rename in &args.rename {
        let wrong = || {
            CliError::new(format!("`{rename}` is no rename")).hint(
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
                CliError::new(format!("`{fill}` is no value for a column"))
                    .hint("write `table.column=SQL`, for example `users.name=''`")
            })?;
        knowledge.fills.insert(column.to_owned(), sql.to_owned());
    }
    for table in &args.drop {
        knowledge.origins.remove(table);
    }
    Ok(())
}

/// Detect, ask, and detect again until nothing is left to ask.
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
        if args.yes || args.check || args.dry_run {
            return Ok(found);
        }
        if let Question::Fill { table, column, new } = &question {
            let what = if *new { "new" } else { "no longer NULL" };
            let answer = output.host.ask(&format!(
                "Column {table}.{column} is {what} and has no default. SQL for the rows that \
                     are there (empty: there are none): "
            ));
            match answer {
                Some(sql) if !sql.is_empty() => {
                    knowledge.fills.insert(format!("{table}.{column}"), sql);
                }
                Some(_) => {
                    skipped.insert((table.clone(), column.clone()));
                }
                None => {
                    return Err(CliError::new(format!(
                        "column {table}.{column} is {what}, does not take NULL and has no default"
                    ))
                    .hint(format!(
                        "say `--fill \"{table}.{column}=SQL\"` for the rows that are there, \
                             give the field a db_default, or `--yes` when there are none"
                    )));
                }
            }
        } else {
            let Some((from, to)) = question.pair() else {
                continue;
            };
            let kind = match &question {
                Question::TableRename { .. } => "table",
                Question::ColumnRename { .. } => "column",
                _ => "enum value",
            };
            let answer = output
                .host
                .ask(&format!("Was the {kind} {from} renamed to {to}? [y/N] "));
            match answer.as_deref() {
                Some("y" | "Y" | "yes") => accept(&mut knowledge, question),
                Some(_) => {
                    knowledge.not_renamed.insert((from, to));
                }
                None => {
                    return Err(CliError::new(format!(
                        "{kind} {from} went and {to} came: it is not clear whether it was renamed"
                    ))
                    .hint(format!(
                        "say `--rename {from}:{to}` if it was; `--yes` drops one and adds the other"
                    )));
                }
            }
        }
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
