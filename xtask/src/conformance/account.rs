//! The account: what the tests proved and what the list excuses, held against the catalogue.
//!
//! Why apart from reading and printing: every way in which the three can disagree is decided here, on plain values,
//! and shown by a test. Invariant: without findings each entry is either proven or excused, never both.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Result, bail};

use super::catalogue::{Catalogue, Entry, Kind};
use super::records::{Records, Test};
use super::unproven::{LIST, Unproven};
use crate::spec::Spec;

/// How many of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// So many are shown.
    pub proven: usize,
    /// So many there are.
    pub total: usize,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.proven, self.total)
    }
}

/// The numbers of the last line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Functions that count as whole.
    pub functions: Share,
    /// Conditions.
    pub conditions: Share,
    /// Rules.
    pub rules: Share,
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "functions {} conditions {} rules {}", self.functions, self.conditions, self.rules)
    }
}

impl Numbers {
    /// Reads the last line of a page.
    pub fn last_line_of(page: &str) -> Option<Numbers> {
        let words: Vec<&str> = page.trim_end().lines().last()?.split(' ').collect();
        let ["functions", functions, "conditions", conditions, "rules", rules] = words[..] else {
            return None;
        };
        let share = |word: &str| {
            let (proven, total) = word.split_once('/')?;
            Some(Share { proven: proven.parse().ok()?, total: total.parse().ok()? })
        };
        Some(Numbers { functions: share(functions)?, conditions: share(conditions)?, rules: share(rules)? })
    }

    /// Fails when a number of the new account is lower than this one's.
    pub fn demand_no_fall(&self, new: &Numbers) -> Result<()> {
        for (what, before, now) in [
            ("functions", self.functions, new.functions),
            ("conditions", self.conditions, new.conditions),
            ("rules", self.rules, new.rules),
        ] {
            if now.proven < before.proven {
                bail!("the number of {what} fell from {} to {}", before.proven, now.proven);
            }
        }
        Ok(())
    }
}

/// How an entry stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Shown by these tests.
    Proven(BTreeSet<Test>),
    /// Listed, with what it needs and why.
    Excused {
        /// A function or a bed.
        needs: String,
        /// For what.
        why: String,
    },
    /// Neither; a finding says so.
    Open,
}

/// One part of the specification with its entries.
#[derive(Debug)]
pub struct Part {
    /// A function, a family's common rules, the model, the processes.
    pub name: String,
    /// For a function: whether it counts as whole, or what keeps it from it.
    pub whole: Option<Result<(), String>>,
    /// Its entries.
    pub entries: Vec<(Entry, Standing)>,
}

impl Part {
    /// Counts the entries of a kind.
    pub fn share(&self, kind: Kind) -> Share {
        let of_kind = || self.entries.iter().filter(move |(entry, _)| entry.kind == kind);
        let proven = of_kind().filter(|(_, standing)| matches!(standing, Standing::Proven(_))).count();
        Share { proven, total: of_kind().count() }
    }
}

/// The whole account.
#[derive(Debug)]
pub struct Account {
    /// Its parts, in the order of the specification.
    pub parts: Vec<Part>,
    /// What is wrong, one sentence each.
    pub findings: Vec<String>,
    /// The last line.
    pub numbers: Numbers,
}

impl Account {
    /// Draws it.
    pub fn draw(spec: &Spec, catalogue: &Catalogue, unproven: &Unproven, records: &Records) -> Account {
        let mut drawing = Drawing { spec, catalogue, unproven, findings: Vec::new() };
        let proven = drawing.proven(records);
        let excused = drawing.excused();
        let mut standings = BTreeMap::new();
        for entry in &catalogue.entries {
            let standing = drawing.standing(&entry.id, proven.get(&entry.id), excused.get(&entry.id));
            standings.insert(entry.id.as_str(), standing);
        }
        let mut parts: Vec<Part> = Vec::new();
        for name in catalogue.parts() {
            let of_part = catalogue.entries.iter().filter(|entry| entry.part == name);
            let entries: Vec<(Entry, Standing)> =
                of_part.map(|entry| (entry.clone(), standings[entry.id.as_str()].clone())).collect();
            let whole = spec.function(name).is_ok().then(|| whole(spec, name, &entries));
            parts.push(Part { name: name.to_owned(), whole, entries });
        }
        drawing.demand_that_needs_are_missing(&parts);
        let findings = drawing.findings;
        Account { numbers: numbers(&parts), parts, findings }
    }
}

