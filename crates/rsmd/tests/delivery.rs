//! Operator requests are told to people: once, in order, whatever becomes of the servers that take them, and at
//! nobody's cost. The servers are this test, on the loopback.

mod postbox;
mod stage;

use postbox::{Kind, Manner, Secrecy, Sent, Server, certificate, counted, free_port};
use serde_json::{Value, json};
use stage::{Client, Home, Manager, until};
use std::time::{Duration, Instant};

/// NTMS_OPREQ_MESSAGE.
const MESSAGE: u32 = 5;

/// Longest answer to a call that has nothing to wait for; generous, for the machine may be busy with other tests.
const AT_ONCE: Duration = Duration::from_secs(5);

fn mail(port: u16) -> String {
    format!(
        "[[delivery.mail]]\nname = \"ops\"\nserver = \"127.0.0.1:{port}\"\nsecurity = \"none\"\n\
         from = \"rsm@tapes.test\"\nto = [\"ann@x.test\", \"Bob <bob@x.test>\"]\n"
    )
}

fn hook(name: &str, port: u16) -> String {
    format!("[[delivery.webhook]]\nname = \"{name}\"\nurl = \"http://127.0.0.1:{port}/hooks/geheim-path\"\n")
}

fn opened(manager: &Manager) -> Client {
    let mut client = manager.client();
    client.open("backup");
    client
}

fn submit(client: &Client, text: &str) -> String {
    let start = Instant::now();
    let answer = client
        .call("OperatorRequest/SubmitNtmsOperatorRequest", json!({"request": MESSAGE, "message": text}));
    assert!(start.elapsed() < AT_ONCE, "{:?}", start.elapsed());
    answer["request"].as_str().expect("an id").to_string()
}

fn satisfy(client: &Client, request: &str) {
    client.call("OperatorRequest/SatisfyNtmsOperatorRequest", json!({"request": request}));
}

fn ids(sent: &[Sent]) -> Vec<String> {
    sent.iter().map(|one| one.json()["id"].as_str().expect("an id").to_string()).collect()
}

/// Lines of the log about a request that hold a text.
fn lines(manager: &Manager, request: &str, part: &str) -> usize {
    manager.told().lines().filter(|line| line.contains(request) && line.contains(part)).count()
}

fn wait_for_line(manager: &Manager, request: &str, part: &str) {
    until(part, || (lines(manager, request, part) > 0).then_some(()));
}

#[test]
fn each_new_request_is_told_once_to_everybody_who_wants_it_and_no_more_after_a_new_start() {
    let (post, web, other) = (Server::start(Kind::Mail), Server::start(Kind::Web), Server::start(Kind::Web));
    let secrets = tempfile::TempDir::new().expect("a folder");
    let secret = |name: &str| {
        let path = secrets.path().join(name);
        std::fs::write(&path, format!("geheim-{name}\n")).expect("writable");
        format!("{:?}", path.display().to_string())
    };
    let home = Home::new(
        None,
        &format!(
            "{}user = \"rsm\"\npassword_file = {}\n{}secret_file = {}\ntoken_file = {}\n{}tasks = [\"service\"]\n",
            mail(post.port),
            secret("password"),
            hook("chat", web.port),
            secret("key"),
            secret("token"),
            hook("night", other.port)
        ),
    );
    let manager = home.start();
    let client = opened(&manager);
    let mut asked: Vec<String> = ["one", "two", "three"].iter().map(|text| submit(&client, text)).collect();
    post.wait_for(3);
    web.wait_for(3);
    let mut log = manager.told();
    assert_eq!(manager.stop(), Some(0));
    let manager = home.start();
    asked.push(submit(&opened(&manager), "four"));
    let (mails, posts) = (post.wait_for(4), web.wait_for(4));
    assert_eq!((post.settled(), web.settled(), other.settled()), (4, 4, 0));

    assert_eq!(ids(&posts), asked);
    for (one, id) in mails.iter().zip(&asked) {
        assert!(one.body.contains(&format!("rsm operator satisfy {id} ")), "{}", one.body);
    }
    look_at_mail(&mails[0], &asked[0]);
    look_at_post(&posts[0]);
    log += &manager.told();
    for id in &asked {
        assert_eq!(lines(&manager, id, "people are asked"), 1, "{log}");
    }
    assert!(!log.contains("geheim"), "{log}");
}

