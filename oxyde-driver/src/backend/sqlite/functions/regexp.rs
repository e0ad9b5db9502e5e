//! Regular expressions, bounded in size, steps and memory.
//!
//! A lazy DFA is stepped here, so that a long search notices that it was cancelled. Where the DFA
//! gives up (a Unicode word boundary next to letters outside ASCII, or a pattern that needs a new
//! state for almost each byte), an NFA continues if it is certain to end soon.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Instant;

use regex_automata::Input;
use regex_automata::hybrid::dfa::{Cache, DFA};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, NFA, WhichCaptures};
use regex_automata::util::syntax;

use super::{Argument, FunctionError, Output, Result, wrong};

/// Maximum length of a pattern, in bytes.
const LONGEST: usize = 16 << 10;
/// Maximum size of a compiled pattern, in bytes.
const LARGEST: usize = 1 << 20;
/// Size of the states that a search keeps, in bytes.
const STATES: usize = 256 << 10;
/// Maximum size of all patterns that are kept, in bytes.
const KEPT: usize = 16 << 20;
/// Bytes between two checks whether the statement was cancelled.
const STRIDE: usize = 512;
/// Maximum steps of a search that cannot be cancelled.
const STEPS: usize = 30_000_000;
/// Maximum steps of a search on a thread that must not block.
const SHORT: usize = 100_000;

thread_local! {
    static STOP: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
    static TRIPPED: Cell<bool> = const { Cell::new(false) };
}

/// Run statements whose searches end when `stop` is set. With `until`, this thread must not block:
/// searches end at that time, and those that may be long do not begin.
///
/// Also return whether a search ended for that reason.
pub(in super::super) fn watched<T>(
    stop: &Arc<AtomicBool>,
    until: Option<Instant>,
    work: impl FnOnce() -> T,
) -> (T, bool) {
    STOP.set(Some(Arc::clone(stop)));
    UNTIL.set(until);
    let result = work();
    STOP.set(None);
    UNTIL.set(None);
    (result, TRIPPED.replace(false))
}

