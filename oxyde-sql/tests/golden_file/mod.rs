//! A golden file: what the cases of one topic give on each server, for people to read and to
//! review. `OXYDE_GOLDEN=write` (`make golden`) writes it; otherwise a test compares.
//!
//! ```text
//! === name_of_a_case
//!
//! --- postgres, sqlite
//! SELECT …
//!
//! --- mysql
//! SELECT …
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How many differences a failing test shows.
const SHOWN: usize = 10;

/// The golden files of a crate, in `tests/golden`.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    pub fn of(manifest: &str) -> Self {
        let path = Path::new(manifest).join("tests/golden");
        Self { path }
    }

    /// Compares the topic's file, or writes it.
    pub fn check(&self, topic: &Topic) {
        let path = self.path.join(format!("{}.txt", topic.name));
        let new = topic.render();
        if writes() {
            std::fs::write(&path, new).expect("the golden file can be written");
            return;
        }
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            old == new,
            "{} differs (`make golden` rewrites it):\n{}",
            path.display(),
            differences(&old, &new)
        );
    }

    /// Fails when there is another file than those of the topics.
    pub fn check_names<'a>(&self, topics: impl IntoIterator<Item = &'a str>) {
        let expected: BTreeSet<String> = topics
            .into_iter()
            .map(|topic| format!("{topic}.txt"))
            .collect();
        let found: BTreeSet<String> = std::fs::read_dir(&self.path)
            .expect("tests/golden is there")
            .map(|entry| entry.expect("a readable entry").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        assert!(
            writes() || found == expected,
            "tests/golden has {found:?}, the topics are {expected:?}"
        );
    }
}

/// Whether the files are to be written.
fn writes() -> bool {
    std::env::var("OXYDE_GOLDEN").is_ok_and(|wish| wish == "write")
}

/// What the cases of a topic give.
pub struct Topic {
    name: &'static str,
    cases: Vec<(String, Vec<(String, String)>)>,
}

impl Topic {
    pub fn new(name: &'static str) -> Self {
        let cases = Vec::new();
        Self { name, cases }
    }

    /// Adds a case with what it gives on each server.
    pub fn case<S: Into<String>>(
        &mut self,
        name: &str,
        results: impl IntoIterator<Item = (S, String)>,
    ) {
        let results: Vec<_> = results
            .into_iter()
            .map(|(server, text)| (server.into(), text.trim_end().to_owned()))
            .collect();
        assert!(
            self.cases.iter().all(|(other, _)| other != name),
            "two cases of {} have the name {name}",
            self.name
        );
        for (_, text) in &results {
            let heading = |line: &str| line.starts_with("=== ") || line.starts_with("--- ");
            assert!(!text.lines().any(heading), "{name} gives a heading: {text}");
        }
        self.cases.push((name.to_owned(), results));
    }

    /// The text of the file: servers that give the same share a section.
    fn render(&self) -> String {
        let mut file = String::new();
        for (case, results) in &self.cases {
            let gap = if file.is_empty() { "" } else { "\n" };
            let _ = writeln!(file, "{gap}=== {case}");
            let mut sections: Vec<(Vec<&str>, &str)> = Vec::new();
            for (server, text) in results {
                match sections.iter_mut().find(|(_, other)| other == text) {
                    Some((servers, _)) => servers.push(server),
                    None => sections.push((vec![server], text)),
                }
            }
            for (servers, text) in sections {
                let _ = write!(file, "\n--- {}\n{text}\n", servers.join(", "));
            }
        }
        file
    }
}