fn look_at_mail(mail: &Sent, id: &str) {
    // The user and the password, as AUTH PLAIN packs them.
    assert!(mail.head.contains(&"AUTH PLAIN AHJzbQBnZWhlaW0tcGFzc3dvcmQ=".to_string()), "{:?}", mail.head);
    for line in ["MAIL FROM:<rsm@tapes.test>", "RCPT TO:<ann@x.test>", "RCPT TO:<bob@x.test>"] {
        assert!(mail.head.iter().any(|said| said.starts_with(line)), "{line}: {:?}", mail.head);
    }
    for part in [
        format!("Message-ID: <{id}.ops@tapes.test>\n"),
        "message: one\n".to_string(),
        "Content-Type: text/plain; charset=utf-8\n".to_string(),
        "\n\none\n\nAsked for  message\nSince      2".to_string(),
        format!("Request    {id}\n"),
        format!("rsm operator refuse {id} "),
    ] {
        assert!(mail.body.contains(&part), "{part:?} is missing in {}", mail.body);
    }
}

fn look_at_post(post: &Sent) {
    assert_eq!(post.head[0], "POST /hooks/geheim-path HTTP/1.1");
    assert_eq!(post.header("authorization").as_deref(), Some("Bearer geheim-token"));
    assert_eq!(post.header("content-type").as_deref(), Some("application/json"));
    let body = post.json();
    assert_eq!(post.header(rsmd::delivery::DELIVERY).as_deref(), body["id"].as_str());
    let told = [&body["event"], &body["task"], &body["state"], &body["message"], &body["application"]];
    assert_eq!(told, ["operator-request", "message", "submitted", "one", "backup"]);
    assert_eq!((&body["open"], &body["ended_at"]), (&json!(true), &Value::Null));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, b"geheim-key");
    let signed = post.header(rsmd::delivery::SIGNATURE).expect("it is signed");
    let digits = signed.strip_prefix("sha256=").expect("its kind is told");
    let bytes: Result<Vec<u8>, _> =
        (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16)).collect();
    let bytes = bytes.expect("hexadecimal digits");
    aws_lc_rs::hmac::verify(&key, post.body.as_bytes(), &bytes).expect("the signature fits the body");
}

#[test]
fn a_dead_server_costs_nobody_anything_and_is_told_all_when_it_is_back() {
    let (mail_port, web_port) = (free_port(), free_port());
    let home = Home::new(None, &format!("{}{}", mail(mail_port), hook("chat", web_port)));
    let manager = home.start();
    let client = opened(&manager);
    let first = submit(&client, "first");
    let second = submit(&client, "second");
    satisfy(&client, &second);
    wait_for_line(&manager, &first, "not told, tried again");
    let third = submit(&client, "third");
    let (post, web) = (Server::at(Kind::Mail, mail_port), Server::at(Kind::Web, web_port));
    let (mails, posts) = (post.wait_for(3), web.wait_for(3));
    assert_eq!((post.settled(), web.settled()), (3, 3));
    assert_eq!(ids(&posts), [first, second.clone(), third]);
    let states: Vec<Value> = posts.iter().map(|post| post.json()["state"].clone()).collect();
    assert_eq!(states, ["submitted", "complete", "submitted"]);
    assert!(mails[1].body.contains("] answered meanwhile: message: second\n"), "{}", mails[1].body);
    assert!(mails[1].body.contains("This request was answered meanwhile: done by "), "{}", mails[1].body);
    assert!(!mails[1].body.contains("rsm operator"), "{}", mails[1].body);
    assert!(!mails[2].body.contains("answered meanwhile"), "{}", mails[2].body);
}

#[test]
fn what_was_asked_before_a_crash_is_told_after_it() {
    let (mail_port, web_port) = (free_port(), free_port());
    let home = Home::new(None, &format!("{}{}", mail(mail_port), hook("chat", web_port)));
    let manager = home.start();
    let client = opened(&manager);
    let first = submit(&client, "first");
    let second = submit(&client, "second");
    satisfy(&client, &second);
    wait_for_line(&manager, &first, "not told, tried again");
    manager.kill();
    let manager = home.start();
    let third = submit(&opened(&manager), "third");
    let (post, web) = (Server::at(Kind::Mail, mail_port), Server::at(Kind::Web, web_port));
    post.wait_for(3);
    web.wait_for(3);
    assert_eq!((post.settled(), web.settled()), (3, 3));
    assert_eq!(ids(&web.sent()), [first, second, third]);
}

#[test]
fn what_was_taken_but_not_noted_is_told_again_under_the_same_name() {
    let (post, web) = (Server::start(Kind::Mail), Server::start(Kind::Web));
    post.behave(Manner::Mute);
    web.behave(Manner::Mute);
    let home = Home::new(None, &format!("{}{}", mail(post.port), hook("chat", web.port)));
    let manager = home.start();
    let id = submit(&opened(&manager), "look");
    post.wait_for(1);
    web.wait_for(1);
    manager.kill();
    post.behave(Manner::Takes);
    web.behave(Manner::Takes);
    let manager = home.start();
    let name = format!("Message-ID: <{id}.ops@tapes.test>");
    let names = post.wait_for(2).into_iter().filter(|mail| mail.body.contains(&name)).count();
    let posts = counted(web.wait_for(2).iter().filter_map(|post| post.header(rsmd::delivery::DELIVERY)));
    assert_eq!((names, posts.get(&id)), (2, Some(&2)));
    assert_eq!((post.settled(), web.settled()), (2, 2));
    assert_eq!(manager.stop(), Some(0));
}

