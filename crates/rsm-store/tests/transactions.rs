//! What a transaction leaves behind, and what it does not.

use rsm_store::Store;

#[test]
fn an_empty_database_opens_in_memory() {
    let mut store = Store::in_memory().expect("memory is to be had");
    let tx = store.begin().expect("nothing else is open");
    assert_eq!(tx.commit().expect("nothing was written"), []);
}
