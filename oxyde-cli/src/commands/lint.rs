//! `oxyde lint`.

use oxyde_migrate::file::Migration;
use oxyde_migrate::lint::{Finding, RULES, Rule, Severity, lint};
use oxyde_sql::dialect::{DdlStyle, Version};
use oxyde_sql::suggest;
use serde_json::json;

use super::Project;
use crate::args::{Lint, LintFormat};
use crate::error::CliError;
use crate::output::Look;

pub(super) fn run(args: &Lint, project: &Project<'_>) -> Result<i32, CliError> {
    let output = project.output;
    if args.rules {
        if output.is_json() {
            let rules: Vec<_> = RULES.iter().map(|rule| described(rule)).collect();
            output.answer(&json!({ "rules": rules }));
            return Ok(crate::DONE);
        }
        for rule in RULES {
            output.line(&format!(
                "{} ({})\n    {}\n    instead: {}",
                output.paint(Look::Strong, rule.name),
                rule.severity.word(),
                rule.problem,
                rule.safe_way
            ));
        }
        return Ok(crate::DONE);
    }
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    for name in &args.allow {
        if !names.contains(&name.as_str()) {
            return Err(CliError::new(format!("rule `{name}` does not exist")).hint(
                suggest::hint(name, names.iter().copied(), || {
                    "run `oxyde lint --rules` to list all rules".to_owned()
                }),
            ));
        }
    }
    let history = project.existing_history()?;
    let style = DdlStyle::of(project.dialect(args.dialect)?);
    let version = match &args.server_version {
        Some(text) => Some(Version::parse(text).ok_or_else(|| {
            CliError::new(format!("`{text}` is not a version")).hint("write it as 8.0.29 or 15")
        })?),
        None => None,
    };
    let mut wanted = Vec::with_capacity(args.names.len());
    for name in &args.names {
        wanted.push(history.find(name)?.name.clone());
    }
    let includes = |migration: &Migration| wanted.is_empty() || wanted.contains(&migration.name);
    let allowed = |migration: &Migration, rule: &Rule| {
        args.allow.iter().any(|name| name == rule.name) || is_silenced(project, migration, rule)
    };
    let resolved = history.resolve(&std::collections::BTreeSet::new())?;
    let findings = lint(&resolved, (style, version), &includes, &allowed)?;
    let usual = if output.is_json() {
        LintFormat::Json
    } else {
        LintFormat::Text
    };
    match args.format.unwrap_or(usual) {
        LintFormat::Text => text(&findings, project),
        LintFormat::Json => {
            output.answer(&json!({ "findings": listed(&findings, project) }));
        }
        LintFormat::Github => {
            for finding in &findings {
                output.line(&github(finding, project));
            }
        }
        LintFormat::Sarif => output.answer(&sarif(&findings, project)),
    }
    let serious = findings
        .iter()
        .any(|finding| finding.rule.severity > Severity::Note);
    Ok(if serious { crate::FOUND } else { crate::DONE })
}

fn described(rule: &Rule) -> serde_json::Value {
    json!({
        "rule": rule.name,
        "severity": rule.severity.word(),
        "problem": rule.problem,
        "safe_way": rule.safe_way,
    })
}

/// Whether the migration's file has a line `# oxyde: allow RULE`.
fn is_silenced(project: &Project<'_>, migration: &Migration, rule: &Rule) -> bool {
    let path = project.folder().join(format!("{}.toml", migration.name));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("# oxyde: allow "))
        .flat_map(|names| names.split([' ', ',']))
        .any(|name| name == rule.name)
}

fn file(finding: &Finding, project: &Project<'_>) -> String {
    let path = project.folder().join(format!("{}.toml", finding.migration));
    path.strip_prefix(&project.config.root)
        .unwrap_or(&path)
        .display()
        .to_string()
}

/// Return the line of the file at which the operation begins, from 1.
fn line(finding: &Finding, project: &Project<'_>) -> usize {
    let path = project.folder().join(format!("{}.toml", finding.migration));
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut starts = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.trim_start().starts_with("[[operations]]"));
    starts.nth(finding.number - 1).map_or(1, |(at, _)| at + 1)
}

fn text(findings: &[Finding], project: &Project<'_>) {
    let output = project.output;
    if findings.is_empty() {
        output.line(&output.paint(Look::Good, "No problems found."));
        return;
    }
    for finding in findings {
        let look = match finding.rule.severity {
            Severity::Error => Look::Bad,
            Severity::Warning => Look::Warning,
            Severity::Note => Look::Faint,
        };
        output.line(&format!(
            "{}:{}: {} [{}] {}",
            file(finding, project),
            line(finding, project),
            output.paint(look, finding.rule.severity.word()),
            finding.rule.name,
            finding.message
        ));
        output.line(&format!("    problem: {}", finding.rule.problem));
        output.line(&format!("    instead: {}", finding.rule.safe_way));
        output.line(&format!(
            "    silence: # oxyde: allow {}",
            finding.rule.name
        ));
    }
    let of = |severity| {
        findings
            .iter()
            .filter(|f| f.rule.severity == severity)
            .count()
    };
    let counted = |severity: Severity| match of(severity) {
        1 => format!("1 {}", severity.word()),
        n => format!("{n} {}s", severity.word()),
    };
    let counts = [Severity::Error, Severity::Warning, Severity::Note].map(counted);
    output.line(&counts.join(", "));
}

fn listed(findings: &[Finding], project: &Project<'_>) -> Vec<serde_json::Value> {
    findings
        .iter()
        .map(|finding| {
            json!({
                "rule": finding.rule.name,
                "severity": finding.rule.severity.word(),
                "file": file(finding, project),
                "line": line(finding, project),
                "migration": finding.migration,
                "operation": finding.number,
                "message": finding.message,
                "problem": finding.rule.problem,
                "safe_way": finding.rule.safe_way,
            })
        })
        .collect()
}

fn github(finding: &Finding, project: &Project<'_>) -> String {
    let kind = match finding.rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    // The escapes of GitHub's workflow commands.
    let text = |text: &str| {
        text.replace('%', "%25")
            .replace('\r', "%0D")
            .replace('\n', "%0A")
    };
    format!(
        "::{kind} file={},line={},title={}::{}",
        file(finding, project),
        line(finding, project),
        finding.rule.name,
        text(&format!("{}. {}", finding.message, finding.rule.safe_way))
    )
}

fn sarif(findings: &[Finding], project: &Project<'_>) -> serde_json::Value {
    let rules: Vec<_> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.name,
                "shortDescription": { "text": rule.problem },
                "help": { "text": rule.safe_way },
            })
        })
        .collect();
    let results: Vec<_> = findings
        .iter()
        .map(|finding| {
            json!({
                "ruleId": finding.rule.name,
                "level": finding.rule.severity.word(),
                "message": { "text": finding.message },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": file(finding, project) },
                    "region": { "startLine": line(finding, project) },
                }}],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "oxyde lint",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}
