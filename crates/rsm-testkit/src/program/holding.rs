//! Operators who drain or pause the library, and let it work again.
//!
//! Invariant: what comes to their minds is drawn from a generator of its own, and in nineteen of twenty runs nobody does it, so
//! that those runs are what they were without.

use crate::program::Asked;
use crate::world::{Checked, World, broken};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rsm_model::call::Call;
use rsm_model::ids::RequestId;
use rsm_model::machine::Numbered;
use rsm_model::machine::request::RequestState;
use rsm_model::record::*;
use rsm_model::time::UtcTime;
use rsm_step::{Step, StepOrder};
use std::collections::BTreeSet;

/// What the operators of a run that hold the library draw from.
pub(crate) struct Holding {
    rng: ChaCha8Rng,
    active: bool,
    /// The drain that was met last: since when, and what had begun when it was.
    drain: Option<(UtcTime, BTreeSet<RequestId>)>,
}

impl Holding {
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x686F_6C64_5F37_3101);
        let active = rng.random_range(0..20) == 0;
        Self { rng, active, drain: None }
    }
}

impl World {
    /// Now and then a client holds the library, or lets it work again; says whether it did.
    pub(crate) fn holds(&mut self, index: usize) -> Checked<bool> {
        // Discs are turned over seldom enough as it is, and a hold is the same for them.
        if !self.holding.active || self.room.borrow().library.config().drive.kind.is_disc() {
            return Ok(false);
        }
        let Some(library) = self.robotic()? else { return Ok(false) };
        // It works most of the time.
        let odds = if library.hold == Hold::None { 24 } else { 2 };
        if self.holding.rng.random_range(0..odds) > 0 {
            return Ok(false);
        }
        let choice: &[Hold] = match library.hold {
            Hold::None => &[Hold::Drain, Hold::Pause],
            _ => &[Hold::None, Hold::None, Hold::Drain, Hold::Pause],
        };
        let hold = choice[self.holding.rng.random_range(0..choice.len())];
        self.send_in_session(index, hold_call(&library, hold))?;
        Ok(true)
    }

    /// When trouble ends, whoever held the library lets it work again.
    pub(crate) fn let_work(&mut self, keeper: usize) -> Checked {
        let Some(library) = self.robotic()?.filter(|library| library.hold != Hold::None) else {
            return Ok(());
        };
        self.open_keeper(keeper)?;
        let session = self.clients[keeper].session;
        self.send(keeper, session, hold_call(&library, Hold::None))
    }

    pub(super) fn told_held(&mut self, asked: &Asked) {
        let Call::HoldLibrary { hold, .. } = asked.call else { return };
        self.coverage.reach(match Hold::from_number(hold) {
            Some(Hold::Drain) => "library drained",
            Some(Hold::Pause) => "library paused",
            _ => "library resumed",
        });
    }

    fn robotic(&mut self) -> Checked<Option<Library>> {
        let all = self.read(|tx| tx.all::<Library>())?.unwrap_or_default();
        Ok(all.into_iter().find(|library| library.kind == LibraryKind::Robotic))
    }

    /// An order that leaves the desk: a paused library gets none, and for what has not begun a drained one gets none.
    pub(crate) fn check_held(&mut self, order: &StepOrder) -> Checked {
        if !self.holding.active || matches!(order.step, Step::Probe) {
            return Ok(());
        }
        let Some(library) = self.robotic()?.filter(|library| library.hold != Hold::None) else {
            return Ok(());
        };
        let Some(since) = library.held_since else {
            return broken("held-is-still", format!("{library:?} is held since no time"));
        };
        let Some(step) = self.row::<OpenStep>(order.id)?.filter(|step| step.ordered > since) else {
            return Ok(());
        };
        if library.hold == Hold::Pause {
            let owner_reads = matches!(order.step, Step::ReadBlocks { .. } | Step::WriteBlocks { .. })
                && self.is_leased(&step)?;
            return match owner_reads {
                true => Ok(()),
                false => broken("held-is-still", format!("{order:?} while {library:?} is paused")),
            };
        }
        let open = self.read(|tx| tx.open_requests())?.unwrap_or_default();
        if self.holding.drain.as_ref().is_none_or(|(met, _)| *met != since) {
            let begun = |one: &&LibraryRequest| one.state == RequestState::InProcess;
            self.holding.drain = Some((since, open.iter().filter(begun).map(|one| one.id).collect()));
            return Ok(());
        }
        let Some(request) = open.iter().find(|one| Some(one.id) == step.request) else { return Ok(()) };
        let begun = self.holding.drain.as_ref().is_some_and(|(_, begun)| begun.contains(&request.id));
        let goes_on = matches!(request.operation, Operation::Dismount | Operation::DoorAccess);
        match begun || goes_on {
            true => Ok(()),
            false => {
                broken("held-is-still", format!("{order:?} for {request:?} while {library:?} is drained"))
            }
        }
    }

    /// Whether a step works with the medium of a mount.
    fn is_leased(&mut self, step: &OpenStep) -> Checked<bool> {
        let mounts = self.read(|tx| tx.all::<Mount>())?.unwrap_or_default();
        Ok(mounts.iter().any(|mount| Some(mount.medium) == step.medium))
    }
}

fn hold_call(library: &Library, hold: Hold) -> Call {
    Call::HoldLibrary { library: library.id.0, hold: hold.number(), reason: String::new() }
}
