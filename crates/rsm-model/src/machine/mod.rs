//! The seven state machines, each a pure `step(state, event)`.
//!
//! Each file opens with its diagram and lists its arrows once, as (from, event, to, sentence with the rule). From
//! that list come the function, the state-by-event matrix that is kept as a snapshot and shown in the reference,
//! and one counter per arrow. The counters say which arrows a simulation has really walked: they are kept inside
//! `step`, so nobody can count an arrow that was not taken.
//!
//! Invariant: an event that has no arrow from a state is refused and changes nothing. Arrows appear with the
//! function that walks them: a machine lists no arrow that no code can reach.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

pub mod drive;
pub mod library;
pub mod medium;
pub mod operator_request;
pub mod request;
pub mod side;
pub mod slot;

/// Tells that a machine has no arrow for an event in a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {machine} that is {state} cannot take {event}")]
pub struct NoArrow {
    /// Which machine.
    pub machine: &'static str,
    /// The state it was in.
    pub state: String,
    /// The event that was offered.
    pub event: String,
}

/// One arrow of a machine, as text, with how often it was walked in this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrowCount {
    /// Which machine.
    pub machine: &'static str,
    /// The state it leaves.
    pub from: String,
    /// The event that is taken.
    pub event: String,
    /// The state it reaches.
    pub to: String,
    /// Why the arrow exists, with its rule.
    pub why: &'static str,
    /// Walks since the process started.
    pub walked: u64,
}

/// A state that is kept in a database as a number.
pub trait Numbered: Sized + Copy + fmt::Debug + 'static {
    /// All values.
    const ALL: &'static [Self];
    /// The documented number.
    fn number(self) -> u32;
    /// Finds the value with a number.
    fn from_number(number: u32) -> Option<Self> {
        Self::ALL.iter().copied().find(|value| value.number() == number)
    }
}

pub(crate) struct Arrow<S, E> {
    pub from: S,
    pub event: E,
    pub to: S,
    pub why: &'static str,
}

pub(crate) fn walk<S, E>(
    machine: &'static str,
    arrows: &[Arrow<S, E>],
    counts: &[AtomicU64],
    state: S,
    event: E,
) -> Result<S, NoArrow>
where
    S: Copy + PartialEq + fmt::Debug,
    E: Copy + PartialEq + fmt::Debug,
{
    match arrows.iter().position(|arrow| arrow.from == state && arrow.event == event) {
        Some(index) => {
            counts[index].fetch_add(1, Ordering::Relaxed);
            Ok(arrows[index].to)
        }
        None => Err(NoArrow { machine, state: format!("{state:?}"), event: format!("{event:?}") }),
    }
}

pub(crate) fn counted<S: fmt::Debug, E: fmt::Debug>(
    machine: &'static str,
    arrows: &[Arrow<S, E>],
    counts: &[AtomicU64],
) -> Vec<ArrowCount> {
    arrows
        .iter()
        .zip(counts)
        .map(|(arrow, count)| ArrowCount {
            machine,
            from: format!("{:?}", arrow.from),
            event: format!("{:?}", arrow.event),
            to: format!("{:?}", arrow.to),
            why: arrow.why,
            walked: count.load(Ordering::Relaxed),
        })
        .collect()
}

/// Writes the state-by-event matrix of a machine as a Markdown table: rows are states, columns events.
pub(crate) fn matrix<S, E>(arrows: &[Arrow<S, E>], states: &[S], events: &[E]) -> String
where
    S: Copy + PartialEq + fmt::Debug,
    E: Copy + PartialEq + fmt::Debug,
{
    let mut text = String::from("| state |");
    events.iter().for_each(|event| text += &format!(" {event:?} |"));
    text += "\n|---|";
    events.iter().for_each(|_| text += "---|");
    text += "\n";
    for state in states {
        text += &format!("| **{state:?}** |");
        for event in events {
            let cell = arrows.iter().find(|arrow| arrow.from == *state && arrow.event == *event);
            text += &cell.map_or(" - |".to_string(), |arrow| format!(" {:?} |", arrow.to));
        }
        text += "\n";
    }
    text
}

