//! `rsm-model`'s `functions.rs`: the function table as constants.
//!
//! What: the hand-written types of `templates/functions.rs`, the closed sets as enums, the table.
//! Why: the gate, the server and the faces read one table instead of each keeping a list.
//! Invariant: the order of the table is the order of `FunctionName`.

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::text::{GENERATED, camel, code_variant, doc, quoted, service};
use crate::spec::{CONDITIONS, Function, Gate, Param, RIGHTS, SCOPES, SHAPES, Spec};

/// Renders the module file of the generated directory.
pub fn module() -> String {
    format!(
        "// {GENERATED}\n\
         //! What the specification (docs/spec) declares, as Rust.\n\
         //!\n\
         //! What: codes, constants and the function table. Why: names, numbers and rights stand in one\n\
         //! place, the specification; `cargo xtask codegen --check` holds these files to it.\n\n\
         pub mod codes;\npub mod constants;\npub mod functions;\n"
    )
}

/// Renders the table.
pub fn render(spec: &Spec) -> Result<String> {
    let mut out = format!("// {GENERATED}\n{}", include_str!("../../templates/functions.rs"));
    closed_set(&mut out, "Right", "An access right.", &RIGHTS, '_', right_doc)?;
    closed_set(
        &mut out,
        "Scope",
        "Whose access list is asked (docs/spec/README.md).",
        &SCOPES,
        '-',
        scope_doc,
    )?;
    closed_set(
        &mut out,
        "When",
        "When a gate rule holds (docs/spec/README.md).",
        &CONDITIONS,
        '-',
        when_doc,
    )?;
    closed_set(
        &mut out,
        "Shape",
        "What kind of thing a parameter is (docs/spec/README.md).",
        &SHAPES,
        '-',
        shape_doc,
    )?;
    let count = spec.functions().count();
    out.push_str("/// A function of the interface.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum FunctionName {\n");
    for function in spec.functions() {
        writeln!(out, "    /// {}\n    {},", doc(&function.summary), function.name)?;
    }
    writeln!(out, "}}\n\n/// The function table, in the order of [`FunctionName`].")?;
    writeln!(out, "pub const FUNCTIONS: &[FunctionSpec; {count}] = &[")?;
    for function in spec.functions() {
        entry(&mut out, spec, function)?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn closed_set(
    out: &mut String,
    name: &str,
    about: &str,
    words: &[&str],
    separator: char,
    explain: impl Fn(&str) -> Result<&'static str>,
) -> Result<()> {
    writeln!(
        out,
        "/// {about}\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum {name} {{"
    )?;
    for word in words {
        writeln!(out, "    /// {} (`{word}`).\n    {},", explain(word)?, camel(word, separator))?;
    }
    out.push_str("}\n\n");
    Ok(())
}

fn entry(out: &mut String, spec: &Spec, function: &Function) -> Result<()> {
    let operation = match function.operation_name() {
        Some(name) => format!("Some({})", spec.constant(name)?),
        None => "None".to_owned(),
    };
    let mut codes: Vec<&str> = Vec::new();
    for condition in &function.conditions {
        let known = spec.errors.iter().any(|e| e.name == condition.code && e.is_code());
        if known && !codes.contains(&condition.code.as_str()) {
            codes.push(&condition.code);
        }
    }
    let codes: Vec<_> = codes.iter().map(|code| format!("Code::{}", code_variant(code))).collect();
    let params = function.params.iter().map(param).collect::<Result<Vec<_>>>()?;
    let gate: Vec<_> = function.gate.iter().map(gate_rule).collect();
    writeln!(
        out,
        "    FunctionSpec {{ id: FunctionName::{name}, name: {quoted_name}, family: {family}, service: {service}, \
         summary: {summary}, effect: Effect::{effect}, queued: Queued::{queued}, operation: {operation}, \
         gate: &[{gate}], params: &[{params}], codes: &[{codes}], implemented: Implemented::{implemented} }},",
        name = function.name,
        quoted_name = quoted(&function.name),
        family = quoted(&function.group),
        service = quoted(&service(&function.group)),
        summary = quoted(&function.summary),
        effect = camel(&function.effect, '-'),
        queued = yes(function.queued),
        gate = gate.join(", "),
        params = params.join(", "),
        codes = codes.join(", "),
        implemented = yes(spec.is_implemented(&function.name)),
    )?;
    Ok(())
}

fn gate_rule(gate: &Gate) -> String {
    let param = gate.param.as_deref().map_or("None".to_owned(), |param| format!("Some({})", quoted(param)));
    format!(
        "GateRule {{ right: Right::{}, scope: Scope::{}, param: {param}, when: When::{} }}",
        camel(&gate.right, '_'),
        camel(&gate.scope, '-'),
        camel(gate.when.as_deref().unwrap_or("always"), '-'),
    )
}

fn param(param: &Param) -> Result<String> {
    let direction = match param.dir.as_str() {
        "in" => "In",
        "out" => "Out",
        "inout" => "InOut",
        other => bail!("{}: direction {other} is not known", param.name),
    };
    Ok(format!(
        "ParamSpec {{ name: {}, shape: Shape::{}, direction: Direction::{direction}, optional: Optional::{} }}",
        quoted(&param.name),
        camel(&param.shape, '-'),
        yes(param.optional),
    ))
}

const fn yes(value: bool) -> &'static str {
    if value { "Yes" } else { "No" }
}

fn right_doc(word: &str) -> Result<&'static str> {
    Ok(match word {
        "USE" => "Read attributes, mount and dismount",
        "MODIFY" => "Change names and attributes",
        "CONTROL" => "Operate: inject, eject, clean, door, allocate",
        "READ_CONTROL" => "Read the descriptor",
        "WRITE_DAC" => "Change the discretionary list; ownership grants it too",
        "WRITE_OWNER" => "Change owner or group; ownership grants it too",
        "SECURITY_PRIVILEGE" => "Change the system list; a privilege, not an entry of a list",
        other => bail!("the right {other} has no explanation"),
    })
}

