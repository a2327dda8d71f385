//! `rsm-capi`'s `generated.rs`: the exported C functions.
//!
//! What: the hand-written functions of `templates/capi.rs` and, per export, a function that converts
//! each parameter by its shape. Why: NULL checks, panics and text forms are one rule per shape, not
//! one habit per function. Invariant: the conversions of a function run in this order: session,
//! then pointers and counts (common-check-order).

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::text::{GENERATED, doc};
use crate::spec::{Function, Param, Spec};

/// Which of the two text forms an export takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// UTF-8.
    A,
    /// UTF-16.
    W,
    /// No text among the parameters.
    Plain,
}

impl Form {
    /// Lists the forms in which a function is exported.
    pub fn of(function: &Function) -> &'static [Form] {
        if function.params.iter().any(|p| p.shape.starts_with("text")) {
            &[Form::A, Form::W]
        } else {
            &[Form::Plain]
        }
    }

    /// Gives the ending of the symbol.
    pub const fn suffix(self) -> &'static str {
        match self {
            Form::A => "A",
            Form::W => "W",
            Form::Plain => "",
        }
    }
}

/// Renders the file.
pub fn render(spec: &Spec) -> Result<String> {
    let mut out = format!("// {GENERATED}\n{}", include_str!("../../templates/capi.rs"));
    for name in &spec.implemented.c_exports {
        let (_, function) = spec.function(name)?;
        for form in Form::of(function) {
            export(&mut out, function, *form)?;
        }
    }
    Ok(out)
}

fn export(out: &mut String, function: &Function, form: Form) -> Result<()> {
    let handle = function.returns.starts_with("HANDLE");
    let params = function.params.iter().map(|p| signature(p, form)).collect::<Result<Vec<_>>>()?;
    writeln!(out, "/// {}", doc(&function.summary))?;
    out.push_str("#[unsafe(no_mangle)]\n");
    if params.len() > 7 {
        out.push_str("#[allow(clippy::too_many_arguments, reason = \"the prototype of the C interface\")]\n");
    }
    writeln!(
        out,
        "pub extern \"C\" fn {}{}({}) -> {} {{",
        function.name,
        form.suffix(),
        params.join(", "),
        if handle { "*mut c_void" } else { "u32" },
    )?;
    let body = Body::of(function, form)?;
    writeln!(out, "    {}(|| {{", if handle { "opening" } else { "answering" })?;
    for line in body.before {
        writeln!(out, "        {line}")?;
    }
    writeln!(out, "        {}", body.call)?;
    out.push_str("    })\n}\n\n");
    Ok(())
}

/// The Rust parameter for a parameter of the table.
fn signature(param: &Param, form: Form) -> Result<String> {
    let rust = match param.shape.as_str() {
        "session" => "*mut c_void",
        "id" | "id-list" => "*const Guid",
        "id-list-out" | "id-list-in-out" => "*mut Guid",
        "count" | "flags" | "object-type" | "timeout-ms" | "action" => "u32",
        "size-in-out" => "*mut u32",
        "priority" => "c_int",
        "text" if form == Form::W => "*const u16",
        "text" => "*const c_char",
        "reserved" => "*const MountInformation",
        other => bail!("{}: no conversion for the shape {other} at the C border", param.name),
    };
    let unused = if param.shape == "reserved" { "_" } else { "" };
    Ok(format!("{unused}{}: {rust}", snake(&param.name)))
}

struct Body {
    before: Vec<String>,
    call: String,
}

impl Body {
    fn of(function: &Function, form: Form) -> Result<Body> {
        let count = function.params.iter().find(|p| p.shape == "count").map(|p| snake(&p.name));
        let mut before = Vec::new();
        let mut args = Vec::new();
        let mut list = None;
        let mut size = None;
        let mut in_out = None;
        for param in &function.params {
            let name = snake(&param.name);
            let counted = || count.clone().unwrap_or_else(|| "1".to_owned());
            match param.shape.as_str() {
                "session" if function.name == "CloseNtmsSession" => {
                    args.push(format!("Handle({name}.addr())"))
                }
                "session" => {
                    before.push(format!("let {name} = session({name})?;"));
                    args.push(name);
                }
                "id" if param.optional => {
                    before.push(format!("let {name} = optional_id({name})?;"));
                    args.push(name);
                }
                "id-list" => {
                    before.push(format!("let {name} = id_list({name}, {})?;", counted()));
                    args.push(format!("&{name}"));
                }
                "id-list-in-out" => {
                    before.push(format!("let mut {name}_now = id_list({name}, {})?;", counted()));
                    args.push(format!("&mut {name}_now"));
                    in_out = Some(name);
                }
                "id-list-out" => list = Some(name),
                "size-in-out" => {
                    args.push("capacity".to_owned());
                    size = Some(name);
                }
                "text" if form == Form::W => args.push(format!("text_w({name})")),
                "text" => args.push(format!("text_a({name})")),
                "flags" | "object-type" | "timeout-ms" | "action" | "priority" => args.push(name),
                "count" | "reserved" => {}
                other => bail!("{}.{}: no conversion for the shape {other}", function.name, param.name),
            }
        }
        let plain = format!("calls::{}({})", rust_name(&function.name)?, args.join(", "));
        let call = match (list, size, in_out) {
            (Some(list), Some(size), None) => format!("fill_list({list}, {size}, |capacity| {plain})"),
            (None, None, Some(name)) => {
                before.push(format!("done({plain})?;"));
                before.push(format!("write_ids({name}, &{name}_now);"));
                "Ok(())".to_owned()
            }
            (None, None, None) if function.returns.starts_with("HANDLE") => plain,
            (None, None, None) => format!("done({plain})"),
            other => bail!("{}: no conversion for the outputs {other:?}", function.name),
        };
        Ok(Body { before, call })
    }
}

/// Gives the name under which `crate::calls` carries the function out.
fn rust_name(function: &str) -> Result<&'static str> {
    Ok(match function {
        "OpenNtmsSession" => "open_session",
        "CloseNtmsSession" => "close_session",
        "EnumerateNtmsObject" => "enumerate",
        "MountNtmsMedia" => "mount",
        "DismountNtmsMedia" => "dismount",
        other => bail!("{other} has no name in crate::calls"),
    })
}

/// Turns `lpdwListSize` into `list_size`: the prefix says a C type that Rust says itself.
fn snake(name: &str) -> String {
    let bare = ["lpdw", "lpsz", "lp", "dw", "h"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix).filter(|rest| rest.starts_with(char::is_uppercase)))
        .unwrap_or(name);
    let mut out = String::new();
    for (at, letter) in bare.chars().enumerate() {
        if letter.is_ascii_uppercase() && at > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    if out == "type" {
        "object_type".to_owned()
    } else if out == "session" {
        "session_handle".to_owned()
    } else {
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_c_types_are_dropped() {
        for (c, rust) in [
            ("lpdwListSize", "list_size"),
            ("hSession", "session_handle"),
            ("dwType", "object_type"),
            ("lpMediaId", "media_id"),
        ] {
            assert_eq!(snake(c), rust);
        }
    }
}
