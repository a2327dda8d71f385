//! The reference pages of docs/reference.
//!
//! What: a page per implemented function, the table of all functions, the table of all codes. Why:
//! documentation that is derived cannot drift from what the gate and the border do. Invariant: every
//! condition and rule of the specification stands on its function's page, with its id.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::text::{GENERATED, cell, service};
use crate::spec::{Family, Function, Rule, Spec};

/// Renders all pages with their paths.
pub fn render(spec: &Spec) -> Result<Vec<(PathBuf, String)>> {
    let dir = Path::new("docs/reference");
    let mut pages = vec![(dir.join("functions.md"), table(spec)?), (dir.join("codes.md"), codes(spec)?)];
    for name in &spec.implemented.implemented {
        let (family, function) = spec.function(name)?;
        pages.push((dir.join("functions").join(format!("{name}.md")), page(spec, family, function)?));
    }
    Ok(pages)
}

fn head(title: &str) -> String {
    format!("<!-- {GENERATED} -->\n# {title}\n\n")
}

fn table(spec: &Spec) -> Result<String> {
    let mut out = head("Functions");
    writeln!(
        out,
        "The {} functions of the interface, {} of them with a handler in this version; the others answer \
         ERROR_CALL_NOT_IMPLEMENTED. The contract of every function stands in `docs/spec/functions`.\n",
        spec.functions().count(),
        spec.implemented.implemented.len()
    )?;
    for family in &spec.families {
        let group = family.functions.first().map_or("", |f| f.group.as_str());
        writeln!(out, "## {group}\n\n| function | what it does | effect | implemented |\n|---|---|---|---|")?;
        for f in &family.functions {
            let implemented = spec.is_implemented(&f.name);
            let name = if implemented { format!("[{0}](functions/{0}.md)", f.name) } else { f.name.clone() };
            let yes = if implemented { "yes" } else { "no" };
            writeln!(out, "| {name} | {} | {} | {yes} |", cell(&f.summary), f.effect)?;
        }
        out.push('\n');
    }
    Ok(trimmed(out))
}

fn codes(spec: &Spec) -> Result<String> {
    let mut out = head("Codes");
    out.push_str(
        "The documented name is the condition; it travels on the wire and in messages, with the number and one\n\
         sentence. Names without a number of their own borrow one (marked), so that several names share a number.\n\n\
         | number | name | meaning |\n|---|---|---|\n",
    );
    for code in spec.codes() {
        let number = code.travelling().with_context(|| format!("{} has no number", code.name))?;
        let mark = if code.value.is_some() { "" } else { " (borrowed)" };
        writeln!(
            out,
            "| {number}{mark} | {} | {} |",
            code.name,
            cell(code.meaning.as_deref().unwrap_or_default())
        )?;
    }
    Ok(out)
}

fn page(spec: &Spec, family: &Family, f: &Function) -> Result<String> {
    let mut out = head(&f.name);
    writeln!(out, "{}\n", f.summary)?;
    writeln!(out, "Family: {}. Effect: {}.", f.group, effect(f))?;
    if let Some(name) = f.operation_name() {
        writeln!(out, "Its library request carries the operation {name} ({}).", spec.constant(name)?)?;
    }
    parameters(&mut out, f)?;
    access(&mut out, f)?;
    wire(&mut out, f)?;
    conditions(&mut out, spec, f)?;
    rules(&mut out, "Rules", &f.rules)?;
    rules(&mut out, &format!("Rules of every function of {}", f.group), &family.common)?;
    Ok(trimmed(out))
}

fn effect(f: &Function) -> &'static str {
    match (f.effect.as_str(), f.queued) {
        ("read", _) => "reads",
        ("session", _) => "opens, closes or serves what belongs to the session",
        (_, true) => "changes; success means that the request was accepted, not that it was carried out",
        (_, false) => "changes",
    }
}

