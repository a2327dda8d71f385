//! Rules over Rust source: what some rooms must not name.
//!
//! What: a scanner that sets comments, strings and test code apart, and the rules that read what is
//! left. Why: the engine asks no clock and the store has the only SQL, and a reviewer would have to
//! see each breach by eye. Invariant: the scanner keeps line breaks, so a finding has its line; code
//! under `#[cfg(test)]` and files below `tests/` or `benches/` are not looked at.

use std::path::Path;

use super::Finding;

/// Rooms that are given time and randomness and never fetch them.
const PURE_ROOMS: [&str; 4] = ["rsm-model", "rsm-engine", "rsm-store", "rsm-label"];

/// What a pure room must not name.
const IMPURE: [(&str, &str); 9] = [
    ("SystemTime", "time arrives with the input"),
    ("std::time::Instant", "time arrives with the input"),
    ("Instant::now", "time arrives with the input"),
    ("std::thread", "the desk has one thread, and it is not its own"),
    ("thread::spawn", "the desk has one thread, and it is not its own"),
    ("std::net", "sockets belong to server and workers"),
    ("std::os::unix::net", "sockets belong to server and workers"),
    ("tokio", "runtimes belong to server and daemon"),
    ("rand::", "ids are made from a seed that arrives with the input"),
];

/// Checks one Rust file.
pub fn check(path: &Path, content: &str) -> Vec<Finding> {
    if !path.starts_with("crates") || is_test_path(path) {
        return Vec::new();
    }
    let room = path.iter().nth(1).and_then(|name| name.to_str()).unwrap_or_default();
    let scanned = Scanned::of(content);
    let mut findings = Vec::new();
    for (at, line) in scanned.code.lines().enumerate() {
        let place = || format!("{}:{}", path.display(), at + 1);
        if PURE_ROOMS.contains(&room) {
            for (word, why) in IMPURE.iter().filter(|(word, _)| names(line, word)) {
                findings.push(Finding::new(place(), format!("names {word}, but {why}")));
            }
        }
        if line.contains("Roles::played") {
            findings.push(Finding::new(place(), "names Roles::played, by which a test plays a user"));
        }
        if line.contains(".unwrap()") {
            findings.push(Finding::new(
                place(),
                "unwrap() outside tests; state the invariant with expect() or give an error",
            ));
        }
    }
    if room != "rsm-store" {
        for (line, text) in scanned.strings.iter().filter(|(_, text)| is_sql(text)) {
            let start: String = text.trim().chars().take(40).collect();
            findings.push(Finding::new(
                format!("{}:{line}", path.display()),
                format!("SQL outside rsm-store: {start}"),
            ));
        }
    }
    findings
}

fn is_test_path(path: &Path) -> bool {
    path.iter().any(|part| part == "tests" || part == "benches")
        || path
            .file_name()
            .is_some_and(|name| name == "tests.rs" || name.to_string_lossy().ends_with("_tests.rs"))
}

/// Whether the words stand in the line by themselves, not as the end of a longer name.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !part(before) && (word.ends_with(':') || !part(after))
    })
}

/// Whether a string is a statement of SQL.
fn is_sql(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let after = |first: &str, second: &str| {
        words.iter().position(|w| *w == first).is_some_and(|at| words[at + 1..].contains(&second))
    };
    let pair = |first: &str, second: &str| words.windows(2).any(|w| w[0] == first && w[1] == second);
    after("SELECT", "FROM")
        || pair("INSERT", "INTO")
        || pair("DELETE", "FROM")
        || pair("CREATE", "TABLE")
        || after("UPDATE", "SET")
        || words.first() == Some(&"PRAGMA")
}

/// A Rust file taken apart: code with everything else blanked, and the strings with their lines.
struct Scanned {
    code: String,
    strings: Vec<(usize, String)>,
}

impl Scanned {
    fn of(content: &str) -> Scanned {
        let mut scan = Scan {
            letters: content.chars().collect(),
            at: 0,
            line: 1,
            code: String::new(),
            strings: Vec::new(),
        };
        scan.run();
        let tests = test_lines(&scan.code);
        let code: Vec<&str> = scan
            .code
            .lines()
            .enumerate()
            .map(|(at, line)| if tests.contains(&(at + 1)) { "" } else { line })
            .collect();
        let strings = scan.strings.into_iter().filter(|(line, _)| !tests.contains(line)).collect();
        Scanned { code: code.join("\n"), strings }
    }
}

