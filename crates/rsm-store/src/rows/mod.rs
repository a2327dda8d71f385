//! The tables, by family: one line a record.
//!
//! Invariant: the list of fields after the key is the struct's own; the macro refuses to compile another. The
//! columns are those of the migrations, which a test compares with what stands here.

mod devices;
mod media;
mod work;
