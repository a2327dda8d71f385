//! `rsm-model`'s `codes.rs`: the documented conditions as one enum.
//!
//! What: a variant per name of `errors.toml`, with name, number and one sentence. Why: inside the
//! project a condition is its name; the number is what the C border and old clients see, and several
//! names share one. Invariant: no lookup by number that pretends to be exact.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::text::{GENERATED, code_variant, quoted};
use crate::spec::{ErrorName, Spec};

/// Renders the file.
pub fn render(spec: &Spec) -> Result<String> {
    let codes = spec.codes();
    let mut out = format!("// {GENERATED}\n{HEAD}");
    writeln!(out, "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum Code {{")?;
    for code in &codes {
        writeln!(out, "    /// {} (`{}`, {}{})", sentence(code)?, code.name, number(code)?, borrowed(code))?;
        writeln!(out, "    {},", code_variant(&code.name))?;
    }
    out.push_str("}\n\nimpl Code {\n");
    writeln!(out, "    /// Every code, by number and name.\n    pub const ALL: [Code; {}] = [", codes.len())?;
    for code in &codes {
        writeln!(out, "        Code::{},", code_variant(&code.name))?;
    }
    out.push_str("    ];\n\n");
    arm_table(
        &mut out,
        &codes,
        "/// Gives the documented name, as it travels on the wire.",
        "name",
        "&'static str",
        |code| Ok(quoted(&code.name)),
    )?;
    arm_table(
        &mut out,
        &codes,
        "/// Gives the Win32 number; names without one of their own borrow it (docs/spec/decisions.md).",
        "number",
        "u32",
        |code| Ok(number(code)?.to_string()),
    )?;
    arm_table(&mut out, &codes, "/// Gives one sentence for people.", "meaning", "&'static str", |code| {
        Ok(quoted(sentence(code)?))
    })?;
    out.push_str(LOOKUPS);
    Ok(out)
}

fn number(code: &ErrorName) -> Result<u32> {
    let number = code.travelling().with_context(|| format!("{} has no number", code.name))?;
    Ok(u32::try_from(number)?)
}

fn sentence(code: &ErrorName) -> Result<&str> {
    code.meaning.as_deref().with_context(|| format!("{} has no meaning", code.name))
}

fn borrowed(code: &ErrorName) -> &'static str {
    if code.value.is_some() { "" } else { ", a borrowed number" }
}

fn arm_table(
    out: &mut String,
    codes: &[&ErrorName],
    comment: &str,
    name: &str,
    result: &str,
    value: impl Fn(&ErrorName) -> Result<String>,
) -> Result<()> {
    writeln!(out, "    {comment}\n    pub const fn {name}(self) -> {result} {{\n        match self {{")?;
    for code in codes {
        writeln!(out, "            Code::{} => {},", code_variant(&code.name), value(code)?)?;
    }
    out.push_str("        }\n    }\n\n");
    Ok(())
}

const HEAD: &str = "\
//! The documented conditions (docs/spec/errors.toml).
//!
//! What: every name that a call can end in, with its number and one sentence. Why: the name is the
//! condition; the number is what the C border and old clients see. Several names share a number
//! (docs/spec/decisions.md, \"Codes without a number\"), so there is no way back from a number to one name.

use std::fmt;

/// A documented condition: how a call ended.
";

const LOOKUPS: &str = r#"    /// Finds a code by its documented name.
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.name() == name)
    }

    /// Lists the codes that travel with a number, the one that owns it first.
    pub fn with_number(number: u32) -> impl Iterator<Item = Code> {
        Code::ALL.into_iter().filter(move |code| code.number() == number)
    }
}

impl fmt::Display for Code {
    /// Writes name and number: `ERROR_ACCESS_DENIED (5)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.number())
    }
}
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    #[test]
    fn a_name_without_a_number_borrows_the_refined_one() {
        let spec = Spec::load(&workspace_root()).expect("the table loads");
        let text = render(&spec).expect("rendered");
        let after = text.split("fn number").nth(1).expect("the numbers");
        for (variant, number) in [
            ("SlotNotPresent", 4316),
            ("SlotFull", 5006),
            ("SlotEmpty", 4306),
            ("AlreadyReserved", 4331),
            ("NoSlotSet", 4332),
            ("NoSlotReserved", 4332),
            ("InvalidSlot", 4312),
            ("DuplicateOmid", 4300),
            ("InvalidPartition", 4300),
            ("Success", 0),
        ] {
            assert!(after.contains(&format!("Code::{variant} => {number},")), "{variant}");
        }
        assert!(!text.contains("InvalidHandleValue") && !text.contains("NoError"));
    }
}
