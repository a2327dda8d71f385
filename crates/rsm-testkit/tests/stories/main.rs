//! Stories of the seven functions: each test names the rule that it proves, as `Function/rule-id` or `Function/CODE` of
//! docs/spec/functions, M-n of the model, P-n of the processes, or a decision.
//!
//! Every condition that the pages mark `wire` is met by a story, but for these:
//!
//! | condition | why no story meets it |
//! |---|---|
//! | OpenNtmsSession/ERROR_NOT_READY | the service answers once its store is open (decision 30); there is no desk before |
//! | OpenNtmsSession/ERROR_ACCESS_DENIED | the default lists give everybody USE on the computer (decision 11); lists that are edited come with SetNtmsObjectSecurity |
//! | MountNtmsMedia/ERROR_REQUEST_REFUSED | an operator refuses by CancelNtmsOperatorRequest, which has no handler yet |
//! | MountNtmsMedia/ERROR_RESOURCE_NOT_AVAILABLE | listed by the protocol alone; every case has a code of its own here |
//! | MountNtmsMedia and DismountNtmsMedia/ERROR_DATABASE_FAILURE | a database that cannot be read: shown on files by the store's own tests, not in memory |

#![allow(clippy::needless_raw_strings)]

mod dismount;
mod inventory;
mod mount;
mod objects;
mod offline;
mod pools;
mod restart;
mod sessions;
mod trouble;
