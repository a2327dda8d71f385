//! Rules over any text file: words that must not stay, paths of one machine, length.
//!
//! What: line rules, and the list of files that may be long. Why: what is left open or tied to one
//! desk is invisible to its author and the first thing a stranger meets. Invariant: the list of long
//! files can only shrink by itself: an entry without need is as wrong as a long file without an entry.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use super::Finding;

/// The length at which a source file is asked for a reason.
pub const LONG: usize = 800;

/// Words that mark something left open; spelt apart so that this file does not hold them.
const OPEN_ENDS: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];

/// Directories that exist on somebody's machine only.
const MACHINE_PATHS: [&str; 3] = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Use", "rs/")];

/// Checks the lines of one file.
pub fn check(path: &Path, content: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let source = is_source(path);
    for (at, line) in content.lines().enumerate() {
        let place = || format!("{}:{}", path.display(), at + 1);
        if let Some(word) = OPEN_ENDS.iter().find(|word| source && has_word(line, word)) {
            findings.push(Finding::new(
                place(),
                format!("{word} leaves something open; finish it or record a decision"),
            ));
        }
        if let Some(word) = MACHINE_PATHS.iter().find(|word| line.contains(**word)) {
            findings.push(Finding::new(place(), format!("{word} is a path of one machine")));
        }
    }
    findings
}

fn is_source(path: &Path) -> bool {
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
    ["rs", "proto", "c", "h", "sh", "sql"].contains(&end) || path.starts_with(".ci")
}

/// Whether the word stands by itself: as part of a longer run of letters it is a pattern, not a mark.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !letter(before) && (word.ends_with('(') || !letter(after))
    })
}

/// Whether a hand-written source file is longer than it should be.
pub fn is_long(path: &Path, content: &str) -> bool {
    is_source(path) && content.lines().count() > LONG && !is_generated(content)
}

/// Whether a file says in its first lines that a generator wrote it.
pub fn is_generated(content: &str) -> bool {
    content.lines().take(3).any(|line| line.contains("do not edit"))
}

/// The committed list of files that may be long, with their reasons.
#[derive(Debug, Default, Deserialize)]
pub struct LongFiles {
    #[serde(default)]
    long: Vec<Long>,
}

#[derive(Debug, Deserialize)]
struct Long {
    path: PathBuf,
    reason: String,
}

impl LongFiles {
    /// Reads xtask/tidy-allow.toml.
    pub fn load(root: &Path) -> Result<LongFiles> {
        let text = std::fs::read_to_string(root.join("xtask/tidy-allow.toml"))
            .context("xtask/tidy-allow.toml lists the files that may be long")?;
        Ok(toml::from_str(&text)?)
    }

    /// Holds the list against the files that are long.
    pub fn check(&self, long: &[PathBuf]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for path in long.iter().filter(|path| !self.long.iter().any(|entry| entry.path == **path)) {
            findings.push(Finding::new(
                path.display().to_string(),
                format!("has more than {LONG} lines; split it, or give a reason in xtask/tidy-allow.toml"),
            ));
        }
        for entry in &self.long {
            let place = entry.path.display().to_string();
            if !long.contains(&entry.path) {
                findings.push(Finding::new(
                    place,
                    "is listed in xtask/tidy-allow.toml and is not long; drop the entry",
                ));
            } else if entry.reason.trim().is_empty() {
                findings.push(Finding::new(place, "is listed in xtask/tidy-allow.toml without a reason"));
            }
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, content: &str) -> usize {
        check(Path::new(path), content).len()
    }

    #[test]
    fn open_ends_are_found_in_source() {
        for word in OPEN_ENDS {
            let line = format!("    // {word} later");
            assert_eq!(found("crates/a/src/lib.rs", &line), 1, "{word}");
            assert_eq!(found("docs/page.md", &line), 0, "{word}");
        }
        assert_eq!(found("crates/a/src/lib.rs", concat!("// a pattern: XX", "XX")), 0);
    }

    #[test]
    fn paths_of_one_machine_are_found_everywhere() {
        for word in MACHINE_PATHS {
            assert_eq!(found("docs/page.md", &format!("see {word}x")), 1, "{word}");
        }
    }

    #[test]
    fn long_files_need_a_reason_and_the_list_only_shrinks() {
        let path = Path::new("crates/a/src/lib.rs");
        let long = "x\n".repeat(LONG + 1);
        assert!(is_long(path, &long) && !is_long(path, &"x\n".repeat(LONG)));
        assert!(!is_long(path, &format!("// Generated; do not edit.\n{long}")));
        let none = LongFiles::default();
        assert_eq!(none.check(&[path.to_owned()]).len(), 1);
        let listed: LongFiles =
            toml::from_str("[[long]]\npath = \"crates/a/src/lib.rs\"\nreason = \"one table\"\n")
                .expect("parsed");
        assert!(listed.check(&[path.to_owned()]).is_empty());
        assert_eq!(listed.check(&[]).len(), 1);
    }
}
