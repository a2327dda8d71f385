//! The list of what is not proven: docs/spec/unproven.toml.
//!
//! Why a list with reasons: "not yet" is honest only if it says what is missing. Invariant: what is missing is named
//! in a field that a program reads: a function of the table, or a bed that the list itself declares.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The list's place.
pub const LIST: &str = "docs/spec/unproven.toml";

/// A test bed that the project does not have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bed {
    /// Its name, as `needs = "bed: NAME"` says it.
    pub name: String,
    /// What it would be.
    pub what: String,
}

/// A function without a handler: none of its ids is proven.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whole {
    /// The function.
    pub name: String,
    /// Why it is not there.
    pub why: String,
}

/// One id that is not proven.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The id as the catalogue writes it.
    pub id: String,
    /// A function, or `bed: NAME`.
    pub needs: String,
    /// What it is needed for.
    pub why: String,
}

/// The list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unproven {
    /// The beds that are named as missing.
    #[serde(default, rename = "bed")]
    pub beds: Vec<Bed>,
    /// The functions without a handler.
    #[serde(default, rename = "function")]
    pub functions: Vec<Whole>,
    /// The ids, one by one.
    #[serde(default)]
    pub ids: Vec<Line>,
}

impl Unproven {
    /// Reads the list below the root.
    pub fn load(root: &Path) -> Result<Unproven> {
        let text = std::fs::read_to_string(root.join(LIST)).with_context(|| format!("cannot read {LIST}"))?;
        toml::from_str(&text).with_context(|| format!("{LIST} is not as conformance expects it"))
    }
}
