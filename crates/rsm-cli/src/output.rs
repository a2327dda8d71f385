//! What is printed on standard output: a table, a list of fields, or JSON.
//!
//! Why: each command makes rows and does not know how they are shown. The rows are the JSON; the table is a
//! selection of the same fields. Invariant: rows stand in the order that their kind defines, so that two runs
//! over the same state print the same.

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// One line of a table.
pub trait Row: Serialize {
    /// The titles of the table.
    const TITLES: &'static [&'static str];
    /// The cells, one a title.
    fn cells(&self) -> Vec<String>;
    /// What the rows are sorted by.
    fn place(&self) -> (String, u64, String);
}

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Tables for people.
    Text,
    /// JSON for scripts.
    Json,
}

impl Format {
    /// Renders a list.
    pub fn list<R: Row>(self, rows: Vec<R>) -> String {
        let rows = sorted(rows);
        match self {
            Format::Json => json(&rows),
            Format::Text => table(R::TITLES, rows.iter().map(Row::cells)),
        }
    }

    /// Renders everything about one thing.
    pub fn one<R: Serialize>(self, row: &R) -> String {
        match self {
            Format::Json => json(row),
            Format::Text => {
                let mut lines = Vec::new();
                let ordered: Ordered = serde_json::from_str(&json(row)).expect("JSON that was just written");
                flatten("", &ordered, &mut lines);
                let widest = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
                lines.iter().map(|(name, text)| format!("{name:widest$}  {text}\n")).collect()
            }
        }
    }

    /// Renders a sentence for people, or a value for scripts.
    pub fn say<R: Serialize>(self, sentence: &str, value: &R) -> String {
        match self {
            Format::Json => json(value),
            Format::Text => format!("{sentence}\n"),
        }
    }
}

/// Puts rows in the order of their kind.
fn sorted<R: Row>(mut rows: Vec<R>) -> Vec<R> {
    rows.sort_by_cached_key(Row::place);
    rows
}

fn json<S: Serialize + ?Sized>(value: &S) -> String {
    let mut text =
        serde_json::to_string_pretty(value).expect("rows have text keys and no values that JSON cannot show");
    text.push('\n');
    text
}

fn table(titles: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(titles.to_vec());
    for cells in rows {
        table.add_row(cells);
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim()));
    lines.collect()
}

/// JSON whose fields stand in the order in which they were written; `serde_json::Value` would sort them.
enum Ordered {
    Leaf(String),
    List(Vec<Ordered>),
    Fields(Vec<(String, Ordered)>),
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrderedVisitor)
    }
}

struct OrderedVisitor;

impl<'de> Visitor<'de> for OrderedVisitor {
    type Value = Ordered;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered::Leaf("-".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Ordered, E> {
        Ok(Ordered::Leaf(if value { "yes" } else { "no" }.to_owned()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Ordered, E> {
        Ok(Ordered::Leaf(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Ordered, E> {
        Ok(Ordered::Leaf(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Ordered, E> {
        Ok(Ordered::Leaf(or_dash(Some(value))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Ordered, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Ordered::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Ordered, A::Error> {
        let mut fields = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            fields.push(entry);
        }
        Ok(Ordered::Fields(fields))
    }
}

/// Lists the leaves of a value with their names, `outer inner` for nested ones.
fn flatten(name: &str, value: &Ordered, lines: &mut Vec<(String, String)>) {
    match value {
        Ordered::Leaf(text) => lines.push((name.to_owned(), text.clone())),
        Ordered::List(items) if items.is_empty() => lines.push((name.to_owned(), "-".to_owned())),
        Ordered::List(items) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{name} {index}"), item, lines);
            }
        }
        Ordered::Fields(fields) => {
            for (field, inner) in fields {
                let field = field.replace('_', " ");
                let name = if name.is_empty() { field } else { format!("{name} {field}") };
                flatten(&name, inner, lines);
            }
        }
    }
}

/// Shows a missing text as a dash.
pub fn or_dash(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or("-").to_owned()
}
