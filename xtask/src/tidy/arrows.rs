//! The arrows between crates: docs/ARCHITECTURE.md against the manifests.
//!
//! What: parses the fenced block of the architecture page and asks of every manifest whether it names
//! only crates that stand to its left. Why: arrows kept one way are what lets a room be changed alone.
//! Invariant: the page and the workspace name the same crates.
//!
//! The notation: `a <- b, c <- d` reads "b and c may use a; d may use b and c, and so a". Several
//! chains may share a line, set apart by spaces. What stands in brackets is a remark. The words
//! `everything but the faces <- x` let x use every crate except those that stand right after
//! `rsm-client`; nothing else is a word of the notation. A line with the remark `(in tests)` speaks of
//! dev-dependencies alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::Finding;

const FACES: &str = "everything but the faces";
const IN_TESTS: &str = "(in tests)";

/// What each crate may use.
#[derive(Debug, Default)]
pub struct Plan {
    left: BTreeMap<String, BTreeSet<String>>,
    left_in_tests: BTreeMap<String, BTreeSet<String>>,
    all_but_faces: BTreeSet<String>,
}

/// What a crate's manifest says it uses.
#[derive(Debug)]
pub struct Manifest {
    /// The crate.
    pub name: String,
    /// Crates of the workspace among its dependencies and build dependencies.
    pub uses: BTreeSet<String>,
    /// Crates of the workspace among its dev-dependencies.
    pub uses_in_tests: BTreeSet<String>,
}

impl Plan {
    /// Reads the first fenced block of the page that holds arrows.
    pub fn parse(page: &str) -> Result<Plan> {
        let block = page
            .split("```")
            .skip(1)
            .step_by(2)
            .find(|block| block.lines().any(is_arrow))
            .context("docs/ARCHITECTURE.md has no fenced block with arrows")?;
        let mut plan = Plan::default();
        for line in block.lines().filter(|line| is_arrow(line)) {
            plan.line(&without_remarks(line), line.contains(IN_TESTS))?;
        }
        Ok(plan)
    }

    fn line(&mut self, line: &str, in_tests: bool) -> Result<()> {
        if let Some(rest) = line.trim().strip_prefix(FACES) {
            let names = rest
                .trim()
                .strip_prefix("<-")
                .context("the words for all crates want an arrow after them")?;
            self.all_but_faces.extend(crates(names)?);
            return Ok(());
        }
        let joined = line.split("<-").map(str::trim).collect::<Vec<_>>().join("<-");
        let joined = joined.split(',').map(str::trim).collect::<Vec<_>>().join(",");
        for chain in joined.split_whitespace() {
            let mut before: Vec<String> = Vec::new();
            for links in chain.split("<-") {
                let here = crates(links)?;
                for name in &here {
                    let left = if in_tests { &mut self.left_in_tests } else { &mut self.left };
                    left.entry(name.clone()).or_default().extend(before.iter().cloned());
                }
                before = here;
            }
        }
        Ok(())
    }

    /// Lists the crates that the page names.
    pub fn names(&self) -> BTreeSet<String> {
        let links = self
            .left
            .iter()
            .chain(&self.left_in_tests)
            .flat_map(|(name, left)| std::iter::once(name).chain(left));
        links.chain(&self.all_but_faces).cloned().collect()
    }

    /// Lists what a crate may use, directly or through others.
    pub fn allowed(&self, name: &str) -> BTreeSet<String> {
        if self.all_but_faces.contains(name) {
            let faces = |c: &str| self.left.get(c).is_some_and(|left| left.contains("rsm-client"));
            return self.names().into_iter().filter(|c| c != name && !faces(c)).collect();
        }
        self.closure(self.left.get(name).into_iter().flatten())
    }

    /// Lists what a crate's tests may use besides.
    pub fn allowed_in_tests(&self, name: &str) -> BTreeSet<String> {
        self.closure(self.left_in_tests.get(name).into_iter().flatten())
    }

    fn closure<'a>(&'a self, start: impl Iterator<Item = &'a String>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut next: Vec<&String> = start.collect();
        while let Some(at) = next.pop() {
            if found.insert(at.clone()) {
                next.extend(self.left.get(at).into_iter().flatten());
            }
        }
        found
    }
}

