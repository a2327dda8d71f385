//! Stories of the seven functions: each test names the rule that it proves, as `Function/rule-id` or `Function/CODE` of
//! docs/spec/functions, M-n of the model, P-n of the processes, or a decision.
//!
//! A story shows a rule; that every `wire` condition is met by a program with a socket is shown in tests/conformance, and
//! what neither shows stands in docs/spec/unproven.toml.

#![allow(clippy::needless_raw_strings)]

mod cleaner_ports;
mod cleaning;
mod dismount;
mod doors;
mod doubt;
mod enabling;
mod gangs;
mod generations;
mod hold;
mod inject;
mod intake;
mod inventory;
mod mount;
mod objects;
mod offline;
mod openings;
mod operators;
mod pools;
mod ports;
mod recovery;
mod restart;
mod sessions;
mod standalone;
mod standalone_seeds;
mod standalone_trouble;
mod trouble;
mod two_programs;