fn parameters(out: &mut String, f: &Function) -> Result<()> {
    out.push_str("\n## Parameters\n\n| name | type | shape | way | may be NULL | meaning |\n|---|---|---|---|---|---|\n");
    for p in &f.params {
        let null = if p.optional { "yes" } else { "no" };
        writeln!(
            out,
            "| {} | {} | {} | {} | {null} | {} |",
            p.name,
            cell(&p.c_type),
            p.shape,
            p.dir,
            cell(&p.meaning)
        )?;
    }
    if !f.values.is_empty() {
        out.push_str("\n| parameter | value | number | meaning |\n|---|---|---|---|\n");
        for v in &f.values {
            writeln!(out, "| {} | {} | {} | {} |", v.param, v.name, v.value, cell(&v.meaning))?;
        }
    }
    writeln!(out, "\nReturns: {}.", f.returns)?;
    Ok(())
}

fn access(out: &mut String, f: &Function) -> Result<()> {
    out.push_str("\n## Access\n\n");
    if f.gate.is_empty() {
        out.push_str("An open session is enough.\n");
    }
    for gate in &f.gate {
        let param = gate.param.as_ref().map(|p| format!(" of {p}")).unwrap_or_default();
        let when = gate.when.as_ref().map(|w| format!(", when {w}")).unwrap_or_default();
        writeln!(out, "- {} on: {}{param}{when}", gate.right, gate.scope)?;
    }
    out.push_str("\nThe words are explained in `docs/spec/README.md`. Administrators pass every check.\n");
    if !f.access.is_empty() {
        out.push_str("\nAs the sources word it, older versions included:\n\n");
    }
    for line in &f.access {
        writeln!(out, "- {line}")?;
    }
    Ok(())
}

fn wire(out: &mut String, f: &Function) -> Result<()> {
    writeln!(
        out,
        "\n## On the wire and on the command line\n\n```\nPOST /rsm.v1.{}/{}\n```\n\n\
         Connect with a JSON body, gRPC and gRPC-Web share this path. The same body goes through the command:\n\n\
         ```\nrsm api {} '<json>'\n```\n",
        service(&f.group),
        f.name,
        f.name
    )?;
    out.push_str("A failure carries the documented name, its number and one sentence.\n");
    Ok(())
}

fn conditions(out: &mut String, spec: &Spec, f: &Function) -> Result<()> {
    out.push_str("\n## Conditions\n\n| code | number | when | shown by |\n|---|---|---|---|\n");
    for c in &f.conditions {
        let known = spec.errors.iter().find(|e| e.name == c.code);
        let number =
            known.and_then(|e| e.travelling()).with_context(|| format!("{} has no number", c.code))?;
        let why = c.why.as_ref().map(|why| format!(": {}", cell(why))).unwrap_or_default();
        writeln!(out, "| {} | {number} | {} | {}{why} |", c.code, cell(&c.when), c.prove)?;
    }
    Ok(())
}

fn rules(out: &mut String, title: &str, rules: &[Rule]) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n## {title}\n")?;
    for rule in rules {
        let informative = if rule.kind == "informative" { " (informative)" } else { "" };
        writeln!(
            out,
            "- `{}`{informative}: {} [{}]",
            rule.id,
            rule.text.replace('<', "&lt;"),
            rule.source.replace('<', "&lt;")
        )?;
    }
    Ok(())
}

fn trimmed(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace_root;

    #[test]
    fn a_page_holds_every_condition_and_rule() {
        let spec = Spec::load(&workspace_root()).expect("the table loads");
        let (family, function) = spec.function("MountNtmsMedia").expect("known");
        let text = page(&spec, family, function).expect("rendered");
        for rule in function.rules.iter().chain(&family.common) {
            assert!(text.contains(&format!("`{}`", rule.id)), "{}", rule.id);
        }
        for condition in &function.conditions {
            assert!(text.contains(&condition.code), "{}", condition.code);
        }
        assert!(text.contains("POST /rsm.v1.MediaServices/MountNtmsMedia"));
        assert!(text.contains("NTMS_LM_MOUNT (17)"));
    }

    #[test]
    fn every_implemented_function_has_a_page_and_a_link() {
        let spec = Spec::load(&workspace_root()).expect("the table loads");
        let pages = render(&spec).expect("rendered");
        assert_eq!(pages.len(), 2 + spec.implemented.implemented.len());
        for name in &spec.implemented.implemented {
            assert!(pages[0].1.contains(&format!("functions/{name}.md")));
        }
    }
}