/// Whether a line holds an arrow of the notation; `<->` is none.
fn is_arrow(line: &str) -> bool {
    line.contains("<- ")
}

fn without_remarks(line: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for letter in line.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(letter),
            _ => {}
        }
    }
    out
}

fn crates(links: &str) -> Result<Vec<String>> {
    let names: Vec<String> = links.split(',').map(|name| name.trim().to_owned()).collect();
    for name in &names {
        let known = name.starts_with("rsm") && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        if !known {
            bail!("docs/ARCHITECTURE.md: `{name}` is no crate name and no word of the notation");
        }
    }
    Ok(names)
}

/// Reads what the manifests below crates/ use of each other.
pub fn manifests(root: &Path) -> Result<Vec<Manifest>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(root.join("crates")).context("crates/ is there")? {
        let path = entry?.path().join("Cargo.toml");
        if let Ok(text) = std::fs::read_to_string(&path) {
            all.push(manifest(&text).with_context(|| format!("reading {}", path.display()))?);
        }
    }
    all.sort_by(|a, b| a.name.cmp(&b.name));
    let members: BTreeSet<_> = all.iter().map(|m| m.name.clone()).collect();
    for one in &mut all {
        one.uses.retain(|used| members.contains(used));
        one.uses_in_tests.retain(|used| members.contains(used));
    }
    Ok(all)
}

fn manifest(text: &str) -> Result<Manifest> {
    let table: toml::Table = toml::from_str(text)?;
    let name = table.get("package").and_then(|p| p.get("name")).and_then(toml::Value::as_str);
    let mut targets = vec![&table];
    let by_target = table.get("target").and_then(toml::Value::as_table);
    targets.extend(by_target.into_iter().flat_map(|t| t.values()).filter_map(toml::Value::as_table));
    let mut uses = BTreeSet::new();
    let mut uses_in_tests = BTreeSet::new();
    for target in targets {
        collect(target, "dependencies", &mut uses);
        collect(target, "build-dependencies", &mut uses);
        collect(target, "dev-dependencies", &mut uses_in_tests);
    }
    Ok(Manifest { name: name.context("a manifest names its package")?.to_owned(), uses, uses_in_tests })
}

fn collect(table: &toml::Table, kind: &str, uses: &mut BTreeSet<String>) {
    for (key, value) in table.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
        let renamed = value.get("package").and_then(toml::Value::as_str);
        uses.insert(renamed.unwrap_or(key).to_owned());
    }
}

