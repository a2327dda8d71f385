//! The tables of work: requests, sessions, mounts and the steps whose outcome has not come.
//!
//! Invariant: a mount and an open step outlive the session that asked for them, so they name sessions and requests
//! without the schema demanding that those still exist (decisions 6, 22; M-64).

use crate::row::row;
use rsm_model::ids::*;
use rsm_model::record::*;

row! { LibraryRequest, "library_request", Some(ObjectType::LibraryRequest), key RequestId = ["id"], |row| row.id;
id, common, operation, option, state, side, drive, medium, library, slot, queued, completed, application,
user, computer, error, priority, sequence, session, uid, access, drive_given, goal, attempts, steps_done,
note, rank, place, ages_from, work_item, leader, cleanings, hands_since }

row! { OperatorRequest, "operator_request", Some(ObjectType::OperatorRequest), key OperatorRequestId = ["id"],
|row| row.id;
id, common, task, submitted, state, message, first, second, application, user, computer, waiting,
caller, ended, worker, watch }

row! { Session, "session", None, key SessionId = ["id"], |row| row.id;
id, opened, application, user, computer, uid, role }

row! { Mount, "mount", None, key MediumId = ["medium"], |row| row.medium;
medium, side, drive, request, session, application, user, uid, access, since }

row! { OpenStep, "open_step", None, key StepId = ["id"], |row| row.id;
id, epoch, device, library, request, medium, elements, kind, order, ordered, give_up_at_ms,
lost }
