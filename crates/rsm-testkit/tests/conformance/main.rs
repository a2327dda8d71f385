//! Conformance: a test names, beside its assertions, the conditions and rules of docs/spec that it shows.
//!
//! A condition is met by a program that has nothing but a socket ([`bed::Bed`]); its test sees the code, and that
//! nothing else changed. `cargo xtask conformance` counts what is named; what no test can show yet stands in
//! docs/spec/unproven.toml. One module a function; at most five ids a test.

mod bed;

mod close_ntms_session;
mod dismount_ntms_media;
mod enumerate_ntms_object;
mod get_ntms_object_information;
mod inventory_ntms_library;
mod model;
mod mount_ntms_media;
mod open_ntms_session;
mod processes;
