//! The function table, read from `docs/spec`.
//!
//! What: the TOML files of the specification as plain structs, in file order. Why: everything that
//! is generated (codes, constants, function metadata, reference pages, the C border) has this one
//! source, so that a name, an access right or a code stands in one place. Invariant: a table that
//! loads has passed [`Spec::check`]: words of the closed sets only, known codes, unique rule ids.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// The families in the order in which tables and pages show them, by file name.
const FAMILIES: [&str; 11] = [
    "session-management",
    "object-management",
    "library-control",
    "media-services",
    "cleaner-management",
    "operator-requests",
    "database-notification",
    "change-detection",
    "database-backup",
    "omid",
    "media-label-library",
];

/// The access rights that a gate may name.
pub const RIGHTS: [&str; 7] =
    ["USE", "MODIFY", "CONTROL", "READ_CONTROL", "WRITE_DAC", "WRITE_OWNER", "SECURITY_PRIVILEGE"];

/// Where a right is looked up; `docs/spec/README.md` explains each word.
pub const SCOPES: [&str; 15] = [
    "computer",
    "library",
    "library-of-drive",
    "library-of-slot",
    "library-of-request",
    "library-of-medium",
    "library-of-object",
    "pool",
    "parent-pool",
    "pool-of-medium",
    "source-pool",
    "destination-pool",
    "object",
    "each-result",
    "ui-object",
];

/// When a gate rule holds; `docs/spec/README.md` explains each word.
pub const CONDITIONS: [&str; 15] = [
    "always",
    "given",
    "created",
    "free-pool",
    "not-free-pool",
    "library-object",
    "not-library-object",
    "discretionary-list",
    "owner-or-group",
    "system-list",
    "request-cleaner",
    "request-device-service",
    "request-new-media",
    "request-move-media",
    "request-message",
];

/// The shapes of parameters; `docs/spec/README.md` explains each word.
pub const SHAPES: [&str; 35] = [
    "session",
    "handle",
    "handle-out",
    "id",
    "id-out",
    "id-in-out",
    "id-list",
    "id-list-out",
    "id-list-in-out",
    "count",
    "size",
    "size-out",
    "size-in-out",
    "number",
    "number-out",
    "flags",
    "action",
    "kind",
    "object-type",
    "priority",
    "timeout-ms",
    "text",
    "text-out",
    "text-list-out",
    "blob",
    "blob-out",
    "security-descriptor",
    "security-descriptor-out",
    "object-information",
    "object-information-in-out",
    "object-information-list-in-out",
    "allocation-information-out",
    "notification-out",
    "label-information-out",
    "reserved",
];

/// The effects of a function.
pub const EFFECTS: [&str; 3] = ["read", "change", "session"];

/// One rule of a function or of a family.
#[derive(Debug, Deserialize)]
pub struct Rule {
    /// Unique within its function, or within the common rules of its family.
    pub id: String,
    /// `normative` or `informative`.
    pub kind: String,
    /// The rule.
    pub text: String,
    /// Who says so.
    pub source: String,
}

/// One parameter.
#[derive(Debug, Deserialize)]
pub struct Param {
    /// The name of the C prototype.
    pub name: String,
    /// `in`, `out` or `inout`.
    pub dir: String,
    /// The C type.
    #[serde(rename = "type")]
    pub c_type: String,
    /// A word of [`SHAPES`].
    pub shape: String,
    /// Whether NULL is allowed.
    pub optional: bool,
    /// What it is for.
    pub meaning: String,
}

/// One named value of a parameter.
#[derive(Debug, Deserialize)]
pub struct Value {
    /// The parameter.
    pub param: String,
    /// The constant.
    pub name: String,
    /// Its number.
    pub value: i64,
    /// What it asks for.
    pub meaning: String,
}

/// One documented condition.
#[derive(Debug, Deserialize)]
pub struct Condition {
    /// The code's name.
    pub code: String,
    /// When it is given.
    pub when: String,
    /// Where it can be shown: `wire`, `c`, `client` or `never`.
    pub prove: String,
    /// Why it is never given, where `prove` is `never`.
    pub why: Option<String>,
}

