//! The structures of NTMS_OBJECTINFORMATION: offsets for `rsm-capi`, declarations for `ntmsapi.h`.
//!
//! What: the layouts of docs/spec/constants.toml, in the A and the W form, as a Rust table and as C
//! structures. Why: sixteen structures in two forms are too many to keep in step by hand; the C
//! library writes into bytes by this table, so no padding and no packing of a caller can differ.
//! Invariant: the C declarations, laid out by a compiler, have the offsets of the table (a test).

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use super::text::GENERATED;
use crate::spec::{Field, Spec, Struct};

/// The members of the union with their structures, without the ending of the form.
const UNION: [(&str, &str); 16] = [
    ("Drive", "NTMS_DRIVEINFORMATION"),
    ("DriveType", "NTMS_DRIVETYPEINFORMATION"),
    ("Library", "NTMS_LIBRARYINFORMATION"),
    ("Changer", "NTMS_CHANGERINFORMATION"),
    ("ChangerType", "NTMS_CHANGERTYPEINFORMATION"),
    ("StorageSlot", "NTMS_STORAGESLOTINFORMATION"),
    ("IEDoor", "NTMS_IEDOORINFORMATION"),
    ("IEPort", "NTMS_IEPORTINFORMATION"),
    ("PhysicalMedia", "NTMS_PMIDINFORMATION"),
    ("LogicalMedia", "NTMS_LMIDINFORMATION"),
    ("Partition", "NTMS_PARTITIONINFORMATION"),
    ("MediaPool", "NTMS_MEDIAPOOLINFORMATION"),
    ("MediaType", "NTMS_MEDIATYPEINFORMATION"),
    ("LibRequest", "NTMS_LIBREQUESTINFORMATION"),
    ("OpRequest", "NTMS_OPREQUESTINFORMATION"),
    ("Computer", "NTMS_COMPUTERINFORMATION"),
];

/// The structure around the union.
const OUTER: &str = "NTMS_OBJECTINFORMATION";

/// Members of 16 bytes that are times; all others are ids.
const TIMES: [&str; 6] = ["Created", "Modified", "LastCleanedTs", "TimeQueued", "TimeCompleted", "Submitted"];

/// Members of 4 bytes that are TRUE or FALSE; all others are numbers.
const FLAGS: [&str; 4] =
    ["Enabled", "LibrarySupportsDriveCleaning", "BarCodeReaderInstalled", "AutoRecovery"];

/// The two forms, with the size of a character.
const FORMS: [(char, u64); 2] = [('A', 1), ('W', 2)];

/// Renders the table of offsets.
pub fn render(spec: &Spec) -> Result<String> {
    let mut out = format!("// {GENERATED}\n{HEAD}");
    for name in UNION.map(|(_, name)| name).iter().chain([&OUTER]) {
        writeln!(out, "/// `{name}`.")?;
        writeln!(out, "pub const {name}: Forms = Forms {{")?;
        for (form, _) in FORMS {
            let layout = of(spec, name, form)?;
            writeln!(out, "{}: Layout {{ size: {}, members: &[", form.to_ascii_lowercase(), layout.size)?;
            for field in members(layout) {
                writeln!(out, "member({:?}, {}, {}),", field.name, field.offset, field.size)?;
            }
            out.push_str("] },\n");
        }
        out.push_str("};\n\n");
    }
    Ok(out)
}

/// Renders the C declarations.
pub fn declarations(spec: &Spec) -> Result<String> {
    let mut out = String::new();
    for (_, name) in UNION {
        if spec.constants.structs.iter().any(|s| s.name == name) {
            declare(&mut out, of(spec, name, 'A')?, 1, "")?;
        } else {
            for (form, letter) in FORMS {
                declare(&mut out, of(spec, name, form)?, letter, "")?;
            }
            alias(&mut out, name)?;
        }
    }
    for (form, letter) in FORMS {
        let mut union = String::from("    union {\n");
        for (member, name) in UNION {
            writeln!(union, "        {} {member};", of(spec, name, form)?.name)?;
        }
        union.push_str("    } Info;\n");
        declare(&mut out, of(spec, OUTER, form)?, letter, &union)?;
    }
    alias(&mut out, OUTER)?;
    Ok(out)
}

