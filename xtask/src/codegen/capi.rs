//! `rsm-capi`'s `generated.rs`: the exported C functions.
//!
//! What: the hand-written functions of `templates/capi.rs` and, per export, a function that converts
//! each parameter by its shape. Why: NULL checks, panics and text forms are one rule per shape, not
//! one habit per function. Invariant: the conversions of a function run in this order: session,
//! then pointers and counts (common-check-order).

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

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
        let has_text = |shape: &str| shape.starts_with("text") || shape.starts_with("object-information");
        if function.params.iter().any(|p| has_text(&p.shape)) { &[Form::A, Form::W] } else { &[Form::Plain] }
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
    match function.params.iter().find(|p| p.shape == "id-in-out" && allocates(function)) {
        Some(id) => writeln!(out, "    allocating({}, || {{", snake(&id.name))?,
        None => writeln!(out, "    {}(|| {{", if handle { "opening" } else { "answering" })?,
    }
    for line in body.before {
        writeln!(out, "        {line}")?;
    }
    writeln!(out, "        {}", body.call)?;
    out.push_str("    })\n}\n\n");
    Ok(())
}

/// Whether a function hands out a medium: only then the id that it reads and writes becomes null where it fails.
fn allocates(function: &Function) -> bool {
    function.params.iter().any(|param| param.shape == "allocation-information-out")
}