/// One access right that the gate demands.
#[derive(Debug, Deserialize)]
pub struct Gate {
    /// A word of [`RIGHTS`].
    pub right: String,
    /// A word of [`SCOPES`].
    pub scope: String,
    /// The parameter from which the scope's object is found.
    pub param: Option<String>,
    /// A word of [`CONDITIONS`]; absent means always.
    pub when: Option<String>,
}

/// One function of the interface.
#[derive(Debug, Deserialize)]
pub struct Function {
    /// The name, without A or W.
    pub name: String,
    /// The family.
    pub group: String,
    /// One sentence.
    pub summary: String,
    /// The C return type, followed by prose in some families.
    pub returns: String,
    /// Whether success means "accepted as a library request".
    pub queued: bool,
    /// The operation code of its library request; prose where it depends on the arguments.
    pub operation: Option<String>,
    /// The rights in prose, older versions included.
    pub access: Vec<String>,
    /// A word of [`EFFECTS`].
    pub effect: String,
    /// The rights, for machines.
    pub gate: Vec<Gate>,
    /// The parameters, in order.
    #[serde(default, rename = "param")]
    pub params: Vec<Param>,
    /// Named values of the parameters.
    #[serde(default, rename = "value")]
    pub values: Vec<Value>,
    /// The documented conditions.
    #[serde(default, rename = "error")]
    pub conditions: Vec<Condition>,
    /// The function's own rules.
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
}

impl Function {
    /// Gives the operation code's name where one name alone says it.
    pub fn operation_name(&self) -> Option<&str> {
        self.operation.as_deref().filter(|text| !text.contains(' '))
    }
}

/// One family file.
#[derive(Debug, Deserialize)]
pub struct Family {
    /// The file's name without its ending.
    #[serde(skip)]
    pub file: String,
    /// Rules that hold for every function of the family.
    #[serde(default)]
    pub common: Vec<Rule>,
    /// The functions.
    #[serde(rename = "function")]
    pub functions: Vec<Function>,
}

/// One entry of `errors.toml`.
#[derive(Debug, Deserialize)]
pub struct ErrorName {
    /// The documented name.
    pub name: String,
    /// Its own number, if it has one.
    pub value: Option<i64>,
    /// The number that travels where it has none.
    pub number: Option<i64>,
    /// One sentence for people.
    pub meaning: Option<String>,
}

impl ErrorName {
    /// Gives the number that travels.
    pub fn travelling(&self) -> Option<i64> {
        self.value.or(self.number)
    }

    /// Whether the name is a condition that a call can end in.
    pub fn is_code(&self) -> bool {
        self.name != "INVALID_HANDLE_VALUE" && self.name != "NO_ERROR"
    }
}

/// One value of an enumeration.
#[derive(Debug, Deserialize)]
pub struct EnumValue {
    /// The constant's name.
    pub name: String,
    /// Its number.
    pub value: i64,
    /// What it means.
    pub meaning: String,
}

/// One enumeration or flag set.
#[derive(Debug, Deserialize)]
pub struct Enumeration {
    /// The name of the public header.
    pub name: String,
    /// The subject under which its constants are filed.
    pub group: String,
    /// Its values.
    #[serde(rename = "value")]
    pub values: Vec<EnumValue>,
}

/// One limit.
#[derive(Debug, Deserialize)]
pub struct Limit {
    /// The constant's name.
    pub name: String,
    /// The array dimension.
    pub value: i64,
    /// What it bounds.
    pub meaning: String,
}

/// One field of a structure layout.
#[derive(Debug, Deserialize)]
pub struct Field {
    /// The member's name.
    pub name: String,
    /// Bytes from the start.
    pub offset: u64,
    /// Its size in bytes.
    pub size: u64,
}

/// One structure layout.
#[derive(Debug, Deserialize)]
pub struct Struct {
    /// The structure's name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its members.
    pub fields: Vec<Field>,
}

/// The head of `constants.toml`.
#[cfg(test)]
#[derive(Debug, Deserialize)]
pub struct Meta {
    /// Size of an id in bytes.
    pub guid_bytes: u64,
    /// Alignment of an id in bytes.
    pub guid_align: u64,
    /// Size of a wide character in bytes.
    pub wchar_bytes: u64,
}

