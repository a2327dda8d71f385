//! OpenNtmsSession.

use crate::bed::{Bed, User};
use rsm_proof::proves;

#[test]
fn unknown_options_are_refused_and_one_is_ignored() {
    let bed = Bed::new();
    for options in [2, 4, 0x8000_0000, 3] {
        bed.refused("ERROR_INVALID_PARAMETER", || bed.open_with(User::Alice, None, options));
    }
    bed.open_with(User::Alice, None, 1).expect("NTMS_SESSION_QUERYEXPEDITE is accepted");
    proves!("OpenNtmsSession/ERROR_INVALID_PARAMETER", "OpenNtmsSession/open-nonzero-options-conflict");
}
