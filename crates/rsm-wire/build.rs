//! Compiles `proto/rsm/v1` to message types, and with the feature `service` to service traits.
//!
//! Why here and not committed: one source of the wire, nothing to go stale, and no protoc is needed (protox parses).
//! Without the feature the services are taken out of the descriptors, so that the code needs no RPC runtime.

use protox::prost::Message;
use protox::prost_reflect::prost_types::FileDescriptorSet;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

const FILES: [&str; 9] = [
    "rsm/v1/common.proto",
    "rsm/v1/session_management.proto",
    "rsm/v1/object_management.proto",
    "rsm/v1/library_control.proto",
    "rsm/v1/cleaner_management.proto",
    "rsm/v1/media_services.proto",
    "rsm/v1/database_notification.proto",
    "rsm/v1/operator_request.proto",
    "rsm/v1/extension.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let proto = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    for file in FILES {
        println!("cargo:rerun-if-changed={}", proto.join(file).display());
    }
    println!("cargo:rerun-if-changed=build.rs");
    let mut compiler = protox::Compiler::new([&proto])?;
    compiler.include_imports(true).include_source_info(true).open_files(FILES)?;
    let mut descriptors = compiler.file_descriptor_set();
    if std::env::var_os("CARGO_FEATURE_SERVICE").is_none() {
        descriptors.file.iter_mut().for_each(|file| file.service.clear());
    }
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("fields.rs"), fields(&descriptors))?;
    let set = Path::new(&out).join("rsm.v1.pb");
    std::fs::write(&set, descriptors.encode_to_vec())?;
    let mut messages = connectrpc_build::CodeGenConfig::default();
    messages.generate_json = true;
    messages.message_attributes = refuse_unknown(&descriptors);
    messages.field_attributes = vec![(
        ".rsm.v1.SetNtmsObjectInformationRequest.information".to_string(),
        "#[serde(deserialize_with = \"crate::strict::information\")]".to_string(),
    )];
    connectrpc_build::Config::new()
        .buffa_config(messages)
        .files(&FILES)
        .descriptor_set(set)
        .include_file("rsm_wire.rs")
        .emit_rerun_directives(false)
        .compile()?;
    Ok(())
}

/// Makes every request refuse JSON fields that it does not have: a typing mistake must not pass as a default. Answers
/// stay open, so that an older client can talk to a newer service.
fn refuse_unknown(descriptors: &FileDescriptorSet) -> Vec<(String, String)> {
    let messages = descriptors.file.iter().flat_map(|file| &file.message_type);
    messages
        .map(|message| message.name())
        .filter(|name| name.ends_with("Request"))
        .map(|name| (format!(".rsm.v1.{name}"), "#[serde(deny_unknown_fields)]".to_string()))
        .collect()
}

/// Lists the fields of every message by JSON name and name, with the message inside, for the strictness of messages
/// that travel both ways.
fn fields(descriptors: &FileDescriptorSet) -> String {
    let mut text = String::from(
        "/// The messages with their fields.\n\
         const FIELDS: &[(&str, &[Field])] = &[\n",
    );
    for message in descriptors.file.iter().flat_map(|file| &file.message_type) {
        let fields: String = message
            .field
            .iter()
            .map(|field| {
                let nested = field.type_name().rsplit('.').next().unwrap_or_default();
                format!("({:?}, {:?}, {nested:?}), ", field.json_name(), field.name())
            })
            .collect();
        writeln!(text, "    ({:?}, &[{fields}]),", message.name())
            .expect("writing to a String does not fail");
    }
    text + "];\n"
}