/// `constants.toml`.
#[derive(Debug, Deserialize)]
pub struct Constants {
    /// Sizes that the layouts were computed with.
    #[cfg(test)]
    pub meta: Meta,
    /// The limits.
    #[serde(rename = "limit")]
    pub limits: Vec<Limit>,
    /// The enumerations.
    #[serde(rename = "enum")]
    pub enums: Vec<Enumeration>,
    /// The structure layouts.
    #[serde(rename = "struct")]
    pub structs: Vec<Struct>,
}

/// `implemented.toml`.
#[derive(Debug, Deserialize)]
pub struct Implemented {
    /// Functions with a handler.
    pub implemented: Vec<String>,
    /// Functions that the C library exports.
    pub c_exports: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Errors {
    error: Vec<ErrorName>,
}

/// The whole specification, as far as machines read it.
#[derive(Debug)]
pub struct Spec {
    /// The families, in order.
    pub families: Vec<Family>,
    /// The error names, in file order.
    pub errors: Vec<ErrorName>,
    /// The constants.
    pub constants: Constants,
    /// What has a handler.
    pub implemented: Implemented,
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not as the generator expects it", path.display()))
}

impl Spec {
    /// Reads and checks the specification below the workspace root.
    pub fn load(root: &Path) -> Result<Self> {
        let dir = root.join("docs/spec");
        let mut families = Vec::new();
        for file in FAMILIES {
            let mut family: Family = read(&dir.join("functions").join(format!("{file}.toml")))?;
            family.file = file.to_owned();
            families.push(family);
        }
        let errors: Errors = read(&dir.join("errors.toml"))?;
        let spec = Spec {
            families,
            errors: errors.error,
            constants: read(&dir.join("constants.toml"))?,
            implemented: read(&dir.join("implemented.toml"))?,
        };
        spec.check()?;
        Ok(spec)
    }

    /// Iterates over all functions, family by family.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.families.iter().flat_map(|family| family.functions.iter())
    }

    /// Finds a function and its family.
    pub fn function(&self, name: &str) -> Result<(&Family, &Function)> {
        self.families
            .iter()
            .find_map(|family| family.functions.iter().find(|f| f.name == name).map(|f| (family, f)))
            .with_context(|| format!("the table has no function {name}"))
    }

    /// The names that are conditions of calls, by number, then by name.
    pub fn codes(&self) -> Vec<&ErrorName> {
        let mut codes: Vec<_> = self.errors.iter().filter(|error| error.is_code()).collect();
        codes.sort_by_key(|error| (error.travelling(), error.value.is_none(), error.name.clone()));
        codes
    }

    /// Finds the number of a constant by its name.
    pub fn constant(&self, name: &str) -> Result<i64> {
        self.constants
            .enums
            .iter()
            .flat_map(|e| e.values.iter())
            .find(|value| value.name == name)
            .map(|value| value.value)
            .with_context(|| format!("constants.toml has no {name}"))
    }

    /// Whether a function has a handler.
    pub fn is_implemented(&self, name: &str) -> bool {
        self.implemented.implemented.iter().any(|n| n == name)
    }

    /// Refuses a table that breaks one of its own rules, naming the place.
    pub fn check(&self) -> Result<()> {
        let codes: BTreeMap<_, _> = self.errors.iter().map(|e| (e.name.as_str(), e)).collect();
        for error in self.errors.iter().filter(|e| e.is_code()) {
            if error.travelling().is_none() || error.meaning.is_none() {
                bail!("{}: a code needs a number and a meaning", error.name);
            }
        }
        for family in &self.families {
            unique(&family.file, family.common.iter().map(|rule| rule.id.as_str()))?;
            for function in &family.functions {
                check_function(family, function, &codes)?;
                if let Some(name) = function.operation_name() {
                    self.constant(name).with_context(|| format!("operation of {}", function.name))?;
                }
            }
        }
        for name in self.implemented.implemented.iter().chain(&self.implemented.c_exports) {
            self.function(name)?;
        }
        Ok(())
    }
}

