//! `oxyde lint`.

use std::collections::BTreeMap;

use oxyde_migrate::file::Migration;
use oxyde_migrate::history::History;
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
    let sources = Sources::read(&history, project);
    let allowed = |migration: &Migration, rule: &Rule| {
        args.allow.iter().any(|name| name == rule.name) || sources.silence(&migration.name, rule)
    };
    let resolved = history.resolve(&std::collections::BTreeSet::new())?;
    let findings = lint(&resolved, (style, version), &includes, &allowed)?;
    let usual = if output.is_json() {
        LintFormat::Json
    } else {
        LintFormat::Text
    };
    match args.format.unwrap_or(usual) {
        LintFormat::Text => text(&findings, &sources, project),
        LintFormat::Json => {
            output.answer(&json!({ "findings": listed(&findings, &sources) }));
        }
        LintFormat::Github => {
            for finding in &findings {
                output.line(&github(finding, &sources));
            }
        }
        LintFormat::Sarif => output.answer(&sarif(&findings, &sources)),
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

/// What the files of the migrations say besides their operations.
struct Sources {
    files: BTreeMap<String, Source>,
}

#[derive(Default)]
struct Source {
    /// The path, from the project's folder if the file is inside it.
    path: String,
    /// The rules in lines `# oxyde: allow RULE`.
    allowed: Vec<String>,
    /// The lines at which the operations begin, from 1.
    starts: Vec<usize>,
}

impl Sources {
    fn read(history: &History, project: &Project<'_>) -> Self {
        let read = |migration: &Migration| {
            let path = project.folder().join(format!("{}.toml", migration.name));
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let inside = path.strip_prefix(&project.config.root).unwrap_or(&path);
            let source = Source::of(inside.display().to_string(), &text);
            (migration.name.clone(), source)
        };
        let files = history.migrations().iter().map(read).collect();
        Sources { files }
    }

    /// Whether the migration's file silences the rule.
    fn silence(&self, migration: &str, rule: &Rule) -> bool {
        let source = self.files.get(migration);
        source.is_some_and(|source| source.allowed.iter().any(|name| name == rule.name))
    }

    /// The file and the line of a finding.
    fn place(&self, finding: &Finding) -> (&str, usize) {
        let source = self.files.get(&finding.migration);
        source.map_or(("", 1), |source| {
            let line = source.starts.get(finding.number - 1);
            (source.path.as_str(), line.copied().unwrap_or(1))
        })
    }
}

impl Source {
    fn of(path: String, text: &str) -> Self {
        let mut source = Source {
            path,
            ..Source::default()
        };
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(names) = line.strip_prefix("# oxyde: allow ") {
                let names = names.split([' ', ',']).map(str::to_owned);
                source.allowed.extend(names);
            } else if line.starts_with("[[operations]]") {
                source.starts.push(at + 1);
            }
        }
        source
    }
}

fn text(findings: &[Finding], sources: &Sources, project: &Project<'_>) {
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
        let (file, line) = sources.place(finding);
        output.line(&format!(
            "{file}:{line}: {} [{}] {}",
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

fn listed(findings: &[Finding], sources: &Sources) -> Vec<serde_json::Value> {
    findings
        .iter()
        .map(|finding| {
            let (file, line) = sources.place(finding);
            json!({
                "rule": finding.rule.name,
                "severity": finding.rule.severity.word(),
                "file": file,
                "line": line,
                "migration": finding.migration,
                "operation": finding.number,
                "message": finding.message,
                "problem": finding.rule.problem,
                "safe_way": finding.rule.safe_way,
            })
        })
        .collect()
}

fn github(finding: &Finding, sources: &Sources) -> String {
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
    let (file, line) = sources.place(finding);
    format!(
        "::{kind} file={file},line={line},title={}::{}",
        finding.rule.name,
        text(&format!("{}. {}", finding.message, finding.rule.safe_way))
    )
}

fn sarif(findings: &[Finding], sources: &Sources) -> serde_json::Value {
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
            let (file, line) = sources.place(finding);
            json!({
                "ruleId": finding.rule.name,
                "level": finding.rule.severity.word(),
                "message": { "text": finding.message },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": file },
                    "region": { "startLine": line },
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
