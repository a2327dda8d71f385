//! `rsm-model`'s `constants.rs`: limits and enumerations of the public header as plain constants.
//!
//! What: one module per subject, original names, original numbers. Why: hand-written states are
//! compared with these numbers by a test instead of being trusted. Invariant: no Rust enums here;
//! an enumeration with a negative value is `i32`, every other one `u32`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;

use super::text::{GENERATED, doc};
use crate::spec::{Enumeration, Spec};

/// Renders the file.
pub fn render(spec: &Spec) -> Result<String> {
    let mut out = format!("// {GENERATED}\n{HEAD}");
    out.push_str("/// Limits: array dimensions, the terminator included where a string.\npub mod limits {\n");
    for limit in &spec.constants.limits {
        writeln!(out, "    /// {}", doc(&upper(&limit.meaning)))?;
        writeln!(out, "    pub const {}: usize = {};", limit.name, limit.value)?;
    }
    out.push_str("}\n");
    let mut groups: BTreeMap<String, Vec<&Enumeration>> = BTreeMap::new();
    for e in &spec.constants.enums {
        groups.entry(module(&e.group)).or_default().push(e);
    }
    for (group, enums) in groups {
        let names: Vec<_> = enums.iter().map(|e| e.name.as_str()).collect();
        writeln!(out, "\n/// Constants of {}.", names.join(", "))?;
        writeln!(out, "pub mod {group} {{")?;
        for e in enums {
            enumeration(&mut out, e)?;
        }
        out.push_str("}\n");
    }
    Ok(out)
}

/// Names the module of a subject; `async` is a word of the language.
fn module(group: &str) -> String {
    if group == "async" { "asynchronous".to_owned() } else { group.replace(' ', "_") }
}

fn enumeration(out: &mut String, e: &Enumeration) -> Result<()> {
    let kind = if e.values.iter().any(|v| v.value < 0) { "i32" } else { "u32" };
    for value in &e.values {
        writeln!(out, "    /// {} (`{}`).", doc(&value.meaning).trim_end_matches('.'), e.name)?;
        if value.name.chars().any(|c| c.is_ascii_lowercase()) {
            out.push_str("    #[allow(non_upper_case_globals)]\n");
        }
        writeln!(out, "    pub const {}: {kind} = {};", value.name, value.value)?;
    }
    Ok(())
}

fn upper(text: &str) -> String {
    if text.starts_with("sz") {
        return format!("Length of {text}");
    }
    let mut letters = text.chars();
    letters.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

const HEAD: &str = "\
//! Numbers of the public interface (docs/spec/constants.toml), under their original names.
//!
//! What: limits and every enumeration, one module per subject. Why: the numbers that leave through
//! the wire and the C border have one source; states of the model are hand-written and held against
//! these by a test.

";
