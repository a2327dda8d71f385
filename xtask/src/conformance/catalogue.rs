//! What there is to show: every `wire` condition and every normative rule, by id.
//!
//! Why: a proof names an id, and an id that nobody asks for is a typing mistake. Invariant: each entry stands in the
//! specification once; a rule of a family's common table is one entry, by whatever function it is named.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use crate::spec::{Family, Function, Spec};

/// Whether an entry is a condition or a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A code that a call answers.
    Condition,
    /// A rule of a function, of a family, of the model or of the processes.
    Rule,
}

/// One thing to show.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The id that the list and the page use.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// The part of the specification it stands in: a function, a family's common rules, the model, the processes.
    pub part: String,
}

/// The part that holds the rules of model.md.
pub const MODEL: &str = "model.md";
/// The part that holds the rules of processes.md.
pub const PROCESSES: &str = "processes.md";

/// Everything there is to show, in the order of the specification.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// The entries.
    pub entries: Vec<Entry>,
    /// What a proof may write, and the entry it means.
    names: BTreeMap<String, usize>,
    /// Ids that stand in the specification and are not counted, with the reason.
    uncounted: BTreeMap<String, String>,
}

impl Catalogue {
    /// Reads the whole of it.
    pub fn load(root: &Path, spec: &Spec) -> Result<Catalogue> {
        let mut catalogue = Catalogue::default();
        for family in &spec.families {
            for function in &family.functions {
                catalogue.function(function);
            }
            catalogue.common(family);
        }
        for (part, letter) in [(MODEL, 'M'), (PROCESSES, 'P')] {
            let path = root.join("docs/spec").join(part);
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
            for id in prose_rules(&text, letter) {
                catalogue.add(&id, Kind::Rule, part);
            }
        }
        Ok(catalogue)
    }

    /// Finds the entry that a proof means, or says why it means none.
    pub fn resolve(&self, name: &str) -> Result<&Entry, String> {
        match self.names.get(name) {
            Some(at) => Ok(&self.entries[*at]),
            None => Err(match self.uncounted.get(name) {
                Some(why) => format!("{name} is not counted: {why}"),
                None => format!("docs/spec has no {name}"),
            }),
        }
    }

    /// The parts in order, each once.
    pub fn parts(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = self.entries.iter().map(|entry| entry.part.as_str()).collect();
        parts.dedup();
        parts
    }

    fn add(&mut self, id: &str, kind: Kind, part: &str) {
        self.names.insert(id.to_owned(), self.entries.len());
        self.entries.push(Entry { id: id.to_owned(), kind, part: part.to_owned() });
    }

    fn function(&mut self, function: &Function) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for condition in &function.conditions {
            let count = seen.entry(&condition.code).or_default();
            *count += 1;
            let mark = if *count > 1 { format!("#{count}") } else { String::new() };
            let id = format!("{}/{}{mark}", function.name, condition.code);
            match condition.prove.as_str() {
                "wire" => self.add(&id, Kind::Condition, &function.name),
                other => {
                    drop(self.uncounted.insert(id, format!("it is to be shown as `{other}`, not by wire")))
                }
            }
        }
        for rule in &function.rules {
            let id = format!("{}/{}", function.name, rule.id);
            match rule.kind.as_str() {
                "normative" => self.add(&id, Kind::Rule, &function.name),
                other => drop(self.uncounted.insert(id, format!("it is {other}"))),
            }
        }
    }

    /// A common rule is one entry; proofs name it with the function they show it for.
    fn common(&mut self, family: &Family) {
        for rule in &family.common {
            let id = format!("{}/{}", family.file, rule.id);
            let by_functions = family.functions.iter().map(|f| format!("{}/{}", f.name, rule.id));
            if rule.kind == "normative" {
                let at = self.entries.len();
                self.add(&id, Kind::Rule, &family.file);
                self.names.extend(by_functions.map(|name| (name, at)));
            } else {
                let why = format!("it is {}", rule.kind);
                self.uncounted.extend(by_functions.map(|name| (name, why.clone())));
            }
        }
    }
}

/// Finds the ids of the rules that a page of prose holds, in order: `**M-12**`.
fn prose_rules(text: &str, letter: char) -> Vec<String> {
    let mark = format!("**{letter}-");
    let mut ids = Vec::new();
    for (at, _) in text.match_indices(&mark) {
        let rest = &text[at + mark.len()..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        if digits > 0 && rest[digits..].starts_with("**") {
            ids.push(format!("{letter}-{}", &rest[..digits]));
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    fn catalogue() -> Catalogue {
        let root = workspace_root();
        Catalogue::load(&root, &Spec::load(&root).expect("the table loads")).expect("the pages are there")
    }

    #[test]
    fn it_counts_what_the_readme_says() {
        let catalogue = catalogue();
        let count = |kind, prose: bool| {
            let of = |entry: &&Entry| {
                entry.kind == kind && (entry.part == MODEL || entry.part == PROCESSES) == prose
            };
            catalogue.entries.iter().filter(of).count()
        };
        assert_eq!(count(Kind::Condition, false), 461);
        assert_eq!((count(Kind::Rule, false), count(Kind::Rule, true)), (671, 84 + 183));
        assert_eq!(
            catalogue.entries.iter().map(|e| &e.id).collect::<std::collections::BTreeSet<_>>().len(),
            catalogue.entries.len(),
            "no id stands for two things"
        );
    }

    #[test]
    fn a_common_rule_is_one_thing_by_whichever_function() {
        let catalogue = catalogue();
        let id = |name: &str| catalogue.resolve(name).expect("known").id.clone();
        assert_eq!(id("MountNtmsMedia/common-check-order"), "media-services/common-check-order");
        assert_eq!(id("DismountNtmsMedia/common-check-order"), id("MountNtmsMedia/common-check-order"));
        assert_eq!(
            id("InventoryNtmsLibrary/ERROR_INVALID_PARAMETER#2"),
            "InventoryNtmsLibrary/ERROR_INVALID_PARAMETER#2"
        );
    }

    #[test]
    fn what_is_not_counted_says_why() {
        let catalogue = catalogue();
        let why = |name: &str| catalogue.resolve(name).expect_err("not counted");
        assert!(why("MountNtmsMedia/mount-drive-setup").contains("it is informative"));
        assert!(why("MountNtmsMedia/ERROR_NOT_ENOUGH_MEMORY").contains("`never`"));
        assert!(why("MountNtmsMedia/mount-sideways").contains("docs/spec has no"));
        assert!(why("M-1000").contains("docs/spec has no"));
    }

    #[test]
    fn rules_of_prose_are_found_by_their_bold_ids() {
        let text = "1. **P-1** Open.\n- see P-3 and **P-x**\n- **P-20** Two **P-21** in a line";
        assert_eq!(prose_rules(text, 'P'), ["P-1", "P-20", "P-21"]);
    }
}