/// The Rust parameter for a parameter of the table.
fn signature(param: &Param, form: Form) -> Result<String> {
    let rust = match param.shape.as_str() {
        "session" | "handle" => "*mut c_void",
        "notification-out" => "*mut NotificationInformation",
        "id" | "id-list" => "*const Guid",
        "id-list-out" | "id-list-in-out" | "id-out" | "id-in-out" => "*mut Guid",
        "count" | "flags" | "object-type" | "timeout-ms" | "action" | "kind" | "number" => "u32",
        "size-in-out" | "number-out" => "*mut u32",
        "priority" => "c_int",
        "text" if form == Form::W => "*const u16",
        "text" => "*const c_char",
        "text-out" if form == Form::W => "*mut u16",
        "text-out" => "*mut c_char",
        "security-descriptor" => "*const SecurityAttributes",
        "allocation-information-out" => "*mut AllocationInformation",
        "object-information" => "*const c_void",
        "object-information-in-out" => "*mut c_void",
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

/// The parameters of a function as they are converted, one by one.
struct Conversion {
    form: Form,
    counted: String,
    before: Vec<String>,
    args: Vec<String>,
    outputs: Outputs,
}

/// Where the answer of a call goes.
#[derive(Debug, Default)]
struct Outputs {
    ids: Option<String>,
    size: Option<String>,
    ids_both_ways: Option<String>,
    id: Option<String>,
    number: Option<String>,
    operation: Option<String>,
    text: Option<String>,
    allocated: Option<String>,
    allocation: Option<String>,
    information: Option<String>,
    notification: Option<String>,
}

impl Body {
    fn of(function: &Function, form: Form) -> Result<Body> {
        let count = function.params.iter().find(|p| p.shape == "count").map(|p| snake(&p.name));
        let mut conversion = Conversion {
            form,
            counted: count.unwrap_or_else(|| "1".to_owned()),
            before: Vec::new(),
            args: Vec::new(),
            outputs: Outputs::default(),
        };
        for param in &function.params {
            let name = snake(&param.name);
            match param.shape.as_str() {
                // The handle is taken back before anything is sent, so nobody else can find it.
                "session" if function.name == "CloseNtmsSession" => {
                    conversion.args.push(format!("Handle({name}.addr())"));
                }
                "handle" if function.name == "CloseNtmsNotification" => {
                    conversion.args.push(format!("Handle({name}.addr())"));
                }
                // The id of an operation may be left out where the action does not need it.
                "id-in-out" if !allocates(function) => {
                    conversion.before.push(format!("let {name}_before = optional_id({name})?;"));
                    conversion.args.push(format!("{name}_before"));
                    conversion.outputs.operation = Some(name);
                }
                shape => conversion.add(shape, name).with_context(|| function.name.clone())?,
            }
        }
        conversion.body(function)
    }
}

impl Conversion {
    fn add(&mut self, shape: &str, name: String) -> Result<()> {
        let letter = if self.form == Form::W { "w" } else { "a" };
        let counted = &self.counted;
        match shape {
            "session" => self.replace(name.clone(), format!("session({name})?")),
            "handle" => self.replace(name.clone(), format!("channel({name})?")),
            "notification-out" => {
                self.before.push(format!("let {name} = checked({name}, 1)?.cast_mut();"));
                self.outputs.notification = Some(name);
            }
            // Whether it may be NULL is a rule of the function, and so the service's.
            "id" => self.replace(name.clone(), format!("optional_id({name})?")),
            "security-descriptor" => self.replace(name.clone(), format!("security_descriptor({name})?")),
            "object-information" => self.replace(name.clone(), format!("information_{letter}({name})?")),
            "id-list" => {
                self.before.push(format!("let {name} = id_list({name}, {counted})?;"));
                self.args.push(format!("&{name}"));
            }
            "id-list-in-out" => {
                self.before.push(format!("let mut {name}_now = id_list({name}, {counted})?;"));
                self.args.push(format!("&mut {name}_now"));
                self.outputs.ids_both_ways = Some(name);
            }
            "id-list-out" => self.outputs.ids = Some(name),
            "id-out" => {
                self.before.push(format!("let {name} = checked({name}, 1)?.cast_mut();"));
                self.outputs.id = Some(name);
            }
            "id-in-out" => {
                self.before.push(format!("let {name}_before = one_id({name})?;"));
                self.args.push(format!("{name}_before"));
                self.outputs.allocated = Some(name);
            }
            "allocation-information-out" => self.outputs.allocation = Some(name),
            "object-information-in-out" => {
                self.args.push("object_type".to_owned());
                self.outputs.information = Some(name);
            }
            "size-in-out" => {
                if self.outputs.ids.is_some() {
                    self.args.push("capacity".to_owned());
                }
                self.outputs.size = Some(name);
            }
            "text-out" => self.outputs.text = Some(name),
            "text" => self.args.push(format!("text_{letter}({name})")),
            "number-out" => {
                self.before.push(format!("let {name} = checked({name}, 1)?.cast_mut();"));
                self.outputs.number = Some(name);
            }
            "flags" | "object-type" | "timeout-ms" | "action" | "kind" | "number" | "priority" => {
                self.args.push(name);
            }
            "count" | "reserved" => {}
            other => bail!("{name}: no conversion for the shape {other}"),
        }
        Ok(())
    }

    /// Puts a Rust value in the place of a C one, under the same name.
    fn replace(&mut self, name: String, value: String) {
        self.before.push(format!("let {name} = {value};"));
        self.args.push(name);
    }

    /// Writes the call with what carries its answer to the caller.
    fn body(self, function: &Function) -> Result<Body> {
        let Conversion { form, mut before, args, outputs, .. } = self;
        let letter = form.suffix().to_ascii_lowercase();
        let plain = format!("calls::{}({})", rust_name(&function.name)?, args.join(", "));
        let written = "Ok(())".to_owned();
        let call = match outputs {
            Outputs { ids: Some(list), size: Some(size), .. } => {
                format!("fill_list({list}, {size}, |capacity| {plain})")
            }
            Outputs { text: Some(text), size: Some(size), .. } => {
                format!("fill_text({text}, {size}, units_{letter}, || {plain})")
            }
            Outputs { information: Some(information), .. } => {
                format!("fill_information({information}, Form::{}, |object_type| {plain})", form.suffix())
            }
            Outputs { ids_both_ways: Some(list), .. } => {
                before.push(format!("done({plain})?;"));
                before.push(format!("write_ids({list}, &{list}_now);"));
                written
            }
            Outputs { id: Some(id), .. } => {
                before.push(format!("write_ids({id}, &[{plain}?]);"));
                written
            }
            Outputs { number: Some(number), .. } => {
                before.push(format!("write_number({number}, {plain}?);"));
                written
            }
            Outputs { notification: Some(information), .. } => {
                before.push(format!("let (operation, object) = {plain}?;"));
                before.push(format!("write_notification({information}, operation, object);"));
                written
            }
            Outputs { operation: Some(id), .. } => {
                before.push(format!("if let Some(operation) = {plain}? {{"));
                before.push(format!("write_ids({id}, &[operation]);"));
                before.push("}".to_owned());
                written
            }
            Outputs { allocated: Some(id), allocation: Some(information), .. } => {
                before.push(format!("let (logical, from) = {plain}?;"));
                before.push(format!("write_ids({id}, &[logical]);"));
                before.push(format!("write_allocation({information}, from);"));
                written
            }
            _ if function.returns.starts_with("HANDLE") => plain,
            _ => format!("done({plain})"),
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
        "GetNtmsObjectInformation" => "information",
        "SetNtmsObjectInformation" => "set_information",
        "DisableNtmsObject" => "disable",
        "EnableNtmsObject" => "enable",
        "CreateNtmsMediaPool" => "create_pool",
        "GetNtmsMediaPoolName" => "pool_name",
        "MoveToNtmsMediaPool" => "move_to_pool",
        "AllocateNtmsMedia" => "allocate",
        "DeallocateNtmsMedia" => "deallocate",
        "InventoryNtmsLibrary" => "inventory",
        "CancelNtmsLibraryRequest" => "cancel_request",
        "GetNtmsRequestOrder" => "request_order",
        "SetNtmsRequestOrder" => "set_request_order",
        "DeleteNtmsRequests" => "delete_requests",
        "DismountNtmsDrive" => "dismount_drive",
        "CleanNtmsDrive" => "clean_drive",
        "ReserveNtmsCleanerSlot" => "reserve_cleaner_slot",
        "ReleaseNtmsCleanerSlot" => "release_cleaner_slot",
        "EjectNtmsCleaner" => "eject_cleaner",
        "InjectNtmsCleaner" => "inject_cleaner",
        "InjectNtmsMedia" => "inject",
        "OpenNtmsNotification" => "open_notification",
        "WaitForNtmsNotification" => "wait_notification",
        "CloseNtmsNotification" => "close_notification",
        "SubmitNtmsOperatorRequest" => "submit_operator_request",
        "WaitForNtmsOperatorRequest" => "wait_for_operator_request",
        "SatisfyNtmsOperatorRequest" => "satisfy_operator_request",
        "CancelNtmsOperatorRequest" => "cancel_operator_request",
        "EjectNtmsMedia" => "eject",
        "AccessNtmsLibraryDoor" => "access_door",
        "IdentifyNtmsSlot" => "identify_slot",
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
