//! Licences, bans and sources of the dependencies, as deny.toml lists them.
//!
//! What: the same lists that cargo-deny reads, checked by an ordinary test. Why: the gate must not
//! need a tool that takes minutes to install, nor a list of its own beside deny.toml. Invariant:
//! every package of the graph is either of this workspace or from the public registry, and its
//! licence expression can be met by allowed licences alone.

#![cfg(test)]

use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::Metadata;
use serde::Deserialize;

use crate::workspace_root;

#[derive(Debug, Deserialize)]
struct Deny {
    licenses: Licenses,
    bans: Bans,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(Debug, Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

fn load(root: &Path) -> Result<Deny> {
    let text = std::fs::read_to_string(root.join("deny.toml")).context("deny.toml is there")?;
    Ok(toml::from_str(&text)?)
}

/// Whether the expression can be met; `/` is the old way to write OR.
fn allowed(expression: &str, allow: &[String]) -> bool {
    let Ok(parsed) = spdx::Expression::parse(&expression.replace('/', " OR ")) else { return false };
    parsed.evaluate(|requirement| allow.iter().any(|name| *name == requirement.to_string()))
}

fn findings(metadata: &Metadata, deny: &Deny) -> Vec<String> {
    let mut found = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let licence = package.license.as_deref().unwrap_or("none given");
        let extra = deny.licenses.exceptions.iter().filter(|e| e.name == name).flat_map(|e| &e.allow);
        let allow: Vec<String> = deny.licenses.allow.iter().chain(extra).cloned().collect();
        if !allowed(licence, &allow) {
            found.push(format!("{name}: the licence {licence} is not in deny.toml"));
        }
        if let Some(banned) = deny.bans.deny.iter().find(|b| b.name == name) {
            found.push(format!("{name} is banned: {}", banned.reason));
        }
        let member = metadata.workspace_members.contains(&package.id);
        if !member && !package.source.as_ref().is_some_and(cargo_metadata::Source::is_crates_io) {
            found.push(format!("{name} does not come from the public registry"));
        }
    }
    found
}

#[test]
fn every_dependency_is_allowed() {
    let root = workspace_root();
    let metadata = crate::tidy::metadata(&root).expect("read");
    let found = findings(&metadata, &load(&root).expect("read"));
    assert!(metadata.packages.len() > 50, "the graph is read");
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn expressions_are_met_by_allowed_licences_alone() {
    let allow = ["MIT".to_owned(), "Apache-2.0".to_owned(), "Apache-2.0 WITH LLVM-exception".to_owned()];
    assert!(allowed("MIT OR GPL-3.0-only", &allow));
    assert!(allowed("MIT/Apache-2.0", &allow));
    assert!(allowed("Apache-2.0 WITH LLVM-exception", &allow));
    assert!(!allowed("MIT AND GPL-3.0-only", &allow));
    assert!(!allowed("GPL-3.0-only", &allow));
    assert!(!allowed("none given", &allow));
}

#[test]
fn a_refused_licence_and_a_banned_crate_are_found() {
    let root = workspace_root();
    let metadata = crate::tidy::metadata(&root).expect("read");
    let mut deny = load(&root).expect("read");
    deny.licenses.allow.retain(|name| name != "MIT");
    deny.licenses.exceptions.clear();
    deny.bans.deny.push(Banned { name: "serde".to_owned(), reason: "a sample".to_owned() });
    let found = findings(&metadata, &deny);
    assert!(found.iter().any(|line| line.contains("the licence MIT is not")), "{found:?}");
    assert!(found.iter().any(|line| line == "serde is banned: a sample"), "{found:?}");
}
