//! Strictness inside requests: a message that also travels in answers, and must not swallow a typing mistake.
//!
//! Why: answers stay open for newer fields, so their messages cannot refuse unknown ones themselves. In a request a
//! misspelt member would be written as 0 (SetNtmsObjectInformation/setinfo-all-writable). Invariant: what is read
//! here has no field, at any depth, that the schema does not have.

use crate::v1;
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Value;

/// A field of a message: JSON name, name, message inside or nothing.
type Field = (&'static str, &'static str, &'static str);

include!(concat!(env!("OUT_DIR"), "/fields.rs"));

/// Reads the information of a request; none for null.
pub(crate) fn information<'de, D, F>(deserializer: D) -> Result<F, D::Error>
where
    D: Deserializer<'de>,
    F: From<Option<v1::ObjectInformation>>,
{
    let value: Value = Deserialize::deserialize(deserializer)?;
    if let Some(unknown) = unknown("ObjectInformation", &value) {
        return Err(D::Error::custom(format!("unknown field `{unknown}` in information")));
    }
    serde_json::from_value::<Option<v1::ObjectInformation>>(value).map(Into::into).map_err(D::Error::custom)
}

/// Finds a field that a message does not have.
fn unknown<'a>(message: &str, value: &'a Value) -> Option<&'a str> {
    let fields = FIELDS.iter().find(|(name, _)| *name == message).map_or(&[][..], |(_, fields)| fields);
    value.as_object()?.iter().find_map(|(key, inner)| {
        match fields.iter().find(|(json, name, _)| json == key || name == key) {
            None => Some(key.as_str()),
            Some((_, _, "")) => None,
            Some((_, _, nested)) => unknown(nested, inner),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn unknown_fields_are_found_at_any_depth() {
        let check =
            |value: Value, expect| assert_eq!(unknown("ObjectInformation", &value), expect, "{value}");
        check(json!({ "objectType": 12, "name": "x", "mediaPool": { "maxAllocates": 3 } }), None);
        check(json!({ "object_type": 12, "media_pool": { "max_allocates": 3 } }), None);
        check(json!({ "mediaPool": { "maxAllocate": 3 } }), Some("maxAllocate"));
        check(json!({ "slot": {} }), Some("slot"));
        check(json!({ "drive": { "seen": { "fence": true } } }), Some("fence"));
    }
}