/// Says whether a function counts as whole: it has a handler, and nothing of it waits for the function itself.
fn whole(spec: &Spec, name: &str, entries: &[(Entry, Standing)]) -> Result<(), String> {
    if !spec.is_implemented(name) {
        return Err("it has no handler".to_owned());
    }
    let own = |(_, standing): &&(Entry, Standing)| match standing {
        Standing::Proven(_) => false,
        Standing::Excused { needs, .. } => needs == name,
        Standing::Open => true,
    };
    match entries.iter().filter(own).count() {
        0 => Ok(()),
        1 => Err("1 id waits for the function itself".to_owned()),
        many => Err(format!("{many} ids wait for the function itself")),
    }
}

fn numbers(parts: &[Part]) -> Numbers {
    let sum = |kind| {
        parts.iter().map(|part| part.share(kind)).fold(Share::default(), |sum, share| Share {
            proven: sum.proven + share.proven,
            total: sum.total + share.total,
        })
    };
    let functions: Vec<bool> =
        parts.iter().filter_map(|part| part.whole.as_ref().map(Result::is_ok)).collect();
    Numbers {
        functions: Share { proven: functions.iter().filter(|whole| **whole).count(), total: functions.len() },
        conditions: sum(Kind::Condition),
        rules: sum(Kind::Rule),
    }
}

/// The account while it is drawn.
struct Drawing<'a> {
    spec: &'a Spec,
    catalogue: &'a Catalogue,
    unproven: &'a Unproven,
    findings: Vec<String>,
}

/// An excuse of the list, before it is known whether it is needed.
struct Excuse {
    needs: String,
    why: String,
}

