//! Who is told of what people are asked to do: `[delivery]` in the configuration.
//!
//! ```text
//! [delivery]            log, give_up_after_s
//! [[delivery.mail]]     name, server, security, ca_file, user, password_file, from, to, tasks
//! [[delivery.webhook]]  name, url, ca_file, secret_file, token_file, tasks
//! ```
//!
//! Why secrets are files: a configuration is shown, copied and kept by programs that must not know them. Invariants: a
//! value that cannot be used is refused with its line; nothing here holds a secret, and what may carry one (the path
//! of a webhook) is not shown.

use hyper::Uri;
use lettre::message::Mailbox;
use rsm_model::record::OperatorTask;
use serde::Deserialize;
use std::fmt;
use std::num::NonZeroU64;
use std::path::PathBuf;

/// What an operator request may ask for, by the words of `rsm operator submit`.
pub const TASKS: [(&str, OperatorTask); 5] = [
    ("new-media", OperatorTask::NewMedia),
    ("cleaner", OperatorTask::Cleaner),
    ("service", OperatorTask::DeviceService),
    ("move-medium", OperatorTask::MoveMedium),
    ("message", OperatorTask::Message),
];

/// How long one request is tried when a target does not take it, unless configured: a day, so that a mail server may
/// be repaired in the morning.
const GIVE_UP_AFTER_S: NonZeroU64 = NonZeroU64::new(86_400).expect("it is not 0");

/// Name of the target that is the log.
pub const LOG: &str = "log";

/// `[delivery]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Delivery {
    /// Whether each new operator request is a line of the log.
    pub log: bool,
    /// How long a target that does not take a request is tried, in seconds.
    pub give_up_after_s: NonZeroU64,
    /// Who is told by mail.
    pub mail: Vec<Mail>,
    /// Who is told by an HTTP request.
    pub webhook: Vec<Webhook>,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { log: true, give_up_after_s: GIVE_UP_AFTER_S, mail: Vec::new(), webhook: Vec::new() }
    }
}

/// `[[delivery.mail]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Its name, in logs and in the state folder.
    pub name: String,
    /// The mail server.
    pub server: Server,
    /// How the connection is kept from strangers.
    #[serde(default)]
    pub security: Security,
    /// Certificates (PEM) that are trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// Name that the server wants.
    pub user: Option<String>,
    /// File with the password for it.
    pub password_file: Option<PathBuf>,
    /// Sender.
    pub from: Address,
    /// Receivers.
    pub to: Vec<Address>,
    /// What is told of; all unless given.
    #[serde(default)]
    pub tasks: Tasks,
}

/// `[[delivery.webhook]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Its name, in logs and in the state folder.
    pub name: String,
    /// Where it is posted to.
    pub url: Url,
    /// Certificates (PEM) that are trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
    /// File with the key by which the body is signed (HMAC-SHA256).
    pub secret_file: Option<PathBuf>,
    /// File with the bearer token.
    pub token_file: Option<PathBuf>,
    /// What is told of; all unless given.
    #[serde(default)]
    pub tasks: Tasks,
}

/// How a connection to a mail server is kept from strangers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS is asked for before anything else is said; a server that has none is refused.
    #[default]
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// Not at all.
    None,
}

impl Security {
    /// The port that is customary for it.
    pub fn port(self) -> u16 {
        match self {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        }
    }
}

/// A mail server: `host` or `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Server {
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port; the customary one unless given.
    pub port: Option<u16>,
}

impl TryFrom<String> for Server {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no mail server; write \"mail.example.org\" or \"mail.example.org:25\"");
        // The parser of URLs knows brackets, ports and what a host may be made of.
        let parsed: hyper::http::uri::Authority = text.parse().map_err(|_| wrong())?;
        let host = parsed.host().trim_start_matches('[').trim_end_matches(']');
        let port = parsed.port_u16();
        let rest = text.len() - parsed.host().len();
        let fits = port.map_or(rest == 0, |port| port > 0 && !text.contains('@'));
        if host.is_empty() || !fits {
            return Err(wrong());
        }
        Ok(Self { host: host.to_string(), port })
    }
}

/// A mail address, with or without a name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Address(pub Mailbox);

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = |error| {
            format!(
                "{text:?} is no mail address ({error}); write \"ops@example.org\" or \"Tapes <ops@example.org>\""
            )
        };
        text.parse().map(Address).map_err(|error: lettre::address::AddressError| wrong(error.to_string()))
    }
}

/// Where a webhook is posted to. Its path may carry a secret, so only scheme and host are shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Url(pub Uri);