fn check_function(family: &Family, function: &Function, codes: &BTreeMap<&str, &ErrorName>) -> Result<()> {
    let name = &function.name;
    if !EFFECTS.contains(&function.effect.as_str()) {
        bail!("{name}: effect {} is not of the closed set", function.effect);
    }
    unique(name, family.common.iter().chain(&function.rules).map(|rule| rule.id.as_str()))?;
    for param in &function.params {
        if !SHAPES.contains(&param.shape.as_str()) {
            bail!("{name}.{}: shape {} is not of the closed set", param.name, param.shape);
        }
    }
    for gate in &function.gate {
        let when = gate.when.as_deref().unwrap_or("always");
        if !RIGHTS.contains(&gate.right.as_str())
            || !SCOPES.contains(&gate.scope.as_str())
            || !CONDITIONS.contains(&when)
        {
            bail!("{name}: gate {gate:?} uses a word outside the closed sets");
        }
        if let Some(param) = &gate.param
            && !function.params.iter().any(|p| p.name == *param)
        {
            bail!("{name}: gate names the unknown parameter {param}");
        }
    }
    for condition in &function.conditions {
        if !codes.contains_key(condition.code.as_str()) {
            bail!("{name}: {} is not in errors.toml", condition.code);
        }
        if (condition.prove == "never") != condition.why.is_some() {
            bail!("{name}/{}: `never` and its reason go together", condition.code);
        }
    }
    Ok(())
}

fn unique<'a>(place: &str, ids: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            bail!("{place}: rule id {id} stands twice");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    #[test]
    fn the_table_is_complete() {
        let spec = Spec::load(&workspace_root()).expect("the committed table loads");
        assert_eq!(spec.functions().count(), 63);
        assert_eq!(spec.functions().map(|f| f.conditions.len()).sum::<usize>(), 550);
        let own: usize = spec.functions().map(|f| f.rules.len()).sum();
        let common: usize = spec.families.iter().map(|f| f.common.len()).sum();
        assert_eq!((own, common), (759, 15), "774 rules, a common one counted once in its family");
        assert_eq!(spec.errors.len(), 83);
    }

    #[test]
    fn no_common_rule_is_left_in_a_function() {
        let spec = Spec::load(&workspace_root()).expect("the committed table loads");
        let strays: Vec<_> = spec
            .functions()
            .flat_map(|f| f.rules.iter())
            .filter(|rule| {
                rule.id.starts_with("common-") || rule.text.contains("every function in this file")
            })
            .map(|rule| rule.id.as_str())
            .collect();
        assert!(strays.is_empty(), "{strays:?}");
    }

    #[test]
    fn every_word_of_the_closed_sets_is_explained_and_used() {
        let root = workspace_root();
        let spec = Spec::load(&root).expect("the committed table loads");
        let readme = std::fs::read_to_string(root.join("docs/spec/README.md")).expect("README is there");
        let used: BTreeSet<&str> = spec
            .functions()
            .flat_map(|f| f.params.iter().map(|p| p.shape.as_str()))
            .chain(spec.functions().flat_map(|f| f.gate.iter().map(|g| g.scope.as_str())))
            .chain(spec.functions().flat_map(|f| f.gate.iter().filter_map(|g| g.when.as_deref())))
            .collect();
        for word in SHAPES.iter().chain(&SCOPES).chain(&CONDITIONS) {
            assert!(readme.contains(&format!("`{word}`")), "docs/spec/README.md does not explain {word}");
            assert!(used.contains(word) || *word == "always", "{word} is used nowhere");
        }
    }

    fn sample() -> Spec {
        Spec::load(&workspace_root()).expect("the committed table loads")
    }

    #[test]
    fn a_word_outside_the_closed_sets_is_refused() {
        let mut spec = sample();
        spec.families[0].functions[0].params[0].shape = "blobby".to_owned();
        assert!(spec.check().expect_err("refused").to_string().contains("blobby"));
    }

    #[test]
    fn a_rule_id_that_stands_twice_is_refused() {
        let mut spec = sample();
        let id = spec.families[0].functions[0].rules[0].id.clone();
        spec.families[0].functions[0].rules[1].id = id;
        assert!(spec.check().expect_err("refused").to_string().contains("stands twice"));
    }

    #[test]
    fn an_unknown_code_is_refused() {
        let mut spec = sample();
        spec.families[0].functions[0].conditions[0].code = "ERROR_NO_SUCH_NAME".to_owned();
        assert!(spec.check().expect_err("refused").to_string().contains("ERROR_NO_SUCH_NAME"));
    }
}
