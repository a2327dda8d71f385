//! What a read shows as it is recorded: found by one query, so that only the rest has to be worked out.
//!
//! Why: a robot is read again and again, and of ten thousand slots hardly one has changed. Loading and comparing all
//! their records would keep every caller waiting for half a second each time.
//!
//! Invariant: a slot that is called unchanged here is one that working it out would leave as it is, but for a mark of
//! an inventory; no other element of the read, and no other record, has its bar code.

use crate::turn::{Handled, Turn};
use rsm_model::ids::LibraryId;
use rsm_step::{ElementKind, ElementReport};
use rsm_store::PlaceAtRest;
use std::collections::{BTreeMap, BTreeSet};

/// The slots of a library of which a read shows what is recorded.
pub(super) fn slots(
    turn: &Turn<'_>,
    library: LibraryId,
    reports: &[ElementReport],
) -> Handled<Vec<PlaceAtRest>> {
    let mut by_address: BTreeMap<u16, Vec<PlaceAtRest>> = BTreeMap::new();
    for place in turn.tx.places_at_rest(library)? {
        by_address.entry(place.element).or_default().push(place);
    }
    if by_address.is_empty() {
        return Ok(Vec::new());
    }
    let shared = shared_bar_codes(reports);
    let mut told: BTreeMap<u16, u32> = BTreeMap::new();
    for report in reports {
        *told.entry(report.address).or_default() += 1;
    }
    let mut unchanged = Vec::new();
    for report in reports.iter().filter(|report| report.kind == ElementKind::Slot) {
        let named = report.tag.as_deref().is_none_or(|tag| !shared.contains(tag));
        // Two records at one place, or two reports of one address, are no plain case.
        let once = told.get(&report.address) == Some(&1);
        if let Some([place]) = by_address.get(&report.address).map(Vec::as_slice)
            && named
            && once
            && agrees(place, report)
        {
            unchanged.push(place.clone());
        }
    }
    Ok(unchanged)
}

/// Bar codes that a read shows more than once.
pub(super) fn shared_bar_codes(reports: &[ElementReport]) -> BTreeSet<String> {
    let (mut seen, mut shared) = (BTreeSet::new(), BTreeSet::new());
    for tag in reports.iter().filter(|report| report.full).filter_map(|report| report.tag.as_deref()) {
        if !seen.insert(tag) {
            shared.insert(tag.to_string());
        }
    }
    shared
}

fn agrees(place: &PlaceAtRest, report: &ElementReport) -> bool {
    !report.is_missing()
        && place.medium.is_some() == report.full
        && place.tag == report.tag
        && place.inverted.is_none_or(|inverted| inverted == report.inverted)
}