impl Url {
    /// Its host, without brackets.
    pub fn host(&self) -> &str {
        self.0.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether it is spoken to by TLS.
    pub fn is_tls(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.0.port_u16().unwrap_or(if self.is_tls() { 443 } else { 80 })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.0.authority().map(|authority| authority.as_str()).unwrap_or_default();
        write!(formatter, "{}://{authority}/...", self.0.scheme_str().unwrap_or_default())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl TryFrom<String> for Url {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        // The text is not repeated: it may hold a secret.
        let wrong = "this is no URL of a webhook; write \"https://host/path\" or \"http://host:port/path\"";
        let uri: Uri = text.parse().map_err(|_| wrong.to_string())?;
        let authority = uri.authority().map(|authority| authority.as_str()).unwrap_or_default();
        if authority.contains('@') {
            return Err("a URL with a user in it is not taken; put the token into token_file".to_string());
        }
        let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
        let port =
            authority.rsplit_once(':').is_none_or(|(_, port)| port.contains(']') || uri.port_u16() > Some(0));
        if !scheme || uri.host().is_none_or(str::is_empty) || !port {
            return Err(wrong.to_string());
        }
        Ok(Self(uri))
    }
}

/// What a target is told of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct Tasks(pub Vec<OperatorTask>);

impl Default for Tasks {
    fn default() -> Self {
        Self(TASKS.map(|(_, task)| task).to_vec())
    }
}

impl TryFrom<Vec<String>> for Tasks {
    type Error = String;

    fn try_from(words: Vec<String>) -> Result<Self, String> {
        let all = TASKS.map(|(word, _)| word).join(", ");
        if words.is_empty() {
            return Err(format!("an empty list tells nobody anything; leave it out, or name some of {all}"));
        }
        let task = |word: &String| {
            let found = TASKS.iter().find(|(name, _)| name == word).map(|(_, task)| *task);
            found.ok_or_else(|| format!("{word:?} is nothing that people are asked for; there are {all}"))
        };
        words.iter().map(task).collect::<Result<_, _>>().map(Tasks)
    }
}

impl Tasks {
    fn words(&self) -> String {
        if self.0.len() == TASKS.len() {
            return "all that is asked".to_string();
        }
        let chosen = TASKS.iter().filter(|(_, task)| self.0.contains(task));
        chosen.map(|(word, _)| *word).collect::<Vec<_>>().join(", ")
    }
}

/// Whether what is said to a host leaves this machine.
fn leaves_the_machine(host: &str) -> bool {
    let loopback = host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    !loopback && host != "localhost"
}

impl Delivery {
    /// What the values say that cannot be.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut names = vec![LOG];
        let mails = self.mail.iter().map(|mail| ("mail", mail.name.as_str(), mail.problem()));
        let hooks = self.webhook.iter().map(|hook| ("webhook", hook.name.as_str(), hook.problem()));
        for (kind, name, problem) in mails.chain(hooks) {
            let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
            if name.is_empty() || name.len() > 63 || !name.chars().all(fits) {
                problems.push(format!(
                    "delivery.{kind} {name:?}: a name is 1 to 63 letters, digits, hyphens and underscores"
                ));
            }
            if names.contains(&name) {
                problems.push(format!("delivery.{kind} {name:?}: the name is taken; give it another"));
            }
            names.push(name);
            problems.extend(problem.map(|problem| format!("delivery.{kind} {name:?}: {problem}")));
        }
        problems
    }

    /// For whoever checks a configuration.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        if self.log {
            text += "requests  are told in the log\n";
        }
        for mail in &self.mail {
            let to: Vec<String> = mail.to.iter().map(|address| address.0.to_string()).collect();
            let (host, port) = (&mail.server.host, mail.server.port.unwrap_or(mail.security.port()));
            let (name, to, tasks) = (&mail.name, to.join(", "), mail.tasks.words());
            text += &format!("requests  {name}: mail to {to} by {host} port {port} ({tasks})\n");
        }
        for hook in &self.webhook {
            text += &format!("requests  {}: POST to {} ({})\n", hook.name, hook.url, hook.tasks.words());
        }
        text
    }
}

impl Mail {
    fn problem(&self) -> Option<String> {
        if self.to.is_empty() {
            return Some("it goes to nobody; name somebody in `to`".to_string());
        }
        match (&self.user, &self.password_file) {
            (Some(_), None) => Some("`user` wants a `password_file` beside it".to_string()),
            (None, Some(_)) => Some("`password_file` wants a `user` beside it".to_string()),
            (Some(_), Some(_)) if self.security == Security::None && leaves_the_machine(&self.server.host) => Some(
                "without TLS everybody on the way reads the password; set `security` to \"starttls\" or \"tls\""
                    .to_string(),
            ),
            _ => None,
        }
    }
}