/// Holds the manifests against the plan.
pub fn check(plan: &Plan, manifests: &[Manifest]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let names = plan.names();
    for one in manifests {
        if !names.contains(&one.name) {
            findings.push(Finding::new(&one.name, "docs/ARCHITECTURE.md does not name this crate"));
        }
        let allowed = plan.allowed(&one.name);
        for used in one.uses.difference(&allowed) {
            let what = format!("uses {used}, which does not stand to its left in docs/ARCHITECTURE.md");
            findings.push(Finding::new(&one.name, what));
        }
        let in_tests = plan.allowed_in_tests(&one.name);
        for used in
            one.uses_in_tests.iter().filter(|used| !allowed.contains(*used) && !in_tests.contains(*used))
        {
            let what = format!("uses {used} in tests, which docs/ARCHITECTURE.md does not allow it");
            findings.push(Finding::new(&one.name, what));
        }
    }
    for name in names.iter().filter(|name| !manifests.iter().any(|m| m.name == **name)) {
        findings.push(Finding::new(
            "docs/ARCHITECTURE.md",
            format!("draws an arrow at {name}, which is no crate"),
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "Text <- not in a block.\n```\nbytes <-> structs, no arrows here\n```\n\n```\n\
        rsm-model <- rsm-wire <- rsm-client <- rsm-cli, rsm-capi\n\
        rsm-model <- rsm-store <- rsm-engine          rsm-model <- rsm-step <- rsm-engine\n\
        rsm-scsi  <- rsm-device <- rsm-worker (a remark, with a comma)   rsm-step <- rsm-worker\n\
        rsm-wire, rsm-engine <- rsm-server <- rsmd\n\
        rsm-simlib <- rsm-device (in tests)\n\
        everything but the faces <- rsm-testkit (tests live there)\n```\n";

    fn sample(name: &str, uses: &[&str]) -> Manifest {
        let uses = uses.iter().map(|u| (*u).to_owned()).collect();
        Manifest { name: name.to_owned(), uses, uses_in_tests: BTreeSet::new() }
    }

    fn allowed(name: &str) -> Vec<String> {
        Plan::parse(PAGE).expect("parsed").allowed(name).into_iter().collect()
    }

    #[test]
    fn a_crate_may_use_what_stands_to_its_left() {
        assert_eq!(allowed("rsm-cli"), ["rsm-client", "rsm-model", "rsm-wire"]);
        assert_eq!(allowed("rsm-engine"), ["rsm-model", "rsm-step", "rsm-store"]);
        assert_eq!(allowed("rsm-worker"), ["rsm-device", "rsm-model", "rsm-scsi", "rsm-step"]);
        assert!(allowed("rsmd").contains(&"rsm-store".to_owned()));
        let testkit = allowed("rsm-testkit");
        assert!(testkit.contains(&"rsmd".to_owned()) && testkit.contains(&"rsm-client".to_owned()));
        assert!(!testkit.contains(&"rsm-cli".to_owned()) && !testkit.contains(&"rsm-testkit".to_owned()));
    }

    #[test]
    fn an_arrow_the_wrong_way_is_found() {
        let plan = Plan::parse(PAGE).expect("parsed");
        let found = check(&plan, &[sample("rsm-cli", &["rsm-client", "rsm-server"])]);
        assert!(
            found.iter().any(|f| f.place == "rsm-cli" && f.what.contains("uses rsm-server")),
            "{found:?}"
        );
        assert!(!found.iter().any(|f| f.what.contains("uses rsm-client")), "{found:?}");
    }

    #[test]
    fn an_arrow_for_tests_allows_no_more_than_tests() {
        let plan = Plan::parse(PAGE).expect("parsed");
        let mut device = sample("rsm-device", &[]);
        device.uses_in_tests = BTreeSet::from(["rsm-simlib".to_owned(), "rsm-store".to_owned()]);
        let found: Vec<_> = check(&plan, &[device]).into_iter().filter(|f| f.place == "rsm-device").collect();
        assert!(found.len() == 1 && found[0].what.contains("uses rsm-store in tests"), "{found:?}");
        let found = check(&plan, &[sample("rsm-device", &["rsm-simlib"])]);
        assert!(found.iter().any(|f| f.what.contains("uses rsm-simlib, which")), "{found:?}");
    }

    #[test]
    fn page_and_workspace_name_the_same_crates() {
        let plan = Plan::parse(PAGE).expect("parsed");
        let found = check(&plan, &[sample("rsm-new", &[])]);
        assert!(found.iter().any(|f| f.place == "rsm-new"), "{found:?}");
        assert!(found.iter().any(|f| f.what.contains("rsm-scsi, which is no crate")), "{found:?}");
    }

    #[test]
    fn every_kind_of_dependency_counts() {
        let text = "[package]\nname = \"rsm-a\"\n[build-dependencies]\nrsm-b.workspace = true\n\
            [dev-dependencies]\nx = { package = \"rsm-c\", path = \"../c\" }\n\
            [target.'cfg(unix)'.dependencies]\nrsm-d = \"1\"\n";
        let read = manifest(text).expect("read");
        assert_eq!(read.uses.into_iter().collect::<Vec<_>>(), ["rsm-b", "rsm-d"]);
        assert_eq!(read.uses_in_tests.into_iter().collect::<Vec<_>>(), ["rsm-c"]);
    }

    #[test]
    fn a_word_outside_the_notation_is_refused() {
        assert!(Plan::parse("```\nall of them <- rsm-cli\n```").is_err());
        assert!(Plan::parse("no block").is_err());
    }
}