struct Scan {
    letters: Vec<char>,
    at: usize,
    line: usize,
    code: String,
    strings: Vec<(usize, String)>,
}

impl Scan {
    fn run(&mut self) {
        while let Some(letter) = self.peek(0) {
            match letter {
                '/' if self.peek(1) == Some('/') => self.skip_line(),
                '/' if self.peek(1) == Some('*') => self.skip_block(),
                '"' => self.string(0),
                'r' if !self.after_name() && self.raw_hashes(1).is_some() => {
                    let hashes = self.raw_hashes(1).unwrap_or_default();
                    self.skip(1 + hashes);
                    self.raw_string(hashes);
                }
                '\'' => self.quote(),
                _ => self.keep(),
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.letters.get(self.at + ahead).copied()
    }

    /// Whether the letter before belongs to a name; the prefixes of byte and C strings do not count.
    fn after_name(&self) -> bool {
        let mut before = self.code.chars().rev();
        let first = before.next();
        let second = before.next();
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        letter(first) && (letter(second) || !matches!(first, Some('b' | 'c')))
    }

    /// Counts the hashes of a raw string that opens `ahead` letters from here.
    fn raw_hashes(&self, ahead: usize) -> Option<usize> {
        let hashes = (0..).take_while(|n| self.peek(ahead + n) == Some('#')).count();
        (self.peek(ahead + hashes) == Some('"')).then_some(hashes)
    }

    fn keep(&mut self) {
        if let Some(letter) = self.peek(0) {
            self.code.push(letter);
            self.line += usize::from(letter == '\n');
            self.at += 1;
        }
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            if self.peek(0) == Some('\n') {
                self.code.push('\n');
                self.line += 1;
            }
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.skip(1);
        }
    }

    fn skip_block(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.skip(2);
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.skip(2);
                    if depth == 0 {
                        return;
                    }
                }
                (Some(_), _) => self.skip(1),
                (None, _) => return,
            }
        }
    }

    fn string(&mut self, prefix: usize) {
        let line = self.line;
        let mut text = String::new();
        self.skip(prefix + 1);
        while let Some(letter) = self.peek(0) {
            if letter == '"' {
                break;
            }
            let taken = if letter == '\\' { 2 } else { 1 };
            text.push(if taken == 2 { ' ' } else { letter });
            self.skip(taken);
        }
        self.skip(1);
        self.strings.push((line, text));
        self.code.push_str("\"\"");
    }

    fn raw_string(&mut self, hashes: usize) {
        let line = self.line;
        let mut text = String::new();
        self.skip(1);
        while let Some(letter) = self.peek(0) {
            let closes = letter == '"' && (1..=hashes).all(|n| self.peek(n) == Some('#'));
            if closes {
                break;
            }
            text.push(letter);
            self.skip(1);
        }
        self.skip(1 + hashes);
        self.strings.push((line, text));
        self.code.push_str("\"\"");
    }

    /// A character literal is skipped; a lifetime is kept.
    fn quote(&mut self) {
        let escaped = self.peek(1) == Some('\\');
        if !escaped && self.peek(2) != Some('\'') {
            self.keep();
            return;
        }
        self.skip(if escaped { 3 } else { 2 });
        while self.peek(0).is_some_and(|c| c != '\'') {
            self.skip(1);
        }
        self.skip(1);
    }
}

/// Lists the lines of items under `#[cfg(test)]`.
fn test_lines(code: &str) -> std::collections::BTreeSet<usize> {
    let letters: Vec<char> = code.chars().collect();
    let mark: Vec<char> = "#[cfg(test)]".chars().collect();
    let mut lines = std::collections::BTreeSet::new();
    let mut line = 1;
    let mut at = 0;
    while at < letters.len() {
        if letters[at..].starts_with(&mark) {
            let end = item_end(&letters, at + mark.len());
            for letter in &letters[at..end] {
                lines.insert(line);
                line += usize::from(*letter == '\n');
            }
            at = end;
        } else {
            line += usize::from(letters[at] == '\n');
            at += 1;
        }
    }
    lines
}

