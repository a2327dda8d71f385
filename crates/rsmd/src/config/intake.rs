//! What the configuration decides about cartridges that are new: their type, and the pool that takes blank ones.
//!
//! Why with the other values and not in the database: a rule is an administrator's recorded decision (decision 32),
//! and stands where the library stands. Invariant: a pattern and a path that were read are such as the desk takes
//! without a word; it could not refuse them to anybody when a cartridge comes.

use rsm_engine::api::IntakeRule;
use rsm_model::generated::constants::limits::{
    NTMS_BARCODE_LENGTH, NTMS_OBJECTNAME_LENGTH, NTMS_POOLHIERARCHY_LENGTH,
};
use rsm_model::media_catalog::{CATALOG, CatalogEntry};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// A media type by its name or number (docs/reference/media-types.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// MediaTypeCode.
    pub code: u32,
    /// Its name.
    pub name: &'static str,
}

/// `[[library.rule]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Pattern of the bar code: `*` stands for any characters, `?` for one.
    pub bar_code: String,
    /// Type of the cartridges.
    pub media_type: Option<MediaType>,
    /// Path of the free or application pool that takes them once they were read as blank.
    pub pool: Option<String>,
}

impl Rule {
    /// The rule as the engine wants it.
    pub fn engine(&self) -> IntakeRule {
        IntakeRule {
            bar_code: self.bar_code.clone(),
            media_type: self.media_type.map(|kind| kind.code),
            pool: self.pool.clone(),
        }
    }

    /// What is wrong with it; empty when nothing is.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let pattern = &self.bar_code;
        if pattern.is_empty() || pattern.chars().count() >= NTMS_BARCODE_LENGTH || pattern.contains("**") {
            problems.push(format!(
                "bar_code {pattern:?}: a pattern has 1 to {} characters and never two * in a row",
                NTMS_BARCODE_LENGTH - 1
            ));
        }
        if self.media_type.is_none() && self.pool.is_none() {
            problems.push(format!(
                "the rule for {pattern:?} decides nothing: give it a media_type, a pool, or both"
            ));
        }
        problems.extend(self.pool.as_deref().and_then(path_problem));
        problems
    }
}

/// What is wrong with the path of a pool (createpool-name-limit), or with the pool itself (decision 29).
fn path_problem(path: &str) -> Option<String> {
    let inner = path.strip_prefix('\\').unwrap_or(path);
    let levels: Vec<&str> = inner.split('\\').collect();
    let bad = |level: &&str| {
        level.is_empty()
            || level.trim() != *level
            || level.chars().any(char::is_control)
            || level.chars().count() >= NTMS_OBJECTNAME_LENGTH
    };
    if levels.iter().any(bad) || inner.chars().count() + 1 >= NTMS_POOLHIERARCHY_LENGTH {
        return Some(format!(
            "pool {path:?} is no path: levels are separated by a backslash, have 1 to {} characters and neither begin \
             nor end with a blank, as in '\\Lab\\Daily'",
            NTMS_OBJECTNAME_LENGTH - 1
        ));
    }
    if matches!(levels[0], "Import" | "Unrecognized") {
        return Some(format!(
            "pool {path:?}: only the manager puts media there; name a free pool or your own"
        ));
    }
    None
}

impl<'de> Deserialize<'de> for MediaType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrNumber;
        impl Visitor<'_> for NameOrNumber {
            type Value = MediaType;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("the name or number of a media type, such as \"LTO-8\"")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<MediaType, E> {
                found(|entry| entry.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
                    let distance = |entry: &&CatalogEntry| super::distance(name, entry.name);
                    let nearest = CATALOG.iter().min_by_key(distance).filter(|entry| distance(entry) <= 2);
                    let meant = match nearest {
                        Some(entry) => format!("did you mean {:?}?", entry.name),
                        None => "docs/reference/media-types.md lists them".to_string(),
                    };
                    E::custom(format!("{name:?} is no media type; {meant}"))
                })
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<MediaType, E> {
                found(|entry| i64::from(entry.code) == number).ok_or_else(|| {
                    let lists = "docs/reference/media-types.md lists them";
                    E::custom(format!("{number:#x} is no media type; {lists}"))
                })
            }
        }
        deserializer.deserialize_any(NameOrNumber)
    }
}

fn found(wanted: impl Fn(&CatalogEntry) -> bool) -> Option<MediaType> {
    let entry = CATALOG.iter().find(|entry| wanted(entry))?;
    Some(MediaType { code: entry.code, name: entry.name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_that_pools_have() {
        for good in ["Lab", "\\Lab\\Daily", "\\Free\\LTO-8", "\\a/b"] {
            assert_eq!(path_problem(good), None, "{good}");
        }
        let long = format!("\\{}", "x".repeat(64));
        for bad in ["", "\\", "\\\\Lab", "Lab\\", "\\ Lab", "a\tb", &long, "\\Import\\LTO-8", "Unrecognized"]
        {
            assert!(path_problem(bad).is_some(), "{bad}");
        }
    }
}