/// Declares a machine: its states with their numbers, its events, and its arrows with one sentence each.
macro_rules! machine {
    (
        name $name:literal;
        $(#[$state_doc:meta])* states $state:ident { $($(#[$sdoc:meta])* $s:ident = $number:literal),+ $(,)? }
        $(#[$event_doc:meta])* events $event:ident { $($(#[$edoc:meta])* $e:ident),+ $(,)? }
        arrows { $($from:ident , $on:ident => $to:ident : $why:literal;)+ }
    ) => {
        $(#[$state_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $state { $($(#[$sdoc])* $s),+ }

        $(#[$event_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $event { $($(#[$edoc])* $e),+ }

        impl $crate::machine::Numbered for $state {
            const ALL: &'static [Self] = &[$($state::$s),+];
            fn number(self) -> u32 { match self { $($state::$s => $number),+ } }
        }

        const ARROWS: &[$crate::machine::Arrow<$state, $event>] = &[
            $($crate::machine::Arrow { from: $state::$from, event: $event::$on, to: $state::$to, why: $why }),+
        ];
        static COUNTS: [std::sync::atomic::AtomicU64; ARROWS.len()] =
            [const { std::sync::atomic::AtomicU64::new(0) }; ARROWS.len()];

        /// Takes an event in a state: the new state, or the refusal when the machine has no such arrow.
        ///
        /// # Errors
        /// [`NoArrow`](crate::machine::NoArrow) names the machine, the state and the event; nothing has changed.
        pub fn step(state: $state, event: $event) -> Result<$state, $crate::machine::NoArrow> {
            $crate::machine::walk($name, ARROWS, &COUNTS, state, event)
        }

        /// Lists the arrows with how often each was walked in this process.
        pub fn arrows() -> Vec<$crate::machine::ArrowCount> {
            $crate::machine::counted($name, ARROWS, &COUNTS)
        }

        /// Writes the state-by-event matrix as a Markdown table.
        pub fn matrix() -> String {
            $crate::machine::matrix(ARROWS, &[$($state::$s),+], &[$($event::$e),+])
        }
    };
}
pub(crate) use machine;

/// Lists the arrows of all seven machines with how often each was walked in this process.
pub fn all_arrows() -> Vec<ArrowCount> {
    [
        side::arrows(),
        medium::arrows(),
        drive::arrows(),
        slot::arrows(),
        library::arrows(),
        request::arrows(),
        operator_request::arrows(),
    ]
    .concat()
}

/// Writes the reference page of the seven machines: a matrix and a sentence per arrow each.
pub fn reference() -> String {
    let mut text = String::from("# State machines\n\nGenerated from the arrows in the code; do not edit.\n");
    let machines = [
        ("Side", side::matrix(), side::arrows()),
        ("Medium", medium::matrix(), medium::arrows()),
        ("Drive", drive::matrix(), drive::arrows()),
        ("Slot", slot::matrix(), slot::arrows()),
        ("Library", library::matrix(), library::arrows()),
        ("Library request", request::matrix(), request::arrows()),
        ("Operator request", operator_request::matrix(), operator_request::arrows()),
    ];
    for (title, matrix, arrows) in machines {
        text += &format!("\n## {title}\n\n{matrix}\n");
        for arrow in arrows {
            text += &format!("- {} + {} = {}: {}\n", arrow.from, arrow.event, arrow.to, arrow.why);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_machine_has_two_arrows_for_one_event_in_one_state() {
        let arrows = all_arrows();
        for (index, arrow) in arrows.iter().enumerate() {
            let twin = arrows[..index].iter().find(|other| {
                (other.machine, &other.from, &other.event) == (arrow.machine, &arrow.from, &arrow.event)
            });
            assert_eq!(twin, None, "the second of two arrows is never walked");
        }
    }

    #[test]
    fn every_arrow_names_its_rule() {
        for arrow in all_arrows() {
            let named =
                ["M-", "P-", "model 5", "decision", "lessons"].iter().any(|tag| arrow.why.contains(tag));
            assert!(named, "{} {} {}: {:?}", arrow.machine, arrow.from, arrow.event, arrow.why);
        }
    }

    #[test]
    fn the_reference_page_is_as_committed() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/machines.md");
        let page = reference();
        if std::env::var_os("RSM_BLESS").is_some() {
            std::fs::create_dir_all(std::path::Path::new(path).parent().expect("the path has a folder"))
                .and_then(|()| std::fs::write(path, &page))
                .expect("the page can be written");
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            committed, page,
            "docs/reference/machines.md is stale: run the tests once with RSM_BLESS=1"
        );
    }
}
