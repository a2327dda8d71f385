//! Licences, bans and sources of the dependencies, as deny.toml lists them.
//!
//! What: the same lists that cargo-deny reads, checked by an ordinary test. Why: the gate must not
//! need a tool that takes minutes to install, nor a list of its own beside deny.toml. Invariant:
//! every package of the graph is either of this workspace or from the public registry, and its
//! licence expression can be met by allowed licences alone; no package that is built is a banned one.

#![cfg(test)]

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{Dependency, Metadata, Node, Package, PackageId};
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

/// Whether a package's features, as they are chosen, take in one of its optional dependencies.
fn is_chosen(package: &Package, node: &Node, dependency: &Dependency) -> bool {
    let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
    let names_it = |part: &String| {
        // `name?/feature` asks for a feature of what others took in, and takes nothing in.
        part == name || part == &format!("dep:{name}") || part.starts_with(&format!("{name}/"))
    };
    let features = node.features.iter();
    let mut parts = features.filter_map(|feature| package.features.get(feature.as_str())).flatten();
    parts.any(names_it) || node.features.iter().any(|feature| feature.as_str() == name)
}

/// The packages that are built. The lock file also names optional ones that nothing takes in, because
/// a feature speaks of them (`ring?/alloc`).
fn built(metadata: &Metadata) -> BTreeSet<&PackageId> {
    let packages: HashMap<_, _> = metadata.packages.iter().map(|package| (&package.id, package)).collect();
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    let nodes: HashMap<_, _> = nodes.map(|node| (&node.id, node)).collect();
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&PackageId> = metadata.workspace_members.iter().collect();
    while let Some(id) = waiting.pop() {
        if !found.insert(id) {
            continue;
        }
        let (package, node) = (packages[id], nodes[id]);
        for edge in &node.deps {
            let named = |one: &&Dependency| {
                one.rename.as_ref().unwrap_or(&one.name).replace('-', "_") == edge.name.as_str()
            };
            let mut declared = package.dependencies.iter().filter(named).peekable();
            // One whose library is called otherwise than its package is taken for built.
            let unknown = declared.peek().is_none();
            if unknown || declared.any(|one| !one.optional || is_chosen(package, node, one)) {
                waiting.push(&edge.pkg);
            }
        }
    }
    found
}

fn findings(metadata: &Metadata, deny: &Deny) -> Vec<String> {
    let mut found = Vec::new();
    let built = built(metadata);
    for package in &metadata.packages {
        let name = package.name.as_str();
        let licence = package.license.as_deref().unwrap_or("none given");
        let extra = deny.licenses.exceptions.iter().filter(|e| e.name == name).flat_map(|e| &e.allow);
        let allow: Vec<String> = deny.licenses.allow.iter().chain(extra).cloned().collect();
        if !allowed(licence, &allow) {
            found.push(format!("{name}: the licence {licence} is not in deny.toml"));
        }
        let banned = deny.bans.deny.iter().find(|b| b.name == name);
        if let Some(banned) = banned.filter(|_| built.contains(&package.id)) {
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

#[test]
fn what_only_a_feature_speaks_of_is_not_built_and_all_else_is() {
    let metadata = crate::tidy::metadata(&workspace_root()).expect("read");
    let built = built(&metadata);
    let is_built = |name: &str| {
        let package = metadata.packages.iter().find(|package| package.name.as_str() == name);
        package.map(|package| built.contains(&package.id))
    };
    // Taken in by everybody, by an optional dependency, under another name of its library, and by nobody.
    let names = ["serde", "aws-lc-sys", "md-5", "ring"];
    assert_eq!(names.map(is_built), [Some(true), Some(true), Some(true), Some(false)]);
    // Cargo itself builds nothing else here.
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--workspace", "--prefix", "none", "--format", "{p}", "--locked"])
        .current_dir(workspace_root())
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let named = |package: &&Package| built.contains(&package.id);
    let ours = metadata.packages.iter().filter(named);
    let ours: BTreeSet<String> =
        ours.map(|package| format!("{} v{}", package.name, package.version)).collect();
    let text = String::from_utf8(tree.stdout).expect("text");
    let theirs: BTreeSet<String> =
        text.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    assert!(theirs.len() > 50, "the tree is read");
    let missed: Vec<_> = theirs.difference(&ours).filter(|name| !name.is_empty()).collect();
    assert!(missed.is_empty(), "{missed:?}");
}