impl Webhook {
    fn problem(&self) -> Option<String> {
        let open = self.token_file.is_some() && !self.url.is_tls() && leaves_the_machine(self.url.host());
        open.then(|| {
            "without TLS everybody on the way reads the token; use https, or `secret_file`".to_string()
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use std::path::Path;

    fn read(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("rsmd.toml"), text).map_err(|error| error.to_string())
    }

    fn mail(more: &str) -> Result<Config, String> {
        read(&format!("[[delivery.mail]]\nname = \"ops\"\nfrom = \"rsm@x.org\"\n{more}"))
    }

    fn hook(more: &str) -> Result<Config, String> {
        read(&format!("[[delivery.webhook]]\nname = \"chat\"\n{more}"))
    }

    #[test]
    fn what_is_configured_is_told_back_without_secrets() {
        let config = read(
            r#"
            [[delivery.mail]]
            name = "ops"
            server = "mail.x.org"
            from = "rsm@x.org"
            to = ["Night shift <night@x.org>", "day@x.org"]
            tasks = ["service", "cleaner"]
            [[delivery.webhook]]
            name = "chat"
            url = "https://chat.x.org:8443/hooks/geheim?key=geheim"
        "#,
        );
        let config = config.expect("it is good");
        let told = config.delivery.describe();
        assert_eq!(
            told,
            "requests  are told in the log\n\
             requests  ops: mail to Night shift <night@x.org>, day@x.org by mail.x.org port 587 (cleaner, service)\n\
             requests  chat: POST to https://chat.x.org:8443/... (all that is asked)\n"
        );
        assert!(config.describe().contains(&told));
        assert!(!format!("{config:?}").contains("geheim"));
        assert!(!read("[delivery]\nlog = false\n").expect("good").describe().contains("requests"));
    }

    #[test]
    fn values_that_cannot_be_used_are_refused_with_their_line() {
        let cases = [
            (mail("server = \"a b\"\nto = [\"a@x.org\"]\n"), "line 4: \"a b\" is no mail server"),
            (mail("server = \"h:0\"\nto = [\"a@x.org\"]\n"), "line 4: \"h:0\" is no mail server"),
            (mail("server = \"h:x\"\nto = [\"a@x.org\"]\n"), "line 4: \"h:x\" is no mail server"),
            (mail("server = \"u@h:25\"\nto = [\"a@x.org\"]\n"), "line 4: \"u@h:25\" is no mail server"),
            (mail("server = \"h\"\nto = [\"nobody\"]\n"), "line 5: \"nobody\" is no mail address"),
            (mail("server = \"h\"\nto = [\"a@x.org\"]\ntasks = []\n"), "line 6: an empty list"),
            (
                mail("server = \"h\"\nto = [\"a@x.org\"]\ntasks = [\"tape\"]\n"),
                "there are new-media, cleaner",
            ),
            (
                mail("server = \"h\"\nto = [\"a@x.org\"]\nsecurity = \"ssl\"\n"),
                "line 6: unknown variant `ssl`",
            ),
            (
                mail("server = \"h\"\nto = [\"a@x.org\"]\npasword_file = \"x\"\n"),
                "did you mean `password_file`?",
            ),
            (hook("url = \"ftp://h/x\"\n"), "line 3: this is no URL of a webhook"),
            (hook("url = \"https://h:0/x\"\n"), "line 3: this is no URL of a webhook"),
            (hook("url = \"/only/a/path\"\n"), "line 3: this is no URL of a webhook"),
            (hook("url = \"https://me:geheim@h/x\"\n"), "line 3: a URL with a user in it is not taken"),
            (read("[delivery]\ngive_up_after_s = 0\n"), "line 2: "),
        ];
        for (answer, part) in cases {
            let told = answer.expect_err(part);
            assert!(told.contains(part) && !told.contains("geheim"), "{part}: {told}");
        }
    }

    #[test]
    fn values_that_contradict_each_other_are_refused() {
        let good = "server = \"h\"\nto = [\"a@x.org\"]\n";
        mail(good).expect("it is good");
        let cases = [
            (mail("server = \"h\"\nto = []\n"), "delivery.mail \"ops\": it goes to nobody"),
            (mail(&format!("{good}user = \"u\"\n")), "`user` wants a `password_file`"),
            (mail(&format!("{good}password_file = \"/p\"\n")), "`password_file` wants a `user`"),
            (
                mail(&format!("{good}user = \"u\"\npassword_file = \"/p\"\nsecurity = \"none\"\n")),
                "everybody on the way reads the password",
            ),
            (hook("url = \"http://h/x\"\ntoken_file = \"/t\"\n"), "everybody on the way reads the token"),
            (
                read("[[delivery.webhook]]\nname = \"log\"\nurl = \"http://h/\"\n"),
                "delivery.webhook \"log\": the name is taken",
            ),
            (
                read("[[delivery.webhook]]\nname = \"../x\"\nurl = \"http://h/\"\n"),
                "a name is 1 to 63 letters",
            ),
        ];
        for (answer, part) in cases {
            let told = answer.expect_err(part);
            assert!(told.contains(part), "{part}: {told}");
        }
        hook("url = \"http://[::1]:8080/x\"\ntoken_file = \"/t\"\n").expect("it stays on this machine");
    }
}