pub(super) fn regexp(arguments: &[Argument<'_>]) -> Result<Output> {
    matches(arguments, false)
}

pub(super) fn iregexp(arguments: &[Argument<'_>]) -> Result<Output> {
    matches(arguments, true)
}

fn matches(arguments: &[Argument<'_>], any_case: bool) -> Result<Output> {
    let [pattern, text] = arguments else {
        return Err(wrong("expected a pattern and a string"));
    };
    let number;
    let text = match text {
        Argument::Integer(int) => {
            number = int.to_string();
            &number
        }
        other => other.text()?,
    };
    let pattern = known(pattern.text()?, any_case)?;
    pattern.is_match(text).map(Output::from)
}

/// The error of a search that was stopped.
fn stopped() -> FunctionError {
    FunctionError::Interrupted
}

/// Refuse to continue on a thread that must not block.
fn trip() -> FunctionError {
    TRIPPED.set(true);
    stopped()
}

fn check_stopped() -> Result<()> {
    let is_set = |stop: &Option<Arc<AtomicBool>>| {
        stop.as_ref()
            .is_some_and(|stop| stop.load(Ordering::Acquire))
    };
    if STOP.with_borrow(is_set) {
        return Err(stopped());
    }
    match UNTIL.get() {
        Some(until) if Instant::now() > until => Err(trip()),
        _ => Ok(()),
    }
}

/// A compiled pattern.
struct Pattern {
    dfa: DFA,
    /// The states of an earlier search.
    idle: Mutex<Option<Cache>>,
    /// Its size with those, in bytes.
    size: usize,
}

impl Pattern {
    fn compile(text: &str, any_case: bool) -> Result<Self> {
        let fail = |problem: &dyn std::error::Error| {
            let mut message = format!("the regular expression is invalid: {problem}");
            if let Some(source) = problem.source() {
                message = format!("{message}: {source}");
            }
            wrong(message)
        };
        if text.len() > LONGEST {
            return Err(wrong(format!(
                "the regular expression is longer than {LONGEST} bytes"
            )));
        }
        let nfa = thompson::Compiler::new()
            .syntax(syntax::Config::new().case_insensitive(any_case))
            .configure(
                thompson::Config::new()
                    .nfa_size_limit(Some(LARGEST))
                    .which_captures(WhichCaptures::None),
            )
            .build(text)
            .map_err(|problem| {
                if problem.size_limit().is_some() {
                    wrong(format!(
                        "the regular expression is too large: it needs more than {LARGEST} bytes"
                    ))
                } else {
                    fail(&problem)
                }
            })?;
        let config = DFA::config()
            .unicode_word_boundary(true)
            .cache_capacity(STATES)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(4))
            .minimum_bytes_per_state(Some(10));
        let dfa = DFA::builder()
            .configure(config)
            .build_from_nfa(nfa)
            .map_err(|problem| fail(&problem))?;
        let cache = dfa.create_cache();
        Ok(Self {
            size: text.len() + dfa.get_nfa().memory_usage() + STATES + cache.memory_usage(),
            dfa,
            idle: Mutex::new(Some(cache)),
        })
    }

    fn nfa(&self) -> &NFA {
        self.dfa.get_nfa()
    }

    fn is_match(&self, text: &str) -> Result<bool> {
        let steps = self.nfa().states().len().saturating_mul(text.len());
        if UNTIL.get().is_some() && steps > SHORT {
            return Err(trip());
        }
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cache = idle().take().unwrap_or_else(|| self.dfa.create_cache());
        let found = self.step(&mut cache, text.as_bytes());
        *idle() = Some(cache);
        if let Some(found) = found? {
            return Ok(found);
        }
        if steps > STEPS {
            return Err(wrong(format!(
                "the regular expression needs more than {STEPS} steps for a text of {} bytes",
                text.len()
            )));
        }
        let vm = PikeVM::new_from_nfa(self.nfa().clone())
            .map_err(|problem| wrong(problem.to_string()))?;
        Ok(vm.is_match(&mut vm.create_cache(), text))
    }

    /// Search with the DFA; `None` if it gave up.
    fn step(&self, cache: &mut Cache, text: &[u8]) -> Result<Option<bool>> {
        let Ok(mut state) = self.dfa.start_state_forward(cache, &Input::new(text)) else {
            return Ok(None);
        };
        check_stopped()?;
        for part in text.chunks(STRIDE) {
            for &byte in part {
                let Ok(next) = self.dfa.next_state(cache, state, byte) else {
                    return Ok(None);
                };
                state = next;
                if !state.is_tagged() {
                    continue;
                }
                if state.is_match() {
                    return Ok(Some(true));
                }
                if state.is_dead() {
                    return Ok(Some(false));
                }
                if state.is_quit() {
                    return Ok(None);
                }
            }
            check_stopped()?;
        }
        let end = self.dfa.next_eoi_state(cache, state);
        Ok(end.ok().map(|state| state.is_match()))
    }
}

/// The patterns used last, of all connections.
#[derive(Default)]
struct Known {
    /// By text: those that distinguish the case of letters, and those that do not.
    patterns: [HashMap<String, (Arc<Pattern>, u64)>; 2],
    size: usize,
    clock: u64,
}

impl Known {
    fn get(&mut self, text: &str, any_case: bool) -> Option<Arc<Pattern>> {
        self.clock += 1;
        let (pattern, used) = self.patterns[usize::from(any_case)].get_mut(text)?;
        *used = self.clock;
        Some(Arc::clone(pattern))
    }

    fn put(&mut self, text: &str, any_case: bool, pattern: &Arc<Pattern>) {
        self.size += pattern.size;
        let entry = (Arc::clone(pattern), self.clock);
        let replaced = self.patterns[usize::from(any_case)].insert(text.to_owned(), entry);
        if let Some((pattern, _)) = replaced {
            self.size -= pattern.size;
        }
        while self.size > KEPT && self.drop_oldest() {}
    }

    fn drop_oldest(&mut self) -> bool {
        let oldest = self
            .patterns
            .iter()
            .enumerate()
            .flat_map(|(case, patterns)| {
                patterns.iter().map(move |(text, kept)| (case, text, kept))
            })
            .min_by_key(|(_, _, (_, used))| *used);
        let Some((case, text, _)) = oldest else {
            return false;
        };
        let text = text.clone();
        if let Some((pattern, _)) = self.patterns[case].remove(&text) {
            self.size -= pattern.size;
        }
        true
    }
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

fn known(text: &str, any_case: bool) -> Result<Arc<Pattern>> {
    let all = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pattern) = all().get(text, any_case) {
        return Ok(pattern);
    }
    if UNTIL.get().is_some() {
        return Err(trip());
    }
    let pattern = Arc::new(Pattern::compile(text, any_case)?);
    all().put(text, any_case, &pattern);
    Ok(pattern)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn search(pattern: &str, text: &str) -> Result<Output> {
        regexp(&[Argument::Text(pattern), Argument::Text(text)])
    }

    #[test]
    fn searches() {
        let long = "a".repeat(STRIDE * 3);
        for (pattern, text, found) in [
            ("^a.c$", "abc", true),
            ("^a.c$", "xabc", false),
            ("b", "abc", true),
            ("", "", true),
            ("^$", "", true),
            ("c$", "abc", true),
            (r"\bé\b", "un é ou", true),
            (r"\bé\b", "unéou", false),
            (r"\bou\b", "un ou", true),
            ("a{1500}$", &long, true),
            ("a{1500}b", &long, false),
            ("é+x", "éééx", true),
        ] {
            assert_eq!(search(pattern, text), Ok(found.into()), "{pattern} {text}");
        }
        let any_case = iregexp(&[Argument::Text("ÄB"), Argument::Text("xäbx")]);
        assert_eq!(any_case, Ok(true.into()));
        let number = regexp(&[Argument::Text("^12$"), Argument::Integer(12)]);
        assert_eq!(number, Ok(true.into()));
    }

    #[test]
    fn what_is_too_large_is_refused_soon() {
        let start = Instant::now();
        for pattern in [
            "(",
            r"(\w{200}){200}",
            "((a{100}){100}){100}",
            &"a".repeat(LONGEST + 1),
            &r"\w".repeat(LONGEST / 2),
            &"(".repeat(5_000),
        ] {
            let problem = search(pattern, "text");
            assert!(
                matches!(problem, Err(FunctionError::Invalid(_))),
                "{problem:?}"
            );
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{:?}",
            start.elapsed()
        );
    }

    #[test]
    fn a_search_that_makes_many_states_ends() {
        let text = "01101".repeat(20_000);
        let start = Instant::now();
        let problem = search("[01]*1[01]{60}[2]", &text);
        let steps = matches!(
            problem,
            Ok(Output::Integer(0)) | Err(FunctionError::Invalid(_))
        );
        assert!(steps, "{problem:?}");
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "{:?}",
            start.elapsed()
        );
    }

    #[test]
    fn a_stopped_search_ends() {
        let stop = Arc::new(AtomicBool::new(true));
        let (problem, tripped) = watched(&stop, None, || search("x", "text"));
        assert_eq!((problem, tripped), (Err(FunctionError::Interrupted), false));
    }

    #[test]
    fn a_thread_that_must_not_block_only_searches_short_texts() {
        let stop = Arc::default();
        let until = || Some(Instant::now() + Duration::from_secs(100));
        let interrupted = (Err(FunctionError::Interrupted), true);
        let found = watched(&stop, until(), || search("new pattern", "text"));
        assert_eq!(found, interrupted);
        assert_eq!(search("new pattern", "new pattern"), Ok(true.into()));
        let found = watched(&stop, until(), || search("new pattern", "new pattern"));
        assert_eq!(found, (Ok(true.into()), false));
        let found = watched(&stop, until(), || search("new pattern", &"a".repeat(SHORT)));
        assert_eq!(found, interrupted);
        let past = Some(Instant::now());
        let found = watched(&stop, past, || search("new pattern", "text"));
        assert_eq!(found, interrupted);
    }

    #[test]
    fn the_patterns_that_are_kept_have_a_size() {
        let mut known = Known::default();
        for number in 0..200 {
            let text = format!("a{{{number}}}b");
            let pattern = Arc::new(Pattern::compile(&text, false).unwrap());
            known.put(&text, false, &pattern);
            known.put(&text, false, &pattern);
            assert!(known.size <= KEPT);
            assert!(known.get(&text, false).is_some());
            assert!(known.get(&text, true).is_none());
        }
        assert!(known.get("a{0}b", false).is_none());
    }
}
