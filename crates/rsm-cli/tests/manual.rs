//! The manual in docs/reference is the one that the command would print.

use rsm_cli::manual::markdown;
use std::path::Path;

#[test]
fn the_manual_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/cli.md");
    if std::env::var_os("RSM_WRITE_MANUAL").is_some() {
        std::fs::write(&path, markdown()).expect("the manual can be written");
    }
    let written = std::fs::read_to_string(&path).expect("docs/reference/cli.md exists");
    assert!(
        written == markdown(),
        "docs/reference/cli.md is stale: RSM_WRITE_MANUAL=1 cargo test -p rsm-cli --test manual"
    );
}
