//! Absences in the resolved dependency graph, and the licences of what is in it.
//!
//! What: for some crates, the packages that must not be compiled for them, however indirectly; for
//! every dependency, the lists of deny.toml. Why: a manifest shows one step, and the promise is about
//! the closure: an engine that can reach no socket, a client without the server in it. Invariant:
//! test-only dependencies do not count, for they are never shipped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, PackageId};

use super::Finding;

/// Packages that open sockets, run tasks or keep other clocks.
const RUNTIMES: [&str; 8] = ["tokio", "mio", "socket2", "hyper", "axum", "connectrpc", "tonic", "async-io"];
/// Packages that speak SQL.
const SQL: [&str; 4] = ["rusqlite", "libsqlite3-sys", "tokio-postgres", "refinery"];
/// The rooms that only the service compiles.
const SERVICE: [&str; 4] = ["rsm-server", "rsm-engine", "rsm-store", "rsmd"];
/// The rooms that know pools and requests.
const POOLS: [&str; 3] = ["rsm-engine", "rsm-store", "rsm-server"];

/// What must be absent from a crate's closure, and why.
const ABSENT: [(&str, &[&str], &str); 15] = [
    ("rsm-model", &RUNTIMES, "the model is pure"),
    ("rsm-model", &SQL, "the only SQL is the store's"),
    ("rsm-engine", &RUNTIMES, "the desk has no clock, thread or socket"),
    ("rsm-engine", &["rsm-scsi", "rsm-device", "rsm-simlib", "rsm-worker"], "the desk knows no SCSI"),
    ("rsm-store", &RUNTIMES, "the store has no runtime of its own"),
    ("rsm-scsi", &RUNTIMES, "bytes need no runtime"),
    ("rsm-label", &RUNTIMES, "labels are bytes, and bytes need no runtime"),
    ("rsm-device", &SQL, "devices know no SQL"),
    ("rsm-device", &POOLS, "devices know no pools"),
    ("rsm-worker", &SQL, "workers know no SQL"),
    ("rsm-worker", &POOLS, "workers know no pools"),
    ("rsm-client", &SERVICE, "clients never compile the server"),
    ("rsm-cli", &SERVICE, "clients never compile the server"),
    ("rsm-capi", &SERVICE, "clients never compile the server"),
    ("rsm-simlib", &POOLS, "the simulator is a device, not a manager"),
];

/// The resolved graph in plain names.
#[derive(Debug, Default)]
pub struct Graph {
    /// A workspace crate and every package of its closure, itself left out.
    pub closures: BTreeMap<String, BTreeSet<String>>,
}

/// Asks cargo for the graph of this host.
pub fn metadata(root: &Path) -> Result<Metadata> {
    let host = host()?;
    MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .other_options(vec!["--locked".to_owned(), "--filter-platform".to_owned(), host])
        .exec()
        .context("cargo metadata (with --locked: is Cargo.lock committed as it is?)")
}

fn host() -> Result<String> {
    let out = std::process::Command::new("rustc").arg("-vV").output().context("rustc -vV")?;
    let text = String::from_utf8(out.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    match host {
        Some(host) => Ok(host.to_owned()),
        None => bail!("rustc -vV names no host"),
    }
}

impl Graph {
    /// Builds the closures of the workspace's crates.
    pub fn of(metadata: &Metadata) -> Graph {
        let names: BTreeMap<&PackageId, &str> =
            metadata.packages.iter().map(|p| (&p.id, p.name.as_str())).collect();
        let mut edges: BTreeMap<&PackageId, Vec<&PackageId>> = BTreeMap::new();
        for node in metadata.resolve.iter().flat_map(|resolve| &resolve.nodes) {
            let shipped = node
                .deps
                .iter()
                .filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal))
                .map(|dep| &dep.pkg);
            edges.insert(&node.id, shipped.collect());
        }
        let mut closures = BTreeMap::new();
        for member in &metadata.workspace_members {
            let mut seen: BTreeSet<&PackageId> = BTreeSet::new();
            let mut next = vec![member];
            while let Some(id) = next.pop() {
                for dep in edges.get(id).into_iter().flatten() {
                    if seen.insert(dep) {
                        next.push(dep);
                    }
                }
            }
            let closure =
                seen.iter().filter_map(|id| names.get(*id)).map(|name| (*name).to_owned()).collect();
            closures.insert(names.get(member).copied().unwrap_or_default().to_owned(), closure);
        }
        Graph { closures }
    }

    /// Lists what is there and must not be.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, absent, why) in ABSENT {
            let Some(closure) = self.closures.get(name) else { continue };
            for package in absent.iter().filter(|package| closure.contains(**package)) {
                findings.push(Finding::new(name, format!("compiles {package}, but {why}")));
            }
        }
        findings
    }
}

/// Checks the absences of the resolved graph.
pub fn check(metadata: &Metadata) -> Vec<Finding> {
    Graph::of(metadata).check()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    #[test]
    fn the_graph_knows_the_closures() {
        let graph = Graph::of(&metadata(&workspace_root()).expect("read"));
        let engine = graph.closures.get("rsm-engine").expect("the engine is a member");
        assert!(engine.contains("rsm-model") && engine.contains("rusqlite"), "{engine:?}");
        for (name, _, _) in ABSENT {
            assert!(graph.closures.contains_key(name), "{name} is no crate; is the rule still meant?");
        }
    }

    #[test]
    fn what_must_be_absent_is_found() {
        let mut graph = Graph::default();
        graph
            .closures
            .insert("rsm-engine".to_owned(), BTreeSet::from(["tokio".to_owned(), "imbl".to_owned()]));
        graph.closures.insert("rsm-cli".to_owned(), BTreeSet::from(["rsm-server".to_owned()]));
        let found = graph.check();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].what.contains("compiles tokio"));
        assert!(found[1].what.contains("compiles rsm-server"));
    }
}
