//! C programs of the tests: compiled by the system's `cc`, linked to the library that was just built.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The directory of the library: that of this test, or the one above it.
pub fn library_directory() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let mut directories = test.ancestors().skip(1).take(2);
    let found = directories.find(|directory| directory.join("libntmsapi.so").exists());
    found.expect("libntmsapi.so stands beside the tests").to_owned()
}

fn compile(source: &str, into: &Path) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (library, program) = (library_directory(), into.join("program"));
    let output = Command::new("cc")
        .args(["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(root.join("include"))
        .arg(root.join(source))
        .arg("-L")
        .arg(&library)
        .arg(format!("-Wl,-rpath,{}", library.display()))
        .args(["-lntmsapi", "-o"])
        .arg(&program)
        .output()
        .expect("a C compiler named cc is needed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

/// Compiles and runs a program; what it prints on both outputs, and its end.
pub fn run(source: &str, socket: &Path) -> String {
    let directory = tempfile::tempdir().unwrap();
    // A test's own environment may name another directory first, with a library of an earlier build.
    let Output { status, stdout, stderr } = Command::new(compile(source, directory.path()))
        .env("RSM_SOCKET", socket)
        .env("LD_LIBRARY_PATH", library_directory())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}{status}", text(&stdout), text(&stderr))
}