impl Drawing<'_> {
    /// Sorts the records by entry; a name that means none is a finding.
    fn proven(&mut self, records: &Records) -> BTreeMap<String, BTreeSet<Test>> {
        let mut proven: BTreeMap<String, BTreeSet<Test>> = BTreeMap::new();
        for (name, tests) in &records.by_name {
            match self.catalogue.resolve(name) {
                Ok(entry) => proven.entry(entry.id.clone()).or_default().extend(tests.iter().cloned()),
                Err(why) => {
                    let by: Vec<_> =
                        tests.iter().map(|test| format!("{} {}", test.file, test.name)).collect();
                    self.findings.push(format!("{why}; claimed by {}", by.join(", ")));
                }
            }
        }
        proven
    }

    /// Sorts the list by entry; what the list itself has wrong is a finding.
    fn excused(&mut self) -> BTreeMap<String, Excuse> {
        let mut excused = BTreeMap::new();
        for function in &self.unproven.functions {
            let name = &function.name;
            if self.spec.function(name).is_err() || self.spec.is_implemented(name) {
                self.findings.push(format!(
                    "{LIST} excuses {name} as a whole, which is no function without a handler"
                ));
            }
            for entry in self.catalogue.entries.iter().filter(|entry| entry.part == *name) {
                let excuse = Excuse { needs: name.clone(), why: function.why.clone() };
                excused.insert(entry.id.clone(), excuse);
            }
        }
        for line in &self.unproven.ids {
            if line.why.trim().is_empty() {
                self.findings.push(format!("{LIST}: {} says not why", line.id));
            }
            if self.catalogue.entries.iter().all(|entry| entry.id != line.id) {
                self.findings.push(format!("{LIST}: {} is no id that is counted", line.id));
            }
            let excuse = Excuse { needs: line.needs.clone(), why: line.why.clone() };
            if excused.insert(line.id.clone(), excuse).is_some() {
                self.findings.push(format!("{LIST}: {} stands twice", line.id));
            }
        }
        self.beds();
        excused
    }

    /// Every bed that is named is declared, and every bed that is declared is named.
    fn beds(&mut self) {
        let named: BTreeSet<&str> =
            self.unproven.ids.iter().filter_map(|line| line.needs.strip_prefix("bed: ")).collect();
        for bed in &self.unproven.beds {
            if !named.contains(bed.name.as_str()) || bed.what.trim().is_empty() {
                self.findings
                    .push(format!("{LIST}: nothing needs the bed {}, or it says not what it is", bed.name));
            }
        }
        for name in named.iter().filter(|name| self.unproven.beds.iter().all(|bed| bed.name != **name)) {
            self.findings.push(format!("{LIST}: the bed {name} is not declared"));
        }
    }

    fn standing(&mut self, id: &str, tests: Option<&BTreeSet<Test>>, excuse: Option<&Excuse>) -> Standing {
        match (tests, excuse) {
            (Some(tests), None) => Standing::Proven(tests.clone()),
            (Some(tests), Some(_)) => {
                self.findings.push(format!("{id} is proven; take it out of {LIST}"));
                Standing::Proven(tests.clone())
            }
            (None, Some(excuse)) => {
                Standing::Excused { needs: excuse.needs.clone(), why: excuse.why.clone() }
            }
            (None, None) => {
                self.findings.push(format!(
                    "neither proven nor in {LIST}: {{ id = \"{id}\", needs = \"\", why = \"\" }},"
                ));
                Standing::Open
            }
        }
    }

    /// What a line needs is a bed, or a function that is not whole; a line may name its own function.
    fn demand_that_needs_are_missing(&mut self, parts: &[Part]) {
        let wholes: BTreeSet<&str> = parts
            .iter()
            .filter(|part| matches!(part.whole, Some(Ok(()))))
            .map(|part| part.name.as_str())
            .collect();
        for line in self.unproven.ids.iter().filter(|line| !line.needs.starts_with("bed: ")) {
            if self.spec.function(&line.needs).is_err() {
                self.findings.push(format!(
                    "{LIST}: {} needs {}, which is no function and no bed",
                    line.id, line.needs
                ));
            } else if wholes.contains(line.needs.as_str()) {
                self.findings.push(format!(
                    "{LIST}: {} needs {}, which is whole: prove it, or name what is missing",
                    line.id, line.needs
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    /// The functions of the real table; every id of them is proven, but those that `but` takes out of the records.
    fn draw(list: &str, but: &[&str], more: &str) -> Account {
        let root = workspace_root();
        let spec = Spec::load(&root).expect("the table loads");
        let catalogue = Catalogue::load(&root, &spec).expect("the pages are there");
        let mut records = Records::default();
        for entry in catalogue.entries.iter().filter(|entry| !but.contains(&entry.id.as_str())) {
            records.take(&format!("{}\tt.rs\tt\n", entry.id)).expect("a record");
        }
        records.take(more).expect("records");
        let unproven: Unproven = toml::from_str(list).expect("a list");
        Account::draw(&spec, &catalogue, &unproven, &records)
    }

    fn check(list: &str, but: &[&str], more: &str, expect: &[&str]) {
        let found = draw(list, but, more).findings;
        assert_eq!(found.len(), expect.len(), "{found:#?}");
        for (found, part) in found.iter().zip(expect) {
            assert!(found.contains(part), "{found} does not speak of {part}");
        }
    }

    const BUSY: &str = "MountNtmsMedia/ERROR_BUSY";

    #[test]
    fn an_id_is_proven_or_listed_and_never_both() {
        check("", &[], "", &[]);
        check(
            "",
            &[BUSY],
            "",
            &["neither proven nor in docs/spec/unproven.toml: { id = \"MountNtmsMedia/ERROR_BUSY\""],
        );
        let listed =
            "ids = [{ id = \"MountNtmsMedia/ERROR_BUSY\", needs = \"MountNtmsMedia\", why = \"w\" }]";
        check(listed, &[BUSY], "", &[]);
        check(listed, &[], "", &["is proven; take it out", "which is whole"]);
    }

    #[test]
    fn a_claim_of_what_the_specification_does_not_count_is_found() {
        check(
            "",
            &[],
            "MountNtmsMedia/ERROR_BUSI\tt.rs\tt\n",
            &["has no MountNtmsMedia/ERROR_BUSI; claimed by t.rs t"],
        );
        check("", &[], "MountNtmsMedia/mount-drive-setup\tt.rs\tt\n", &["it is informative; claimed by"]);
    }

    #[test]
    fn a_reason_names_what_is_missing() {
        let line = |needs: &str| format!("ids = [{{ id = \"{BUSY}\", needs = \"{needs}\", why = \"w\" }}]");
        check(&line("GetVolumesFromDrive"), &[BUSY], "", &[]);
        check(&line("time"), &[BUSY], "", &["needs time, which is no function and no bed"]);
        check(&line("CloseNtmsSession"), &[BUSY], "", &["needs CloseNtmsSession, which is whole"]);
        check(&line("bed: disc"), &[BUSY], "", &["the bed disc is not declared"]);
        let bed = "[[bed]]\nname = \"disc\"\nwhat = \"w\"\n";
        check(&format!("{}\n{bed}", line("bed: disc")), &[BUSY], "", &[]);
        check(bed, &[], "", &["nothing needs the bed disc"]);
        let silent = line("GetVolumesFromDrive").replace("\"w\"", "\"\"");
        check(&silent, &[BUSY], "", &["says not why"]);
    }

    #[test]
    fn a_line_for_nothing_or_twice_is_found() {
        let line = |id: &str| format!("{{ id = \"{id}\", needs = \"GetVolumesFromDrive\", why = \"w\" }}");
        check(&format!("ids = [{}]", line("M-1000")), &[], "", &["M-1000 is no id that is counted"]);
        check(&format!("ids = [{0}, {0}]", line(BUSY)), &[BUSY], "", &["stands twice"]);
    }

    #[test]
    fn only_a_function_without_a_handler_is_excused_as_a_whole() {
        let mount = "[[function]]\nname = \"MountNtmsMedia\"\nwhy = \"w\"\n";
        let found = draw(mount, &[], "").findings;
        assert!(found[0].contains("no function without a handler"), "{found:?}");
        let volumes = "[[function]]\nname = \"GetVolumesFromDrive\"\nwhy = \"w\"\n";
        let found = draw(volumes, &[], "").findings;
        assert!(
            !found.is_empty() && found.iter().all(|f| f.contains("GetVolumesFromDrive/")),
            "all of it is proven: {found:?}"
        );
    }

    #[test]
    fn a_function_is_whole_when_nothing_of_it_waits_for_itself() {
        let line = |needs: &str| format!("ids = [{{ id = \"{BUSY}\", needs = \"{needs}\", why = \"w\" }}]");
        let whole = |list: &str| {
            let account = draw(list, &[BUSY], "");
            let part = account.parts.iter().find(|part| part.name == "MountNtmsMedia").expect("it is there");
            (part.whole.clone().expect("a function"), account.numbers.functions.proven)
        };
        let (outside, count) = whole(&line("GetVolumesFromDrive"));
        assert_eq!(outside, Ok(()));
        let (own, less) = whole(&line("MountNtmsMedia"));
        assert_eq!(
            (own.expect_err("not whole").as_str(), less),
            ("1 id waits for the function itself", count - 1)
        );
    }

    #[test]
    fn numbers_may_rise_and_not_fall() {
        let page = "# Page\n\nfunctions 7/63 conditions 60/461 rules 200/938\n";
        let before = Numbers::last_line_of(page).expect("numbers");
        assert_eq!(before.to_string(), page.lines().last().expect("a line"));
        let mut now = before;
        now.rules.proven += 1;
        before.demand_no_fall(&now).expect("it rose");
        let error = now.demand_no_fall(&before).expect_err("it fell").to_string();
        assert_eq!(error, "the number of rules fell from 201 to 200");
        assert_eq!(Numbers::last_line_of("# Page\n"), None);
    }
}
