//! Opened with its first tenant.