#[test]
fn a_server_that_says_nothing_holds_up_nobody_and_nothing_piles_up_in_memory() {
    let (deaf, web) = (Server::start(Kind::Web), Server::start(Kind::Web));
    deaf.behave(Manner::Deaf);
    let home = Home::new(None, &format!("{}{}", hook("slow", deaf.port), hook("chat", web.port)));
    let manager = home.start();
    let client = opened(&manager);
    let mut asked = vec![submit(&client, "0")];
    deaf.wait_for_a_caller();
    let before = resident_kib(&manager);
    asked.extend((1..400).map(|number| submit(&client, &number.to_string())));
    assert_eq!(ids(&web.wait_for(400)), asked, "the other target is told meanwhile");
    let grown = resident_kib(&manager).saturating_sub(before);
    assert!(grown < 32 * 1024, "{grown} KiB");
    deaf.behave(Manner::Takes);
    assert_eq!(ids(&deaf.wait_for(400)), asked);
    let start = Instant::now();
    assert_eq!(manager.stop(), Some(0));
    assert!(start.elapsed() < 2 * AT_ONCE, "{:?}", start.elapsed());
}

/// Memory of the manager that is in use, in KiB.
fn resident_kib(manager: &Manager) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", manager.pid())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the kernel tells");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn a_stop_does_not_wait_for_a_server_that_says_nothing() {
    let (post, web) = (Server::start(Kind::Mail), Server::start(Kind::Web));
    post.behave(Manner::Deaf);
    web.behave(Manner::Deaf);
    let home = Home::new(None, &format!("{}{}", mail(post.port), hook("chat", web.port)));
    let manager = home.start();
    submit(&opened(&manager), "look");
    post.wait_for_a_caller();
    web.wait_for_a_caller();
    let start = Instant::now();
    assert_eq!(manager.stop(), Some(0));
    assert!(start.elapsed() < 2 * AT_ONCE, "{:?}", start.elapsed());
}

#[test]
fn what_is_refused_for_good_or_for_too_long_is_given_up_and_the_next_is_told() {
    let (post, web) = (Server::start(Kind::Mail), Server::start(Kind::Web));
    post.behave(Manner::Says(550));
    web.behave(Manner::Says(503));
    let home = Home::new(
        None,
        &format!("[delivery]\ngive_up_after_s = 2\n{}{}", mail(post.port), hook("chat", web.port)),
    );
    let manager = home.start();
    let client = opened(&manager);
    let refused = submit(&client, "refused");
    wait_for_line(&manager, &refused, "given up, for it is refused for good");
    wait_for_line(&manager, &refused, "not told, tried again: http://127.0.0.1");
    wait_for_line(&manager, &refused, "given up, for it was tried too long");
    web.behave(Manner::Says(422));
    let malformed = submit(&client, "malformed");
    until("it is refused for good by both", || {
        (lines(&manager, &malformed, "given up, for it is refused for good") == 2).then_some(())
    });
    post.behave(Manner::Takes);
    web.behave(Manner::Takes);
    let next = submit(&client, "next");
    assert_eq!(ids(&web.wait_for(1)), std::slice::from_ref(&next));
    assert!(post.wait_for(1)[0].body.contains(&next));
    assert_eq!((post.settled(), web.settled()), (1, 1));
}

