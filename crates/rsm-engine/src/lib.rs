//! The desk: one synchronous state machine through which everything that changes passes.

pub mod api;
