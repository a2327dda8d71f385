//! What stands at the beginning of a side: its label, as a recogniser told it.
//!
//! A label is the third witness of a medium's identity beside bar code and cartridge memory (lessons, rule 1), and the
//! only one that says what would be lost if the medium were written. The workers read and recognise; the engine
//! compares with what is recorded of the side.
//!
//! Invariant: a label is told from another by its kind and id; the info is for people.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a reader found at the beginning of a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "snake_case")]
pub enum MediumLabel {
    /// Nothing was ever written, or all was erased.
    Blank,
    /// A label that a recogniser claims.
    Known(Label),
    /// Something that no recogniser claims.
    Unknown {
        /// A mark by which it is told from anything else that nobody claims; empty where none was made.
        #[serde(serialize_with = "hexadecimal", deserialize_with = "from_hexadecimal")]
        mark: Vec<u8>,
    },
}

impl Default for MediumLabel {
    /// What nobody has looked at is unknown.
    fn default() -> Self {
        Self::Unknown { mark: Vec::new() }
    }
}

/// A label that was recognised (MediaLabelInfo, P-56).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Label type: the format, at most 63 characters.
    pub kind: String,
    /// Label id: 1 to 255 bytes.
    #[serde(serialize_with = "hexadecimal", deserialize_with = "from_hexadecimal")]
    pub id: Vec<u8>,
    /// Description, at most 255 characters.
    pub info: String,
}

impl Label {
    /// Label type of the free label that the service writes on tapes: the software name of an MTF label (P-61, P-62).
    pub const FREE_TAPE_KIND: &str = "RSM free tape label";
    /// Label type of the binary free label that the service writes on discs (P-45).
    pub const FREE_DISC_KIND: &str = "RSM free disc label";

    /// Whether two labels name one side: kind and id are the same, whatever the description says.
    pub fn names_the_same(&self, other: &Label) -> bool {
        self.kind == other.kind && self.id == other.id
    }
}

fn hexadecimal<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn from_hexadecimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    use serde::de::Error;
    let text = String::deserialize(deserializer)?;
    if text.len() % 2 != 0 || !text.is_ascii() {
        return Err(D::Error::custom("a label id is an even number of hexadecimal digits"));
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).map_err(D::Error::custom))
        .collect()
}