#[test]
fn event_rows_that_are_gone_and_marks_that_are_none_lose_nothing() {
    let port = free_port();
    let home = Home::new(None, &hook("chat", port));
    let manager = home.start();
    let client = opened(&manager);
    let known = submit(&client, "known");
    let web = Server::at(Kind::Web, port);
    web.wait_for(1);
    until("the mark", || mark(&home).filter(|mark| mark["request"] == json!(known)));
    drop(web);
    let first = submit(&client, "first");
    let second = submit(&client, "second");
    satisfy(&client, &second);
    assert_eq!(manager.stop(), Some(0));
    let database = home.folder.path().join("state/rsm.db");
    let connection = rusqlite::Connection::open(database).expect("it is there");
    connection.execute("DELETE FROM event", []).expect("writable");
    drop(connection);
    let manager = home.start();
    let third = submit(&opened(&manager), "third");
    let web = Server::at(Kind::Web, port);
    let told = until("all of them", || Some(ids(&web.sent())).filter(|told| told.contains(&third)));
    // The one at the cut may be told again; the others once.
    let told: Vec<String> = told.into_iter().filter(|id| *id != known).collect();
    assert_eq!(told, [first.clone(), second, third.clone()]);
    until("the mark", || mark(&home).filter(|mark| mark["request"] == json!(third)));
    assert_eq!(manager.stop(), Some(0));

    std::fs::write(home.folder.path().join("state/delivery-chat.json"), "{").expect("writable");
    let count = web.sent().len();
    let manager = home.start();
    let told = ids(&web.wait_for(count + 3)[count..]);
    assert_eq!(told, [known, first, third], "what is open");
    assert!(manager.told().contains("delivery-chat.json is no mark"), "{}", manager.told());
    assert_eq!(web.settled(), count + 3);
}

fn mark(home: &Home) -> Option<Value> {
    let text = std::fs::read_to_string(home.folder.path().join("state/delivery-chat.json")).ok()?;
    Some(serde_json::from_str(&text).expect("JSON"))
}

#[test]
fn servers_are_spoken_to_by_tls_and_only_those_that_are_who_they_say() {
    let (pem, config) = certificate();
    let (other, _) = certificate();
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writable");
        format!("{:?}", path.display().to_string())
    };
    let (ours, theirs) = (file("ours.pem", &pem), file("theirs.pem", &other));
    let password = file("password", "geheim");
    let servers = [
        Server::with(Kind::Mail, 0, Secrecy::Asked(config.clone())),
        Server::with(Kind::Mail, 0, Secrecy::Always(config.clone())),
        Server::with(Kind::Web, 0, Secrecy::Always(config)),
        Server::start(Kind::Mail),
    ];
    let mail = |name: &str, server: usize, security: &str, ca: &str| {
        format!(
            "[[delivery.mail]]\nname = \"{name}\"\nserver = \"localhost:{}\"\nsecurity = \"{security}\"\n\
             from = \"{name}@tapes.test\"\nto = [\"ann@x.test\"]\nuser = \"rsm\"\npassword_file = {password}\n\
             ca_file = {ca}\n",
            servers[server].port
        )
    };
    let hook = |name: &str, ca: &str| {
        let port = servers[2].port;
        format!(
            "[[delivery.webhook]]\nname = \"{name}\"\nurl = \"https://localhost:{port}/{name}\"\nca_file = {ca}\n"
        )
    };
    let configured = [
        mail("asks", 0, "starttls", &ours),
        mail("wraps", 1, "tls", &ours),
        hook("posts", &ours),
        mail("asks-a-stranger", 0, "starttls", &theirs),
        mail("wraps-a-stranger", 1, "tls", &theirs),
        hook("posts-to-a-stranger", &theirs),
        mail("asks-in-vain", 3, "starttls", &ours),
    ];
    let home = Home::new(None, &configured.concat());
    let manager = home.start();
    let id = submit(&opened(&manager), "look");
    for (server, from) in [(0, "asks"), (1, "wraps")] {
        let mail = &servers[server].wait_for(1)[0];
        let said = |line: &String| line.starts_with(&format!("MAIL FROM:<{from}@"));
        assert!(mail.head.iter().any(said), "{:?}", mail.head);
        assert!(mail.head.iter().any(|line| line.starts_with("AUTH PLAIN ")), "{:?}", mail.head);
        assert!(mail.body.contains(&id));
    }
    let post = &servers[2].wait_for(1)[0];
    assert_eq!((post.head[0].as_str(), &post.json()["id"]), ("POST /posts HTTP/1.1", &json!(id)));
    for name in ["asks-a-stranger", "wraps-a-stranger", "posts-to-a-stranger", "asks-in-vain"] {
        let refused = format!("target_name=\"{name}\"");
        until(name, || {
            let told = manager.told();
            let line =
                told.lines().find(|line| line.contains(&refused) && line.contains("not told, tried again"));
            line.map(|line| assert!(name == "asks-in-vain" || line.contains("certificate"), "{line}"))
        });
    }
    let counts: Vec<usize> = servers.iter().map(Server::settled).collect();
    assert_eq!(counts, [1, 1, 1, 0]);
}

#[test]
fn a_secret_that_cannot_be_read_is_told_before_the_start() {
    let more = format!("{}secret_file = \"/nowhere/key\"\n", hook("chat", 9));
    let output = Home::new(None, &more).check();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("delivery.webhook \"chat\": secret_file /nowhere/key cannot be read"), "{told}");
    assert!(told.contains("give a text file that the user of rsmd may read"), "{told}");
}