/// The sections of a file by case and server, in the order of the file.
fn sections(file: &str) -> Vec<((&str, &str), String)> {
    let mut sections = Vec::new();
    let mut case = "";
    let mut servers: Vec<&str> = Vec::new();
    let mut text = String::new();
    for line in file.lines().chain(["=== "]) {
        let next_case = line.strip_prefix("=== ");
        let next_servers = line.strip_prefix("--- ");
        if next_case.is_none() && next_servers.is_none() {
            text.push_str(line);
            text.push('\n');
            continue;
        }
        for server in servers.drain(..) {
            sections.push(((case, server), text.trim_end().to_owned()));
        }
        text.clear();
        case = next_case.unwrap_or(case);
        servers.extend(next_servers.into_iter().flat_map(|list| list.split(", ")));
    }
    sections
}

/// What differs between two files, with the case's and the server's name.
fn differences(old: &str, new: &str) -> String {
    let (old, new) = (sections(old), sections(new));
    let before: BTreeMap<_, _> = old.iter().map(|(key, text)| (*key, text)).collect();
    let after: BTreeMap<_, _> = new.iter().map(|(key, text)| (*key, text)).collect();
    let removed = old.iter().filter(|(key, _)| !after.contains_key(key));
    let mut seen = Vec::new();
    for ((case, server), _) in new.iter().chain(removed) {
        let key = (*case, *server);
        let (was, is) = (before.get(&key), after.get(&key));
        if was != is {
            let text = |side: Option<&&String>| side.map_or_else(String::new, ToString::to_string);
            let lines = changed_lines(&text(was), &text(is));
            let note = match (was, is) {
                (None, _) => " is new",
                (_, None) => " is missing",
                _ => "",
            };
            seen.push(format!("\ncase {case} on {server}{note}:\n{lines}"));
        }
    }
    let more = seen.len().saturating_sub(SHOWN);
    let mut text: String = seen.into_iter().take(SHOWN).collect();
    if more > 0 {
        let _ = write!(text, "\n… and {more} more");
    }
    if text.is_empty() {
        text.push_str("the sections are the same, in another order or form");
    }
    text
}

/// Both texts, with `-` and `+` before lines that differ between the common beginning and end.
fn changed_lines(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let common = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let head = common(&mut old.iter().zip(&new));
    let tail = common(&mut old[head..].iter().rev().zip(new[head..].iter().rev()));
    let mut text = String::new();
    let mut write = |mark: &str, lines: &[&str]| {
        for line in lines {
            let _ = writeln!(text, "{mark} {line}");
        }
    };
    write(" ", &old[..head]);
    write("-", &old[head..old.len() - tail]);
    write("+", &new[head..new.len() - tail]);
    write(" ", &old[old.len() - tail..]);
    text
}

#[cfg(test)]
mod tests {
    use super::{Topic, differences, sections};

    fn topic(mysql: &str) -> Topic {
        let mut topic = Topic::new("t");
        let results = [("sqlite", "SELECT 1\n\nbind"), ("mysql", mysql)];
        topic.case(
            "one",
            results.map(|(server, text)| (server, text.to_owned())),
        );
        topic.case("two", [("mysql", "SELECT 2".to_owned())]);
        topic
    }

    #[test]
    fn equal_results_share_a_section_and_are_read_again() {
        let file = topic("SELECT 1\n\nbind\n").render();
        assert_eq!(
            file,
            "=== one\n\n--- sqlite, mysql\nSELECT 1\n\nbind\n\n=== two\n\n--- mysql\nSELECT 2\n"
        );
        let found = sections(&file);
        assert_eq!(found.len(), 3);
        assert_eq!(found[1], (("one", "mysql"), "SELECT 1\n\nbind".to_owned()));
    }

    #[test]
    fn a_difference_names_the_case_and_the_server() {
        let (old, new) = (topic("SELECT 1\n\nbind"), topic("SELECT 1\n\nbound"));
        assert_eq!(
            differences(&old.render(), &new.render()),
            "\ncase one on mysql:\n  SELECT 1\n  \n- bind\n+ bound\n"
        );
        let gone = differences(&old.render(), "");
        assert!(
            gone.contains("case two on mysql is missing:\n- SELECT 2"),
            "{gone}"
        );
    }
}
