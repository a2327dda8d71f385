//! `cargo xtask tidy`: the house rules that a compiler does not know.
//!
//! What: the arrows of docs/ARCHITECTURE.md against the manifests and the resolved graph, and rules
//! over the source text. Why: a page about what is absent stays true only if something fails when it
//! is not. Invariant: a rule reports places and changes nothing; each has a sample that breaks it.

mod arrows;
mod graph;
mod source;
mod text;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

pub use graph::metadata;

/// One broken rule: where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// A path, with a line where there is one, or the name of a crate.
    pub place: String,
    /// What is wrong, as a sentence.
    pub what: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Finding { place: place.into(), what: what.into() }
    }
}

/// Checks everything below `root`; fails naming each broken rule.
pub fn run(root: &Path) -> Result<()> {
    let findings = check(root)?;
    for finding in &findings {
        eprintln!("tidy: {}: {}", finding.place, finding.what);
    }
    println!("tidy: {} broken rules", findings.len());
    if !findings.is_empty() {
        bail!("tidy found {} broken rules", findings.len());
    }
    Ok(())
}

/// Collects every broken rule below `root`.
pub fn check(root: &Path) -> Result<Vec<Finding>> {
    let page = std::fs::read_to_string(root.join("docs/ARCHITECTURE.md"))
        .context("docs/ARCHITECTURE.md holds the arrows and is missing")?;
    let plan = arrows::Plan::parse(&page)?;
    let mut findings = arrows::check(&plan, &arrows::manifests(root)?);
    findings.extend(graph::check(&metadata(root)?));
    let allowed = text::LongFiles::load(root)?;
    let mut long = Vec::new();
    for path in files(root)? {
        let Ok(content) = std::fs::read_to_string(root.join(&path)) else { continue };
        findings.extend(text::check(&path, &content));
        if path.extension().is_some_and(|end| end == "rs") {
            findings.extend(source::check(&path, &content));
        }
        if text::is_long(&path, &content) {
            long.push(path);
        }
    }
    findings.extend(allowed.check(&long));
    findings.sort();
    Ok(findings)
}

/// Lists the project's own files: what is committed or about to be.
pub fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let out = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .context("git lists the project's files")?;
    if !out.status.success() {
        bail!("git ls-files failed: {}", String::from_utf8_lossy(&out.stderr).trim());
    }
    let listed = String::from_utf8(out.stdout)?;
    let mut files: Vec<PathBuf> =
        listed.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
    files.retain(|path| root.join(path).is_file());
    files.sort();
    files.dedup();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    #[test]
    fn the_house_is_tidy() {
        let findings = check(&workspace_root()).expect("checked");
        let lines: Vec<_> = findings.iter().map(|f| format!("{}: {}", f.place, f.what)).collect();
        assert!(lines.is_empty(), "\n{}", lines.join("\n"));
    }
}