/// Lists the structures that [`declarations`] declares.
#[cfg(test)]
pub fn declared(spec: &Spec) -> Vec<&Struct> {
    let names = UNION.map(|(_, name)| name).into_iter().chain([OUTER]);
    let is_one = |layout: &&Struct, name: &str| {
        layout.name == name || FORMS.iter().any(|(form, _)| layout.name == format!("{name}{form}"))
    };
    names.flat_map(|name| spec.constants.structs.iter().filter(move |layout| is_one(layout, name))).collect()
}

fn declare(out: &mut String, layout: &Struct, letter: u64, union: &str) -> Result<()> {
    let name = &layout.name;
    writeln!(out, "typedef struct {name} {{")?;
    for field in members(layout).filter(|field| field.name != "Info") {
        writeln!(out, "    {};", c_member(field, letter).with_context(|| name.clone())?)?;
    }
    writeln!(out, "{union}}} {name};\ntypedef {name} *LP{name};\n")?;
    Ok(())
}

/// Gives both forms the name without an ending, by what the program wants.
fn alias(out: &mut String, name: &str) -> Result<()> {
    writeln!(
        out,
        "#ifdef UNICODE\ntypedef {name}W {name};\ntypedef LP{name}W LP{name};\n#else\n\
         typedef {name}A {name};\ntypedef LP{name}A LP{name};\n#endif\n"
    )?;
    Ok(())
}

fn c_member(field: &Field, letter: u64) -> Result<String> {
    let name = &field.name;
    let c_type = match field.size {
        size if name.starts_with("sz") => {
            let character = if letter == 1 { "CHAR" } else { "WCHAR" };
            return Ok(format!("{character} {name}[{}]", size / letter));
        }
        size if name == "OmidLabelId" => return Ok(format!("BYTE {name}[{size}]")),
        16 if TIMES.contains(&name.as_str()) => "SYSTEMTIME",
        16 => "NTMS_GUID",
        8 => "INT64",
        4 if FLAGS.contains(&name.as_str()) => "BOOL",
        4 => "DWORD",
        2 => "WORD",
        size => bail!("no C type for {name} of {size} bytes"),
    };
    Ok(format!("{c_type} {name}"))
}

/// The members themselves, without those of the union.
fn members(layout: &Struct) -> impl Iterator<Item = &Field> {
    layout.fields.iter().filter(|field| !field.name.contains('.'))
}

/// Finds the layout of a form; a structure without text has one for both.
fn of<'a>(spec: &'a Spec, name: &str, form: char) -> Result<&'a Struct> {
    let own = format!("{name}{form}");
    let structs = &spec.constants.structs;
    let found = structs.iter().find(|s| s.name == own).or_else(|| structs.iter().find(|s| s.name == name));
    found.with_context(|| format!("constants.toml has no layout of {name}"))
}

const HEAD: &str = "\
//! Layouts of the structures of the C interface (docs/spec/constants.toml), by member.
//!
//! What: offset and size of every member, in the form with 8-bit and in that with 16-bit text. Why a
//! table: the structures are written as bytes, so their layout does not depend on this compiler.

/// One member of a structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its documented name.
    pub name: &'static str,
    /// Bytes from the start of the structure.
    pub offset: usize,
    /// Its size in bytes.
    pub size: usize,
}

/// The layout of a structure in one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Size of the structure in bytes.
    pub size: usize,
    /// Its members, in order.
    pub members: &'static [Member],
}

/// The layouts of a structure in both forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forms {
    /// With UTF-8 text.
    pub a: Layout,
    /// With UTF-16 text.
    pub w: Layout,
}

const fn member(name: &'static str, offset: usize, size: usize) -> Member {
    Member { name, offset, size }
}

";
