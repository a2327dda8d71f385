//! Holds the table of remote calls against the services of the `.proto` files and against the list of implemented
//! functions, one to one.

use rsm_wire::rpc::RPCS;
use std::collections::BTreeSet;
use std::path::Path;

fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Paths of all methods that the `.proto` files declare.
fn declared() -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for entry in std::fs::read_dir(repository().join("proto/rsm/v1")).expect("the wire is here") {
        let text = std::fs::read_to_string(entry.expect("readable").path()).expect("readable");
        let mut service = String::new();
        for line in text.lines() {
            let mut words = line.split([' ', '(']).filter(|word| !word.is_empty());
            match (words.next(), words.next()) {
                (Some("service"), Some(name)) => service = name.to_string(),
                (Some("rpc"), Some(name)) => assert!(paths.insert(format!("/rsm.v1.{service}/{name}"))),
                _ => {}
            }
        }
    }
    paths
}

#[test]
fn every_declared_method_is_in_the_table_and_the_other_way_round() {
    let table: BTreeSet<String> = RPCS.iter().map(|entry| entry.path.to_string()).collect();
    assert_eq!(table.len(), RPCS.len(), "a path stands once");
    assert_eq!(table, declared());
}

#[test]
fn every_implemented_function_has_a_remote_call_and_the_other_way_round() {
    let text = std::fs::read_to_string(repository().join("docs/spec/implemented.toml")).expect("it is here");
    let list: toml::Table = text.parse().expect("it is TOML");
    let implemented: BTreeSet<&str> =
        list["implemented"].as_array().expect("a list").iter().filter_map(|name| name.as_str()).collect();
    let carried: BTreeSet<&str> =
        RPCS.iter().filter(|entry| entry.service != "Extension").map(|entry| entry.function).collect();
    assert_eq!(carried, implemented);
}

#[test]
fn a_service_is_the_function_group_of_the_specification() {
    for entry in RPCS.iter().filter(|entry| entry.service != "Extension") {
        let function =
            rsm_model::generated::functions::function(entry.function).expect("a documented function");
        assert_eq!(entry.service, function.service, "{}", entry.function);
    }
}