fn scope_doc(word: &str) -> Result<&'static str> {
    Ok(match word {
        "computer" => "The computer object",
        "library" => "The library named by the parameter",
        "library-of-drive" => "The library of the drive",
        "library-of-slot" => "The library of the slot",
        "library-of-request" => "The library that the library request belongs to",
        "library-of-medium" => "The library that holds the medium, side or logical medium now",
        "library-of-object" => "The library that contains the object, which may be the object itself",
        "pool" => "The media pool named by the parameter",
        "parent-pool" => "The pool above the one named, the root pool for a top-level name",
        "pool-of-medium" => "The pool of the medium, side or logical medium",
        "source-pool" => "The pool that the medium is taken from",
        "destination-pool" => "The pool that the medium goes to",
        "object" => "The scope that P-220 gives to the object's type",
        "each-result" => "The P-220 scope of each object listed; those that fail are left out",
        "ui-object" => "The library or computer whose messages are meant; nothing for the caller's own",
        other => bail!("the scope {other} has no explanation"),
    })
}

fn when_doc(word: &str) -> Result<&'static str> {
    Ok(match word {
        "always" => "Always",
        "given" => "The parameter holds an id",
        "created" => "The call creates the object",
        "free-pool" => "The scope's pool is a free pool",
        "not-free-pool" => "The scope's pool is no free pool",
        "library-object" => "The object is a library",
        "not-library-object" => "The object is no library",
        "discretionary-list" => "The discretionary list is written",
        "owner-or-group" => "Owner or group is written",
        "system-list" => "The system list is written",
        "request-cleaner" => "The operator request asks for a cleaner",
        "request-device-service" => "The operator request asks for service of a device",
        "request-new-media" => "The operator request asks for new media",
        "request-move-media" => "The operator request asks for a medium to be moved",
        "request-message" => "The operator request is a plain message",
        other => bail!("the condition {other} has no explanation"),
    })
}

fn shape_doc(word: &str) -> Result<&'static str> {
    Ok(match word {
        "session" => "The session that every call runs in",
        "handle" => "A notification or detection handle",
        "handle-out" => "A new handle",
        "id" => "The id of one object",
        "id-out" => "Receives an id",
        "id-in-out" => "An id that is read or written, as the action says",
        "id-list" => "Ids, as many as the count says",
        "id-list-out" => "Receives ids, as many as the size allows",
        "id-list-in-out" => "Ids that are read or written, as the flags say",
        "count" => "The length of the lists",
        "size" => "The size of the blob or buffer",
        "size-out" => "Receives the size that is needed",
        "size-in-out" => "The capacity; receives the size that there is",
        "number" => "A plain number",
        "number-out" => "Receives a plain number",
        "flags" => "Bits that may be combined",
        "action" => "Which of several things to do",
        "kind" => "Which kind of thing is meant",
        "object-type" => "A value of `NtmsObjectsTypes`",
        "priority" => "-15 to 15, higher first",
        "timeout-ms" => "Milliseconds; 0 never waits, 0xFFFFFFFF waits for ever",
        "text" => "Text",
        "text-out" => "Receives text",
        "text-list-out" => "Receives several texts",
        "blob" => "Bytes",
        "blob-out" => "Receives bytes",
        "security-descriptor" => "A self-relative security descriptor",
        "security-descriptor-out" => "Receives a self-relative security descriptor",
        "object-information" => "The fields of one object",
        "object-information-in-out" => "The fields of one object; some are filled in",
        "object-information-list-in-out" => "The fields of several objects; some are filled in",
        "allocation-information-out" => "Receives where an allocated medium came from",
        "notification-out" => "Receives one notification",
        "label-information-out" => "Receives a label that was recognised",
        "reserved" => "Ignored",
        other => bail!("the shape {other} has no explanation"),
    })
}