/// Finds the end of the item that starts here: its closing brace, or a semicolon or comma before any.
fn item_end(letters: &[char], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in letters.iter().enumerate().skip(from) {
        match letter {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && *letter == '}' {
                    return at + 1;
                }
            }
            ';' | ',' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    letters.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, content: &str) -> Vec<String> {
        check(Path::new(path), content).into_iter().map(|f| format!("{}: {}", f.place, f.what)).collect()
    }

    #[test]
    fn a_pure_room_names_no_clock_thread_socket_or_chance() {
        for line in [
            "use std::time::SystemTime;",
            "let now = Instant::now();",
            "std::thread::sleep(d);",
            "use std::net::TcpStream;",
            "use std::os::unix::net::UnixStream;",
            "tokio::spawn(f);",
            "let x: u64 = rand::random();",
        ] {
            for room in PURE_ROOMS {
                assert!(!found(&format!("crates/{room}/src/a.rs"), line).is_empty(), "{room}: {line}");
            }
            assert!(found("crates/rsmd/src/a.rs", line).is_empty(), "{line}");
        }
        assert!(found("crates/rsm-engine/src/a.rs", "let operand::x = my_tokio;").is_empty());
        assert!(found("crates/rsm-engine/src/a.rs", "use std::time::Duration;").is_empty());
    }

    #[test]
    fn sql_outside_the_store_is_found_with_its_line() {
        for sql in [
            "SELECT a FROM b",
            "INSERT INTO a VALUES (1)",
            "UPDATE a SET b = 1",
            "DELETE FROM a",
            "CREATE TABLE a (b)",
            "PRAGMA user_version",
        ] {
            let code = format!("fn f() {{\n    run(\n        r#\"{sql}\"#);\n}}");
            let got = found("crates/rsm-engine/src/a.rs", &code);
            assert!(got.len() == 1 && got[0].starts_with("crates/rsm-engine/src/a.rs:3:"), "{got:?}");
            assert!(found("crates/rsm-store/src/a.rs", &code).is_empty(), "{sql}");
        }
        assert!(found("crates/rsm-scsi/src/a.rs", "let name = \"MODE SELECT (10)\";").is_empty());
        assert!(found("crates/rsm-engine/src/a.rs", "// SELECT a FROM b\n/* DELETE FROM a */").is_empty());
    }

    #[test]
    fn unwrap_is_found_outside_tests_only() {
        assert_eq!(found("crates/rsm-wire/src/a.rs", "let x = y.unwrap();").len(), 1);
        let tests = "#[cfg(test)]\nmod tests {\n    fn f() { y.unwrap(); let s = \"}\"; let c = '{'; y.unwrap(); }\n}\n";
        assert!(found("crates/rsm-wire/src/a.rs", tests).is_empty());
        let after = format!("{tests}fn g() {{ y.unwrap(); }}");
        assert_eq!(found("crates/rsm-wire/src/a.rs", &after).len(), 1);
        assert!(found("crates/rsm-wire/tests/a.rs", "y.unwrap();").is_empty());
        assert!(found("crates/rsm-wire/src/a.rs", "let s = \"y.unwrap()\"; // y.unwrap()").is_empty());
    }

    #[test]
    fn a_played_user_is_found_outside_tests() {
        let line = "let roles = Roles::played(caller);";
        assert_eq!(found("crates/rsmd/src/daemon.rs", line).len(), 1);
        assert!(found("crates/rsm-testkit/tests/conformance/bed/mod.rs", line).is_empty());
    }

    #[test]
    fn the_scanner_knows_lifetimes_escapes_and_raw_strings() {
        let scanned =
            Scanned::of("fn f<'a>(x: &'a str) { g('\\'', b\"x\\\"y\", br#\"raw \" text\"#, 'z'); h() }");
        assert_eq!(scanned.strings.len(), 2);
        assert_eq!(scanned.strings[1].1, "raw \" text");
        assert!(scanned.code.contains("<'a>") && scanned.code.contains("h()"), "{}", scanned.code);
    }
}
